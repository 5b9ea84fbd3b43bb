"""Numbers and names as text: what is written in a node, a line or a tooltip.

All of it is plain text, the same whatever NumPy's print options are. Each format escapes it in
its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernel import Value
from .graph import Graph, Node, Role

__all__ = ["Card", "array_in_full", "cards", "clipped", "number", "printable", "summary"]

#: Arrays of up to so many numbers are written in full in a node.
IN_FULL = 4
#: Arrays of up to so many numbers are written in full in a tooltip, larger ones with their ends.
IN_TOOLTIP = 400
#: Longer names and indices are cut, and are given whole in the tooltip.
LONGEST = 40

#: Ops that Python writes as an operator.
OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "matmul": "@"}


@dataclass(frozen=True, slots=True)
class Card:
    """What there is to say about a node, as plain text of one line each but for the last."""

    id: str
    role: Role
    name: str  # "" where it has none
    op: str  # "" for a leaf
    expression: str  # how it is computed, "" for a leaf
    shape: str
    value: str
    gradient: str  # "-" where there is none yet, "" where there will never be one
    flags: tuple[str, ...]  # what is wrong with the numbers
    details: str  # the numbers in full, several lines


def cards(graph: Graph) -> dict[str, Card]:
    """Return the card of each node by the node's id."""
    terms = _terms(graph)
    return {node.id: _card(node, terms) for node in graph.nodes}


def _card(node: Node, terms: Mapping[Value, str]) -> Card:
    value = node.value
    data, gradient = value.data, _gradient(value)
    flags = (*_flags("value", data), *_flags("gradient", gradient))
    return Card(
        id=node.id,
        role=node.role,
        name=clipped(printable(value.name or "")),
        op=_op(value),
        expression=_expression(value, terms),
        shape=_shape(value),
        value=summary(data),
        gradient=_gradient_text(value, gradient),
        flags=flags,
        details=_details(node, terms, data, gradient),
    )


def _gradient(value: Value) -> Any:
    gradient = value.grad
    return gradient.data if isinstance(gradient, Value) else gradient


def _gradient_text(value: Value, gradient: Any) -> str:
    if gradient is not None:
        return summary(gradient)
    return "-" if value.requires_grad else ""


# --- names ---------------------------------------------------------------------------------


def printable(text: str) -> str:
    r"""Return a text on one line, with everything that does not print written as an escape.

    So neither a line break, nor a mark that turns the direction of writing, nor half of a
    surrogate pair gets into a diagram.

    Examples
    --------
    >>> printable("first\nsecond")
    'first\\nsecond'
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def clipped(text: str) -> str:
    """Cut off what is longer than `LONGEST`."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _shape(value: Value) -> str:
    return f"({', '.join(map(str, value.shape))}{',' * (value.ndim == 1)})"


def _op(value: Value) -> str:
    """Name the op of a node, with its metadata: ``sum axis=0``."""
    if value.op is None:
        return ""
    return " ".join([printable(value.op.name), *_metadata(value)])


def _metadata(value: Value) -> list[str]:
    """Write out the metadata, but for what is off and for the shape, which is given anyway."""
    return [
        f"{key}={clipped(printable(_plain(item)))}"
        for key, item in value.metadata.items()
        if item is not None and item is not False and key != "shape"
    ]


def _plain(item: Any) -> str:
    """Write metadata as in Python, slices as in brackets and arrays on one line."""
    if isinstance(item, slice):
        parts = ["" if each is None else str(each) for each in (item.start, item.stop, item.step)]
        return ":".join(parts[: 2 if item.step is None else 3])
    if isinstance(item, tuple):
        return f"({', '.join(map(_plain, item))})"
    if isinstance(item, np.ndarray):
        return summary(item)
    return "..." if item is Ellipsis else str(item)


def _terms(graph: Graph) -> dict[Value, str]:
    """Find what each node is called in an expression: its name if no other has it, or its id."""
    taken: dict[str, int] = {}
    for node in graph.nodes:
        if node.value.name:
            taken[node.value.name] = taken.get(node.value.name, 0) + 1
    return {node.value: _term(node, taken) for node in graph.nodes}


def _term(node: Node, taken: Mapping[str, int]) -> str:
    value = node.value
    if value.name and taken[value.name] == 1:
        return clipped(printable(value.name))
    if not value.name and node.role is Role.CONSTANT and value.ndim == 0:
        return summary(value.data)
    return node.id


