"""What a derivative rule does, as a pattern with a name: told by the facts of the op's row."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from ..kernel import Value
from ..programs.composition import is_elementwise


class Pattern(StrEnum):
    """How a gradient goes on from a node to one of its operands."""

    DISTRIBUTES = "distributes"  # a sum: each term gets all of it
    TURNS = "turns"  # what is subtracted: the sign turns
    SPREADS = "spreads"  # a sum of entries: each gets a copy
    SWAPS = "swaps"  # a product: times the other factor
    MATRIX = "matrix"  # a matrix product: times the other one, transposed
    ROUTES = "routes"  # a maximum: all of it to the one that won
    GATES = "gates"  # pieces, such as relu: through or not
    MOVES = "moves"  # entries go back to where they came from
    SLOPE = "slope"  # a function of one number: times its slope
    FACTOR = "factor"  # entry by entry: times the local derivative
    MIXES = "mixes"  # every entry depends on several


_OF_SYMBOLS = {"@": Pattern.MATRIX, "*": Pattern.SWAPS, "+": Pattern.DISTRIBUTES}


def pattern(node: Value, position: int) -> Pattern:
    """Name what the rule of a node does for an operand.

    Examples
    --------
    >>> a, b = Value(1.0), Value(2.0)
    >>> str(pattern(a * b, 0)), str(pattern(a - b, 1)), str(pattern(np.tanh(a), 0))
    ('swaps', 'turns', 'slope')
    """
    op = node.op
    if op.symbol in _OF_SYMBOLS:
        return _OF_SYMBOLS[op.symbol]
    if op.symbol == "-":
        is_negative = position == 1 or len(node.parents) == 1
        return Pattern.TURNS if is_negative else Pattern.DISTRIBUTES
    if op.reduces is np.add:
        return Pattern.SPREADS
    if op.moves or op.fills:
        return Pattern.MOVES
    if op.branch is not None:
        routes = op.reduces is not None or len(node.parents) > 1
        return Pattern.ROUTES if routes else Pattern.GATES
    if op.numpy is np.where:
        return Pattern.ROUTES
    if is_elementwise(op) or node.shape == ():
        return Pattern.SLOPE if len(node.parents) == 1 else Pattern.FACTOR
    return Pattern.MIXES
