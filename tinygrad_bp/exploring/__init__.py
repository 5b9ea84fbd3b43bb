"""A page that steps through the forward and the backward pass of a graph.

From the bottom up: `recording` (the sweep, remembered), `rules`, `patterns` and `mathml` (ops as
text, by what they do, and as formulas), `arrays`, `lesson` and `computing` (both passes as
JavaScript), `verdicts` and `beside` (what was compared) and `story` (all of it as plain data),
`picture` (the diagram), `document` (the file) and `explore`. What runs in the browser is in
``page/``. `animation` makes a picture that moves of the same steps.
"""

from .animation import MovingPicture, animate
from .document import Page
from .explore import explore

__all__ = ["MovingPicture", "Page", "animate", "explore"]
