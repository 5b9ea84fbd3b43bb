"""`Diagnosis`: one mistake in a hand-derived gradient, and where it was made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One mistake in a hand-derived gradient.

    Attributes
    ----------
    mistake : str
        A stable identifier, such as ``"missing-activation-derivative"``; ``"unexplained"`` where
        no mistake that is known gives these numbers.
    node : str
        What the node is called at whose step it was made: its name, else its expression, as the
        user wrote it.
    position : int or None
        Its place in ``bp.topological_order(fun(params))``; None where it belongs to no node.
    parameters : tuple of str
        The parameters whose gradients it makes wrong.
    residual : float
        How far this mistake, made at this place, is from the numbers that were handed over: the
        largest difference, relative to the largest entry of the parameter. 0 is exact.
    explanation : str
        What was done, in which part of an attention, LSTM or GRU cell if it is one, and what
        that does to the gradients: two or three sentences.
    fix : str
        What to do.
    line : str
        The line of the derived backward pass that is right, in the user's names as far as it
        stays short; empty where there is none.
    yours : str
        The line as it was written, for that variable; empty where it is not known.
    alternatives : tuple of str
        Other mistakes that give the same numbers here, and broader names for this one.
    as_likely : tuple of str
        Those of them that are as likely as this one.
    line_number : int or None
        The line of the user's file in which the node is computed; None where it is not known.
    factor : float or None
        For ``"constant-factor"``: the manual gradient divided by the right one.
    learning_rate : float or None
        For ``"update-before-propagate"``: the size of the step that came too early.
    """

    mistake: str
    node: str
    position: int | None
    parameters: tuple[str, ...]
    residual: float
    explanation: str
    fix: str
    line: str = ""
    alternatives: tuple[str, ...] = ()
    as_likely: tuple[str, ...] = ()
    factor: float | None = None
    learning_rate: float | None = None
    yours: str = ""
    line_number: int | None = None
