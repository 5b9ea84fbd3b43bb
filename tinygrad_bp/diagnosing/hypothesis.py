"""`Hypothesis`: a mistake made at one place, as a change of the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .graph import Edge
from .sweep import Backward, Change

Function = Callable[[Any, Backward], Any]


class Unknown(Enum):
    """The number in a mistake that is not known beforehand; the gradients are linear in it."""

    FACTOR = "factor"  # only constants that a derivation can hold; without the mistake it is 1
    LEARNING_RATE = "learning rate"  # positive; without the mistake it is 0
    COEFFICIENT = "coefficient"  # of weight decay; without the mistake it is 0

    @property
    def neutral(self) -> float:
        """The number with which there is no mistake."""
        return 1.0 if self is Unknown.FACTOR else 0.0


@dataclass(frozen=True)
class Hypothesis:
    """One mistake, made at one place.

    Attributes
    ----------
    mistake : str
        Its identifier.
    place : int
        The number of the node that is named as the place.
    change : callable
        ``change(t)`` is what is done otherwise, `t` the unknown number.
    what : str
        What was done, in words, with ``{names}`` for nodes.
    lands : int
        The node whose cotangent is the first to be wrong.
    refers : mapping of str to int
        The numbers of the nodes that `what` names.
    unknown : Unknown or None
        What `t` is; None where there is no unknown number.
    """

    mistake: str
    place: int
    change: Callable[[float], Change]
    what: str
    lands: int
    refers: Mapping[str, int] = field(default_factory=dict)
    unknown: Unknown | None = None

    def changed(self) -> list[int | Edge]:
        """List the nodes and edges that are changed."""
        return list(self.change(self.unknown.neutral if self.unknown else 0.0))


def fixed(
    mistake: str, place: int, change: Change, what: str, lands: int | None = None, **refers: int
) -> Hypothesis:
    """Make a hypothesis without an unknown number."""
    return Hypothesis(
        mistake, place, lambda t: change, what, place if lands is None else lands, refers
    )
