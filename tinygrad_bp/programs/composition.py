"""What an op is composed of: the ops that its forward function calls.

A forward function that is written with operators and NumPy's functions also runs on Values. So
nobody has to be told what a softplus is: it is run, and what it calls is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..kernel import Op, Value
from ..kernel.order import ordered
from ..transforms.running import recorded
from .program import Instruction, Kind, compute
from .steadiness import whole
from .witnesses import recorded_in_full

#: The shape and dtype of an operand.
Form = tuple[tuple[int, ...], Any]


def composition(
    op: Op, operands: Sequence[Form], metadata: Mapping[str, Any]
) -> list[Instruction] | None:
    """Run the forward function of an op on Values, and list the ops that it calls.

    Parameters
    ----------
    op : Op
        What to take apart.
    operands : sequence of Form
        The shape and dtype of each operand.
    metadata : dict
        The options.

    Returns
    -------
    list of Instruction or None
        Their operands are counted from those of the op; the last gives the result. None where it
        calls itself, takes its operands for arrays, or computes something beside the graph.
    """
    values = [_value(_numbers(k, form)) for k, form in enumerate(operands)]
    try:
        with np.errstate(all="ignore"), recorded_in_full(), recorded():
            result = op.forward(*values, **metadata)
    except Exception:  # it takes its operands for arrays
        return None
    if not isinstance(result, Value):
        return None
    places = {value: k for k, value in enumerate(values)}
    steps: list[Instruction] = []
    for node in ordered(result):
        if node.op is op:
            return None
        if node not in places:
            places[node] = len(places)
            steps.append(_instruction(node, places))
    if not steps or places[result] != len(places) - 1:
        return None
    for low in (0.25, -2.0):
        arrays = [_numbers(7 + k, form, low) for k, form in enumerate(operands)]
        if not _agree(op, steps, arrays, metadata):
            return None
    return steps


def _numbers(seed: int, form: Form, low: float = 0.25) -> Any:
    """Return numbers up to 0.75: most functions are defined between 0 and 1."""
    shape, dtype = form
    return np.random.default_rng(seed).uniform(low, 0.75, shape).astype(dtype)[()]


def _value(numbers: Any) -> Value:
    return Value(numbers) if numbers.dtype.kind == "f" else whole(numbers)


def _instruction(node: Value, places: Mapping[Value, int]) -> Instruction:
    known: dict[str, Any] = {"shape": node.shape, "dtype": node.dtype}
    if node.op is None:
        return Instruction(Kind.CONSTANT, data=node._data, **known)
    operands = tuple(places[parent] for parent in node.parents)
    return Instruction(Kind.FORWARD, node.op, operands, node.metadata, **known)


def _agree(op: Op, steps: Sequence[Instruction], arrays: list[Any], metadata: Any) -> bool:
    """Compare the steps with the forward function at other numbers."""
    with np.errstate(all="ignore"):
        values = list(arrays)
        for step in steps:
            given = [values[k] for k in step.operands]
            values.append(step.data if step.op is None else compute(step.op, given, step.metadata))
        wanted = compute(op, arrays, metadata)
    near = 1e-5 if wanted.dtype == np.float32 else 1e-10
    return wanted.shape == np.shape(values[-1]) and np.allclose(
        wanted, values[-1], rtol=near, atol=near, equal_nan=True
    )


@lru_cache(maxsize=4096)
def is_elementwise(op: Op) -> bool:
    """Return whether each element of the result is of the operands' elements at the same place."""
    if op.elementwise or op.arity is None:
        return op.elementwise
    parts = composition(op, [((2,), np.dtype(np.float64))] * op.arity, {})
    return parts is not None and all(
        part.shape == () if part.op is None else is_elementwise(part.op) for part in parts
    )
