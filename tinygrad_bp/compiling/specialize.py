"""From a call to a program: tracing, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..programs import Instruction, Program, TracingError
from ..programs.steadiness import are_same, as_whole_input
from ..programs.trace import Traced, trace
from ..transforms.running import refuse_whole
from ..trees import flatten
from .arguments import Arguments, structure


@dataclass(frozen=True, slots=True)
class Recorded:
    """A program, and the structure of what it returns.

    Attributes
    ----------
    tree : tree
        With as many leaves as there are outputs and gradients.
    """

    program: Program
    tree: Any

    @property
    def results(self) -> list[Instruction]:
        """What the program returns."""
        positions = (*self.program.outputs, *self.program.gradients)
        return [self.program.instructions[k] for k in positions]


def record(
    fun: Callable[..., Any], arguments: Arguments, argnums: int | Sequence[int] | None
) -> Recorded:
    """Trace a function, with gradients by some of its arguments or by none.

    Parameters
    ----------
    fun : callable
        What to trace.
    arguments : Arguments
        With which it is called.
    argnums : int, sequence of int or None
        By which positional arguments to differentiate, counted from 0.

    Raises
    ------
    TypeError, ValueError
        If the function does what a program cannot do, or its value is not a scalar although it
        is to be differentiated.
    """
    wanted = [] if argnums is None else [argnums] if isinstance(argnums, int) else list(argnums)
    inputs = arguments.inputs
    by = [place for place, leaf in enumerate(inputs) if leaf.argument in wanted]
    given = [
        as_whole_input(leaf.data) if leaf.data.dtype.kind in "iu" else leaf.data for leaf in inputs
    ]
    traced = trace(_of_inputs(fun, arguments), given, by, "compile")
    _refuse_captured(traced)
    if argnums is None:
        return Recorded(traced.program, traced.value)
    _check_scalar(traced.value)
    trees = [arguments.trees[k] for k in wanted]
    places = [[n for n in by if inputs[n].argument == k] for k in wanted]
    program = _with_gradients(traced.program, [n for each in places for n in each], by)
    return Recorded(program, (traced.value, trees[0] if isinstance(argnums, int) else tuple(trees)))


def _of_inputs(fun: Callable[..., Any], arguments: Arguments) -> Callable[..., Any]:
    """Make a function of the inputs alone, with everything else as it was passed."""

    def of_inputs(*inputs: Any) -> Any:
        iterator = iter(inputs)
        leaves = [next(iterator) if leaf.is_input else leaf.given for leaf in arguments.leaves]
        args, kwargs = arguments.with_leaves(leaves)
        value = fun(*args, **kwargs)
        _refuse_changed(arguments, leaves, (*args, *kwargs.values()))
        return value

    of_inputs.__wrapped__ = fun  # type: ignore[attr-defined]
    return of_inputs


def _with_gradients(program: Program, places: Sequence[int], by: Sequence[int]) -> Program:
    """Order the gradients by the inputs at some places, which may be there twice."""
    gradient_at = dict(zip(by, program.gradients, strict=True))
    return replace(program, gradients=tuple(gradient_at[n] for n in places), wanted=tuple(places))


# --- what is refused ---------------------------------------------------------------------------


def _check_scalar(value: Any) -> None:
    if isinstance(value, dict | list | tuple):
        what = f"a {type(value).__name__}"
    elif np.shape(value) != ():
        what = f"shape {np.shape(value)}"
    else:
        refuse_whole("compile", np.asarray(value).dtype)
        return
    kind = TypeError if isinstance(value, dict | list | tuple) else ValueError
    raise kind(
        f"compile: to be differentiated the function must return a scalar, got {what}; reduce it, "
        "or pass argnums=None to compile the function without its gradient"
    )


def _refuse_captured(traced: Traced) -> None:
    for value in traced.captured:
        raise TracingError(
            f"compile: the function uses {value._label()} that is not among its arguments; its "
            "numbers would become part of the program, whatever is assigned later: pass it as an "
            "argument, or its .data if they are to stay"
        )


def _refuse_changed(arguments: Arguments, leaves: Sequence[Any], trees: Sequence[Any]) -> None:
    """Refuse a function that has put other leaves into its arguments."""
    if [structure(tree) for tree in trees] == [structure(tree) for tree in arguments.trees]:
        now = [leaf for tree in trees for _, leaf in flatten(tree)]
        changed = [k for k, (a, b) in enumerate(zip(leaves, now, strict=True)) if a is not b]
        if not changed:
            return
        where = arguments.label(arguments.leaves[changed[0]])
    else:
        where = "a container among the arguments"
    raise TracingError(
        f"compile: the function changes {where} in place, which a program does not do; make new "
        "containers and return them"
    )


def refuse_in_place(fun: Callable[..., Any], arguments: Arguments) -> None:
    """Run a function on copies of its arguments, and refuse it if it writes into them."""
    copies = [
        leaf.given.copy() if isinstance(leaf.given, np.ndarray) else leaf.given
        for leaf in arguments.leaves
    ]
    args, kwargs = arguments.with_leaves(copies)
    fun(*args, **kwargs)
    for leaf, copy in zip(arguments.leaves, copies, strict=True):
        if isinstance(copy, np.ndarray) and not are_same(leaf.given, copy):
            raise TracingError(
                f"compile: the function changes {arguments.label(leaf)} in place, which a program "
                "does not do; return what is new"
            )


# --- loops -------------------------------------------------------------------------------------


def record_loop(fun: Callable[..., Any], arguments: Arguments) -> tuple[Recorded, int]:
    """Trace a function whose value is to be its next first argument.

    Returns
    -------
    recorded : Recorded
        The function without gradients.
    carried : int
        How many of its inputs are the leaves of the first argument.

    Raises
    ------
    TypeError, ValueError
        If the value differs from the first argument in structure, shapes or dtypes.
    """
    first = [leaf for leaf in arguments.leaves if leaf.argument == 0]
    for leaf in first:
        if not leaf.is_input:
            raise TypeError(
                f"compile: {arguments.label(leaf)} cannot go through a loop, as it is "
                f"{leaf.given!r:.60}, part of the program; pass a float or an array"
            )
    recorded = record(fun, arguments, None)
    got, wanted = structure(recorded.tree), structure(arguments.trees[0])
    if got != wanted:
        raise TypeError(
            "compile: to be repeated the function must return what its first argument is: "
            f"expected leaves {[leaf.path for leaf in first]}, got "
            f"{[path for path, _ in flatten(recorded.tree)]}"
            + (
                ""
                if _paths(recorded.tree) != [leaf.path for leaf in first]
                else ", in containers of other kinds"
            )
        )
    for leaf, result in zip(first, recorded.results, strict=True):
        if (result.shape, result.dtype) != (leaf.data.shape, leaf.data.dtype):
            raise ValueError(
                "compile: to be repeated the function must return what its first argument is: "
                f"expected {leaf.path or 'an array'} of shape {leaf.data.shape} and dtype "
                f"{leaf.data.dtype}, got {result.shape} and {result.dtype}"
            )
    return recorded, len(first)


def _paths(tree: Any) -> list[str]:
    return [path for path, _ in flatten(tree)]
