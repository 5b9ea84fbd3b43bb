"""The main job, end to end: the notebook's net built, drawn, checked and trained.

`run` writes everything into one folder; `plots` draws the training, `summary` says in a minute's
reading what came out.
"""

from .run import run

__all__ = ["run"]
