"""Sphinx: Markdown pages, and an API reference made from the docstrings."""

import tinygrad_bp

project = "tinygrad_bp"
author = "tinygrad_bp contributors"
release = tinygrad_bp.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "tinygrad_bp"
html_show_copyright = False

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more
napoleon_google_docstring = False
napoleon_use_rtype = False
default_role = "py:obj"