def _expression(value: Value, terms: Mapping[Value, str]) -> str:
    """Write how a node is computed: ``w_1 @ x``, ``sum(n3, axis=0)``."""
    if value.op is None:
        return ""
    operands = [terms[parent] for parent in value.parents]
    operator = OPERATORS.get(value.op.name)
    if operator and len(operands) == 2:
        return f" {operator} ".join(operands)
    if value.op.name == "neg" and len(operands) == 1:
        return f"-{operands[0]}"
    return f"{printable(value.op.name)}({', '.join([*operands, *_metadata(value)])})"


# --- numbers -------------------------------------------------------------------------------


def number(number: Any, digits: int = 4) -> str:
    """Write one number.

    Examples
    --------
    >>> number(0.43794921), number(2.0), number(float("nan")), number(True)
    ('0.4379', '2', 'NaN', 'True')
    """
    if isinstance(number, bool | np.bool_):
        return str(bool(number))
    if isinstance(number, int | np.integer):
        return str(int(number))
    text = f"{float(number) + 0.0:.{digits}g}"  # + 0.0 makes a negative zero a plain one
    return text.replace("nan", "NaN").replace("inf", "Inf")


def summary(data: Any) -> str:
    """Write an array on one line: very small ones in full, larger ones by their range and mean.

    Parameters
    ----------
    data : array_like
        Numbers of any shape.

    Returns
    -------
    str
        The number, the numbers, or ``min .. max, mean`` of the finite ones and the count of the
        others.

    Examples
    --------
    >>> import numpy as np
    >>> summary(np.array([[1.0], [0.5]]))
    '[[1] [0.5]]'
    >>> summary(np.arange(42.0))
    '0 .. 41, mean 20.5'
    >>> summary(np.array([0.0, 1.0, 2.0, 3.0, np.nan]))
    '0 .. 3, mean 1.5, 1 of 5 NaN'
    """
    array = np.asarray(data)
    if array.dtype.kind not in "fiub":
        return clipped(printable(" ".join(str(array).split())))
    if array.size <= IN_FULL:
        return _nested(array)
    if array.dtype.kind == "b":
        return f"{np.count_nonzero(array)} of {array.size} True"
    return ", ".join([*_range(array), *_not_finite(array)])


def _nested(array: npt.NDArray[Any]) -> str:
    if array.ndim == 0:
        return number(array[()])
    if array.size == 0:
        return "empty"
    return f"[{' '.join(_nested(part) for part in array)}]"


def _range(array: npt.NDArray[Any]) -> list[str]:
    finite = array[np.isfinite(array)]
    if finite.size == 0:
        return []
    low, high = finite.min(), finite.max()
    if low == high:
        return [f"all {number(low)}" if finite.size == array.size else number(low)]
    mean = np.sum(finite / float(finite.size), dtype=np.float64)  # of what may be near overflow
    return [f"{number(low)} .. {number(high)}", f"mean {number(mean)}"]


def _not_finite(array: npt.NDArray[Any]) -> list[str]:
    counts = {"NaN": np.count_nonzero(np.isnan(array)), "Inf": np.count_nonzero(np.isinf(array))}
    return [f"{count} of {array.size} {kind}" for kind, count in counts.items() if count]


def _flags(what: str, data: Any) -> tuple[str, ...]:
    """Say what is wrong with numbers, if something is: ``NaN in the value``."""
    array = np.asarray(data)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ()
    kinds = {"NaN": np.isnan(array).any(), "Inf": np.isinf(array).any()}
    return (f"{' and '.join(kind for kind, found in kinds.items() if found)} in the {what}",)


def array_in_full(data: Any) -> str:
    """Write an array with all its numbers; one of more than `IN_TOOLTIP` with its ends."""
    array = np.asarray(data)
    if array.dtype.kind not in "fiub":
        return printable(str(array))
    digits = 8 if array.dtype.itemsize <= 4 else 10
    return np.array2string(
        array,
        max_line_width=88,
        separator=", ",
        threshold=IN_TOOLTIP,
        edgeitems=3,
        legacy=False,
        formatter={"all": lambda each: number(each, digits)},
    )


def _details(node: Node, terms: Mapping[Value, str], data: Any, gradient: Any) -> str:
    value = node.value
    name = printable(value.name or "")
    computed = " = ".join(part for part in (name, _expression(value, terms)) if part)
    lines = [
        f"{node.id}: {computed or node.role}",
        f"{node.role}, shape {_shape(value)}, {value.dtype}",
        *([f"in {' / '.join(map(printable, node.scope))}"] if node.scope else []),
        f"value\n{array_in_full(data)}",
    ]
    if gradient is not None:
        lines.append(f"gradient\n{array_in_full(gradient)}")
    elif value.requires_grad:
        lines.append("gradient: none yet")
    return "\n".join(lines)
