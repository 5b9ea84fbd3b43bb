"""Programs as straight-line NumPy, in buffers that are used again.

From the bottom up: `memory` (whose memory a result is, and for how long), `code` (what is written
on), `forms` (the table of how each op is computed), `lanes` (arrays that are computed together),
`backend`.
"""

from .straight_line import build, build_loop

__all__ = ["build", "build_loop"]
