"""Configuration of Sphinx."""

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
