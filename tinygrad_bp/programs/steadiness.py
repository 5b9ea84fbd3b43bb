"""Does a function take the same steps for all data? It is run with other numbers, to see."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

import numpy as np

from ..kernel import Value
from ..kernel.data import as_data
from ..kernel.value import constant
from ..trees import flatten, rebuild
from .program import Instruction, Kind, compute
from .witnesses import TracingError


class Run(Protocol):
    """One run of a function: its arguments, which of them are inputs, and its steps."""

    name: str
    args: Sequence[Any]
    inputs: Sequence[int]
    steps: list[Instruction]
    places: dict[Value, int]


def as_whole_input(data: Any) -> Value:
    """Make an argument of whole numbers an input: traced, though nothing is differentiated by it.

    Anything that would turn it into plain numbers is refused then.
    """
    value = constant(0)
    value._data, value.requires_grad = data, True
    return value


def check(run: Run, again: Callable[[Sequence[Any]], Run]) -> tuple[Value, ...]:
    """Compare runs of a function with other numbers.

    Two such runs are enough: one with other signs and another order, one with random numbers.
    Further ones stand in where the function is not defined there.

    Parameters
    ----------
    run : Run
        The run at the arguments themselves.
    again : callable
        Runs the function at other arguments.

    Returns
    -------
    tuple of Value
        Leaves that require a gradient and that the runs have in common: they are from outside.

    Raises
    ------
    TracingError
        If the runs take other steps, or constants or options differ; or if an array was changed
        after it had been used.
    """
    if changed := find_overwritten(run.places):
        raise TracingError(f"{run.name}: {changed}")
    captured = {node for node in run.places if node.requires_grad}
    for second in islice(_other_runs(run, again), 2):
        _compare(run, second)
        captured &= second.places.keys()
    return tuple(node for node in run.places if node in captured)


def find_overwritten(nodes: Iterable[Value]) -> str:
    """Say which array was written into after an op had used it, or "".

    Constants are not copied. An op whose array has changed gives other numbers when it is computed
    again, and its rule would give the gradient of those.
    """
    for node in nodes:
        arrays = [
            k
            for k, parent in enumerate(node.parents)
            if parent.op is None and not parent.requires_grad and np.ndim(parent._data)
        ]
        if node.op is None or not arrays:
            continue
        with np.errstate(all="ignore"):
            again = compute(node.op, [parent._data for parent in node.parents], node.metadata)
        if not are_same(np.asarray(again), np.asarray(node._data)):
            which = " or ".join(f"operand {k} of shape {node.parents[k].shape}" for k in arrays)
            return (
                f"{node.op.name}: {which} was changed after it had been used, as a buffer is that "
                "a loop fills anew; the gradient would be that of the new numbers: use a copy, as "
                "in buffer.copy(), or import tinygrad_bp.numpy as np"
            )
    return ""


def _other_runs(run: Run, again: Callable[[Sequence[Any]], Run]) -> Iterator[Run]:
    """Run a function at other arguments, where it raises nothing, and last at the same."""
    for move in (_negate, _draw, _reverse, _nudge):
        moved = list(run.args)
        for k in run.inputs:
            moved[k] = _move_leaves(run.args[k], move)
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                second = again(moved)
        except Exception:  # not defined there
            continue
        yield second
    yield again(run.args)


def _move_leaves(argument: Any, move: Callable[[Any], Any]) -> Any:
    leaves = [leaf.data if isinstance(leaf, Value) else leaf for _, leaf in flatten(argument)]
    return rebuild(argument, iter([_move_leaf(leaf, move) for leaf in leaves]))


def _move_leaf(leaf: Any, move: Callable[[Any], Any]) -> Any:
    if getattr(leaf, "dtype", np.dtype(float)).kind in "iu" and move in _OF_WHOLE_NUMBERS:
        return as_whole_input(_OF_WHOLE_NUMBERS[move](leaf))
    return move(as_data(leaf))


def _nudge(leaf: Any) -> Any:
    spread = np.linspace(0.999, 1.0007, leaf.size).reshape(leaf.shape)
    return (leaf * spread + 1e-9).astype(leaf.dtype)


def _negate(leaf: Any) -> Any:
    return (0.0625 - 1.25 * leaf).astype(leaf.dtype)


def _reverse(leaf: Any) -> Any:
    return (0.75 * leaf.ravel()[::-1].reshape(leaf.shape) + 0.0625).astype(leaf.dtype)


def _draw(leaf: Any) -> Any:
    numbers = np.random.default_rng(leaf.size).normal(size=leaf.shape)
    return np.asarray(numbers, leaf.dtype)[()]


#: Of whole numbers, which are often indices or classes, to what is likely to be one as well.
_OF_WHOLE_NUMBERS: Mapping[Callable[[Any], Any], Callable[[Any], Any]] = {
    _nudge: lambda leaf: leaf,
    _negate: lambda leaf: leaf + leaf.dtype.type(1),
    _reverse: lambda leaf: leaf.ravel()[::-1].reshape(leaf.shape)[()],
    _draw: lambda leaf: leaf * leaf.dtype.type(0),
}


def _compare(run: Run, second: Run) -> None:
    """Refuse where two runs of a function took other steps."""
    for one, other in zip(run.steps, second.steps, strict=False):
        if one.op_name != other.op_name or one.operands != other.operands:
            raise TracingError(
                f"{run.name}: the function takes other steps for other arguments ({_step(one)}, "
                f"then {_step(other)}): it branches on data, or on random numbers; use "
                "numpy.where, which computes both branches, or derive each branch on its own"
            )
        if one.kind is Kind.CONSTANT and not are_same(one.data, other.data):
            raise TracingError(
                f"{run.name}: {_step(one)} of shape {one.shape} changes with the arguments, but is "
                "no part of the graph: it was computed from .data, .item() or .detach(), or drawn "
                "at random; compute it with Values, or pass it as an argument"
            )
        if not are_same(dict(one.metadata), dict(other.metadata)):
            raise TracingError(
                f"{run.name}: {_step(one)} was told {dict(one.metadata)!r:.200}, which changes "
                "with the arguments: an index or an option was computed from data, which cannot be "
                "written out"
            )
    if len(run.steps) != len(second.steps):
        raise TracingError(
            f"{run.name}: the function takes another number of steps for other arguments; it "
            "branches on data, or on random numbers"
        )


def _step(step: Instruction) -> str:
    about = step.op_name or ("a constant" if step.kind is Kind.CONSTANT else step.kind)
    return f"{about} {step.name!r}" if step.name else about


def are_same(one: Any, other: Any) -> bool:
    """Return whether two options, arguments or arrays are the same, NaN and all."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(are_same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(are_same, one, other))
    if isinstance(one, np.ndarray | np.generic | float):
        a, b = np.asarray(one), np.asarray(other)
        return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    return bool(one == other)
