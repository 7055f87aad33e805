"""Configuration of Sphinx; the examples of all pages are run, and one that has another output is a warning."""

import contextlib
import doctest
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

from npsstats import __version__

project = "npsstats"
author = "The npsstats developers"
copyright = "2026, The npsstats developers"  # noqa: A001 - Sphinx asks for this name
release = version = __version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_parser", "sphinx-mathjax-offline"]
autosummary_generate = True
numpydoc_show_class_members = False
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"npsstats {__version__}"
exclude_patterns = ["_build"]


def run_examples(app: Sphinx) -> None:
    """Run the examples of each page from its top to its end, in the folder of the project."""
    for page in sorted(Path(app.srcdir).rglob("*.md")):
        with contextlib.chdir(Path(app.srcdir).parent):
            found = doctest.testfile(
                str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE, encoding="utf-8"
            )
        if found.failed:
            name = page.relative_to(app.srcdir)
            logging.getLogger(__name__).warning("%s of %s examples in %s have another output", *found, name)


def setup(app: Sphinx) -> None:
    """Run the examples before the pages are read."""
    app.connect("builder-inited", run_examples)
