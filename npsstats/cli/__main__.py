"""Run the command line as `python -m npsstats.cli`."""

import sys

from npsstats.cli import app

if __name__ == "__main__":
    sys.exit(app())
