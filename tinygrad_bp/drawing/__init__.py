"""Graphs as pictures and as text, without a system Graphviz.

From the bottom up: `graph` (what is drawn, the same for every format), `labels` (numbers and
names as text), `dot`, `mermaid` and `text` (one language each), `render` (programs and files),
`diagram` (what `draw` returns) and `api` (`draw` itself).
"""

from .api import draw
from .diagram import Diagram
from .render import RenderError
from .text import text_tree

__all__ = ["Diagram", "RenderError", "draw", "text_tree"]
