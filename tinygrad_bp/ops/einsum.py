"""Einstein's summation: every product of arrays along named axes, with one rule for all."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kernel.dispatch import implements, on_data, refuse_keywords
from ..kernel.op import Op
from ..kernel.value import Value
from ..kernel.views import Sharing

#: NumPy's label of the axis k in the form ``einsum(a, [0, 1], b, [1, 2])``, in sorted order.
LABELS = string.ascii_uppercase + string.ascii_lowercase


def _spell_out(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """Write subscripts without an ellipsis and with the output: ``"...i,i"`` as ``"ai,i->a"``."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        labels = sorted(set(inputs) - set(",."))
        output = "..." + "".join(label for label in labels if inputs.count(label) == 1)
    terms = inputs.split(",")
    hidden = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ndims)]
    ellipsis = "".join(sorted(set(LABELS) - set(subscripts)))[: max(hidden)]
    # broadcasting aligns at the right: an operand with fewer hidden axes has the last of them
    terms = [
        term.replace("...", ellipsis[len(ellipsis) - count :]) for term, count in zip(terms, hidden)
    ]
    return terms, output.replace("...", ellipsis)


def _einsum_rule(
    g: Any, y: Any, *operands: Any, position: int, subscripts: str, optimize: Any
) -> Any:
    """Swap the output and one operand, which is the transpose of a product that is linear in it.

    An axis that nothing else has was summed alone, so its cotangent is repeated: a factor of
    ones. An axis that occurs twice was a diagonal: a factor of the identity.
    """
    terms, output = _spell_out(subscripts, [a.ndim for a in operands])
    own, shape = terms[position], operands[position].shape
    labels = [output, *terms[:position], *terms[position + 1 :]]
    factors = [g, *operands[:position], *operands[position + 1 :]]
    lengths: dict[str, int] = {}
    for term, factor in zip(labels, factors):
        for label, length in zip(term, factor.shape):
            lengths[label] = max(length, lengths.get(label, -1))
    fresh = sorted(set(LABELS) - set(subscripts) - set(output).union(*terms))
    target = ""
    for label, length in zip(own, shape):
        if label in target:
            target += fresh.pop()
            labels.append(label + target[-1])
            factors.append(np.eye(length, dtype=g.dtype))
        else:
            target += label
            if label not in lengths or lengths[label] != length != 1:  # it was repeated there
                labels.append(label)
                factors.append(np.ones(length, g.dtype))
    how = optimize if isinstance(optimize, bool | str) else True  # a path is of this product only
    return np.einsum(f"{','.join(labels)}->{target}", *factors, optimize=how)


class _OfOne(Sharing):
    """A sum that is a view, where it only transposes one operand or takes its diagonal."""

    def is_view(self, node: Value, base: Value, metadata: dict[str, Any]) -> bool:
        return node.ndim > 0 and super().is_view(node, base, metadata)


_einsum = Op(
    "einsum",
    lambda *operands, subscripts, optimize: np.einsum(subscripts, *operands, optimize=optimize),
    variadic=_einsum_rule,
    shares=_OfOne(),
    text="np.einsum({subscripts}, {*}{optimize:, optimize=})",
    word="product",
)


@implements(np.einsum)
def einsum(*operands: Any, optimize: Any = False, **refused: Any) -> Any:
    """Multiply and add up along named axes, as `numpy.einsum` in both of its forms."""
    refuse_keywords("einsum", refused)
    if operands and isinstance(operands[0], str):
        subscripts, *arrays = operands
    else:
        subscripts, arrays = _from_lists(operands)
    return _einsum(*arrays, subscripts=subscripts, optimize=optimize)


def _from_lists(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """Translate ``a, [0, 1], b, [1, 2], [0, 2]`` to ``"AB,BC->AC"`` and the arrays."""
    pairs = len(operands) // 2
    arrays, lists = operands[: 2 * pairs : 2], operands[1 : 2 * pairs : 2]
    subscripts = ",".join(map(_term, lists))
    if len(operands) % 2:
        subscripts += "->" + _term(operands[-1])
    return subscripts, list(arrays)


def _term(labels: Sequence[Any]) -> str:
    for label in labels:
        if label is not Ellipsis and not (isinstance(label, int | np.integer) and 0 <= label < 52):
            raise ValueError(f"einsum: expected labels from 0 to 51 or an ellipsis, got {label!r}")
    return "".join("..." if label is Ellipsis else LABELS[label] for label in labels)


on_data(np.einsum_path)
