"""Published ratings: small tables of counts that come with the package, and fetchers for the full files."""

from npsstats.datasets.embedded import Dataset, load
from npsstats.datasets.fetching import fetch

__all__ = ["Dataset", "fetch", "load"]
