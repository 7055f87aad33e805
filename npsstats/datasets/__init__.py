"""Published ratings: small tables that come with the package, and fetchers for the full files."""

from npsstats.datasets.embedded import Dataset, load, responses
from npsstats.datasets.fetching import fetch

__all__ = ["Dataset", "fetch", "load", "responses"]
