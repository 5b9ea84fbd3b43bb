"""Sphinx: Markdown pages, and an API reference made from the docstrings."""

import sys
from pathlib import Path

import tinygrad_bp

sys.path.insert(0, str(Path(__file__).parent))  # building.py

project = "tinygrad_bp"
author = "tinygrad_bp contributors"
release = tinygrad_bp.__version__

extensions = [
    "building",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"
copybutton_exclude = ".linenos, .gp, .go"  # a copy of a session is what one typed
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_theme = "furo"
html_title = "tinygrad_bp"
html_show_copyright = False

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more
napoleon_google_docstring = False
napoleon_use_rtype = False
default_role = "py:obj"
