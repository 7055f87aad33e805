"""The command line: each command reads files, asks the library one question, and prints the answer."""

from npsstats.cli.options import METRICS
from npsstats.cli.program import app

__all__ = ["METRICS", "app"]
