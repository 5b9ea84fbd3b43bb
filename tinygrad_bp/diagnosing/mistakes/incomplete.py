"""A derivative of which a step was forgotten: 1 - y for 1 - y**2, y or 1 - y for y * (1 - y)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ...kernel import Op, Value, topological_order

_SIGNS = {"sub": "-", "mul": "*", "pow": "**"}


class Shortened(NamedTuple):
    """The derivative by an op's own rule, with one step replaced by one of its operands.

    Attributes
    ----------
    op : Op
        Whose derivative.
    step, operand : int
        Which step of the rule, in topological order, and which of its operands.
    """

    op: Op
    step: int
    operand: int

    def __call__(self, y: Any, a: Any) -> Any:
        """Compute it from a result and an operand."""
        return self._run(y, a)[0]

    def text(self) -> str:
        """Write it as a formula, with ``{node}`` for the result and ``{low}`` for the operand."""
        return self._run(np.ones(2), np.ones(2))[1]

    def _run(self, y: Any, a: Any) -> tuple[Any, str]:
        nodes = _rule(self.op, y, a)
        found: dict[Value, tuple[Any, str]] = {}
        for number, node in enumerate(nodes):
            operands = [found[parent] for parent in node.parents]
            if node.op is None:
                text = f"{node.data:g}" if node.name is None else node.name
                found[node] = node.data, text
            elif number == self.step:
                found[node] = operands[self.operand]
            else:
                data = node.op.forward(*[data for data, _ in operands], **node.metadata)
                found[node] = data, _infix(node.op, [text for _, text in operands])
        return found[nodes[-1]]


def shortened(op: Op, y: Any, a: Any) -> Iterator[Shortened]:
    """Yield what an op's derivative may be shortened to, other than itself and 1."""
    nodes = _rule(op, y, a)
    seen = [nodes[-1].data, np.ones(np.shape(y))]
    for step, node in enumerate(nodes):
        for operand, parent in enumerate(node.parents):
            if parent.shape != node.shape:
                continue
            short = Shortened(op, step, operand)
            slope = short(y, a)
            if not any(np.allclose(slope, other, rtol=1e-12, atol=0) for other in seen):
                seen.append(slope)
                yield short


def _rule(op: Op, y: Any, a: Any) -> list[Value]:
    """Run the rule on Values, and list its nodes; the cotangent that arrives is 1."""
    rule = op.rule(0)
    assert rule is not None
    g = Value(np.ones(np.shape(y)), name="")
    return topological_order(rule(g, Value(y, name="{node}"), Value(a, name="{low}")))


def _infix(op: Op, texts: list[str]) -> str:
    if op.name == "mul" and "" in texts:
        return "".join(texts)
    sign = _SIGNS.get(op.name)
    if sign is None or len(texts) != 2:
        return f"{op.name}({', '.join(texts)})"
    one, two = (f"({text})" if " " in text and sign != "-" else text for text in texts)
    return f"{one} {sign} {two}"
