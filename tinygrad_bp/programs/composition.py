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
from ..transforms.running import recorded
from .between import program_between
from .program import Kind, Program, compute
from .steadiness import as_whole_input
from .witnesses import recorded_in_full

#: The shape and dtype of an operand.
Form = tuple[tuple[int, ...], Any]


def decompose(
    op: Op, operands: Sequence[Form], metadata: Mapping[str, Any]
) -> tuple[Program, list[int]] | None:
    """Run the forward function of an op on Values, and write down the ops that it calls.

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
    (Program, list of int) or None
        The program, and which operand each of its inputs is. None where the op calls itself,
        takes its operands for arrays, or computes something beside the graph.
    """
    values = {_value(_numbers(k, form)): k for k, form in enumerate(operands)}
    try:
        with np.errstate(all="ignore"), recorded_in_full(), recorded():
            result = op.forward(*values, **metadata)
    except Exception:  # it takes its operands for arrays
        return None
    if not isinstance(result, Value) or result in values:
        return None
    program, met = program_between(values, result)
    if any(step.op is op for step in program.instructions):
        return None
    numbers = [values[each] for each in met]
    for low in (0.25, -2.0):
        arrays = [_numbers(7 + k, form, low) for k, form in enumerate(operands)]
        with np.errstate(all="ignore"):
            found = program.run([arrays[k] for k in numbers])[0][0]
            wanted = compute(op, arrays, metadata)
        near = 1e-5 if wanted.dtype == np.float32 else 1e-10
        if np.shape(found) != wanted.shape or not np.allclose(
            found, wanted, rtol=near, atol=near, equal_nan=True
        ):
            return None
    return program, numbers


def _numbers(seed: int, form: Form, low: float = 0.25) -> Any:
    """Return numbers up to 0.75: most functions are defined between 0 and 1."""
    shape, dtype = form
    return np.random.default_rng(seed).uniform(low, 0.75, shape).astype(dtype)[()]


def _value(numbers: Any) -> Value:
    return Value(numbers) if numbers.dtype.kind == "f" else as_whole_input(numbers)


@lru_cache(maxsize=4096)
def is_elementwise(op: Op) -> bool:
    """Return whether each element of the result is of the operands' elements at the same place."""
    if op.elementwise or op.arity is None:
        return op.elementwise
    found = decompose(op, [((2,), np.dtype(np.float64))] * op.arity, {})
    return found is not None and all(
        step.shape == () or step.kind is Kind.INPUT if step.op is None else is_elementwise(step.op)
        for step in found[0].instructions
    )
