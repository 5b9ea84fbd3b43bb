"""Graphs as pictures and as text, without a system Graphviz.

From the bottom up: `rows` and `stand_ins` (what is near, what is far), `dot`, `mermaid` and `text`
(one language each), `render` (programs and files), `diagram` (what `draw` returns) and `draw`.
"""

from .diagram import Diagram
from .draw import draw
from .render import RenderError
from .text import text_tree

__all__ = ["Diagram", "RenderError", "draw", "text_tree"]
