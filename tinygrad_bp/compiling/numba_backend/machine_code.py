"""The Numba backend: a program as loops, compiled to machine code.

What has no loops here, or what NumPy does faster, is computed by NumPy between the compiled
functions: decompositions, large matrix products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import cycle
from typing import Any

import numpy as np

from ...programs.program import Program
from ...programs.simplify import remove_dead_steps
from .functions import Function, parts_of
from .fusion import Plan
from .layout import Memory, Stretch
from .preparing import copy_shared_results, expand_for_loops
from .scalars import is_number

Leaves = Sequence[Any]
Buffers = dict[str, Any]
#: Computes the results, once or several times, in memory that it was made for.
Compute = Callable[[Leaves, int], None]


def build(program: Program) -> Callable[..., tuple[Any, ...]]:
    """Compile a program with Numba.

    Parameters
    ----------
    program : Program
        Simplified and typed.

    Returns
    -------
    callable
        From the leaves, in the order of inputs and seeds, to a flat tuple of outputs and
        gradients. The arrays in it are overwritten by the call after the next: what one call
        returned may be given to the next.

    Raises
    ------
    ImportError
        If Numba is not installed.
    """
    loops = CompiledLoops(program)
    turns = loops.turns()

    def run(*leaves: Any) -> tuple[Any, ...]:
        compute, results = next(turns)
        compute(leaves, 1)
        return results()

    run.source = loops.source  # type: ignore[attr-defined]
    return run


def build_loop(program: Program, carried: int) -> Callable[..., tuple[Any, ...]]:
    """Compile the repetition of a program with Numba.

    Parameters
    ----------
    program : Program
        Simplified and typed, with an output for each carried input, of its shape and dtype.
    carried : int
        How many of the inputs, the first ones, are replaced by the outputs after each run.

    Returns
    -------
    callable
        From the number of runs and the leaves to a flat tuple of what is carried in the end. The
        arrays in it are overwritten by the call after the next.

    Raises
    ------
    ImportError
        If Numba is not installed.
    """
    loops = CompiledLoops(remove_dead_steps(replace(program, gradients=(), wanted=())), carried)
    turns = loops.turns()

    def run(times: int, *leaves: Any) -> tuple[Any, ...]:
        compute, results = next(turns)
        compute(leaves, times)
        return results()

    run.source = loops.source  # type: ignore[attr-defined]
    return run


class CompiledLoops:
    """A program, compiled in parts, and how they are run.

    Parameters
    ----------
    program : Program
        Simplified and typed.
    carried : int, optional
        For a loop, how many of the inputs are carried from one run to the next.

    Attributes
    ----------
    source : str
        The text of the compiled functions.
    """

    def __init__(self, program: Program, carried: int | None = None) -> None:
        self._numba = _import_numba()
        self.plan = Plan(copy_shared_results(expand_for_loops(program)))
        self.memory = Memory(self.plan, carried or 0)
        self._carried = self.plan.program.inputs[: carried or 0]
        self._leaves = (*self.plan.program.inputs, *self.plan.program.seeds)
        self._buffers = self.memory.buffers()
        self._parts = parts_of(self.plan, self.memory, carried)
        functions = [part for part in self._parts if isinstance(part, Function)]
        self.source = "\n\n".join(text for f in functions for text in (*f.helpers, f.text))
        self._compiled = {function.name: self._compile(function) for function in functions}

    # --- compiling -------------------------------------------------------------------------------

    def _compile(self, function: Function) -> Any:
        types = [self._numba.types.int64] if function.looped else []
        types += [self._leaf_type(k) for k in function.leaves]
        types += [self._type(self._buffers[name].dtype, 1) for name in function.buffers]
        return _machine_code(function.text, function.name, tuple(function.helpers), tuple(types))

    def _leaf_type(self, leaf: int) -> Any:
        step = self.plan.steps[self._leaves[leaf]]
        return self._type(step.dtype, len(step.shape))

    def _type(self, dtype: Any, ndim: int) -> Any:
        kind = self._numba.from_dtype(dtype)
        return self._numba.types.Array(kind, ndim, "C") if ndim else kind

    # --- running ---------------------------------------------------------------------------------

    def turns(self) -> cycle[tuple[Compute, Callable[[], tuple[Any, ...]]]]:
        """Take turns between two ways to compute, each with memory of its own for the results."""
        return cycle([self._prepare(), self._prepare()])

    def _prepare(self) -> tuple[Compute, Callable[[], tuple[Any, ...]]]:
        buffers = {
            name: np.zeros_like(buffer) if name.startswith("o") else buffer
            for name, buffer in self._buffers.items()
        }
        views = [
            _view(buffers, region, self.plan.steps[k].shape)
            for k, region in zip(self.plan.results, self.memory.results, strict=True)
        ]
        first = self._parts[0]
        if isinstance(first, Function) and len(self._parts) == 1:
            return self._call_directly(first, buffers), _make_return(views)
        return self._call_in_turn(buffers, views), _make_return(views)

    def _call(self, function: Function, buffers: Buffers) -> Callable[..., None]:
        """Return the call of a compiled function: the number of runs, if any, and the leaves."""
        compiled, chosen = self._compiled[function.name], function.leaves
        given = [buffers[name] for name in function.buffers]
        if chosen == list(range(len(self._leaves))):
            return lambda leaves, *times: compiled(*times, *leaves, *given)
        return lambda leaves, *times: compiled(*times, *[leaves[k] for k in chosen], *given)

    def _call_directly(self, function: Function, buffers: Buffers) -> Compute:
        """Return how the one function of a program is called, in a loop of its own or once."""
        call = self._call(function, buffers)
        looped = function.looped

        def compute(leaves: Leaves, times: int) -> None:
            try:
                call(leaves, times) if looped else call(leaves)
            except TypeError:  # compiled for arrays in row-major order alone
                leaves = self._in_order(leaves)
                call(leaves, times) if looped else call(leaves)

        return compute

    def _call_in_turn(self, buffers: Buffers, carried: Sequence[Any]) -> Compute:
        """Return how several functions are called, and NumPy between them."""
        parts = [
            self._call(part, buffers) if isinstance(part, Function) else self._numpy(part, buffers)
            for part in self._parts
        ]
        carried = carried[: len(self._carried)]
        copies = [
            tuple(_view(buffers, r, (self.plan.size(k),)) for r in (self.memory.regions[k], target))
            for k, target in self.memory.copies
        ]

        def compute(leaves: Leaves, times: int) -> None:
            leaves = self._in_order(leaves)
            for view, leaf in zip(carried, leaves, strict=False):
                view[...] = leaf
            with np.errstate(all="ignore"):  # as in compiled code
                for _ in range(times):
                    for part in parts:
                        part(leaves)
                    for source, target in copies:
                        target[...] = source

        return compute

    def _in_order(self, leaves: Leaves) -> Leaves:
        """Copy arrays that are not in row-major order, or cannot be written to."""
        return [
            np.require(leaf, step.dtype, ("C", "W")) if step.shape else step.dtype.type(leaf)
            for leaf, step in zip(leaves, (self.plan.steps[k] for k in self._leaves), strict=True)
        ]

    def _numpy(self, position: int, buffers: Buffers) -> Callable[[Leaves], None]:
        """Return the call of an op's own function."""
        step = self.plan.steps[position]
        assert step.op is not None
        forward, options = step.op.forward, dict(step.metadata)
        target = _view(buffers, self.memory.regions[position], step.shape)
        operands = [self._operand(k, buffers) for k in step.operands]
        if isinstance(forward, np.ufunc) and step.shape:
            return lambda leaves: forward(*[get(leaves) for get in operands], out=target, **options)

        def call(leaves: Leaves) -> None:
            target[...] = forward(*[get(leaves) for get in operands], **options)

        return call

    def _operand(self, position: int, buffers: Buffers) -> Callable[[Leaves], Any]:
        """Return how the array of an operand is found."""
        step = self.plan.steps[position]
        root, offset, strides = self.plan.places[position]
        source = self.plan.steps[root]
        if is_number(source):
            data = source.data if root == position else np.resize(source.data, step.shape)
            return lambda leaves: data
        size = step.dtype.itemsize
        steps = [size * stride for stride in strides]
        region = self.memory.regions.get(root)
        if region is not None:
            start = size * (region.offset + offset)
            view = np.ndarray(step.shape, step.dtype, buffers[region.buffer], start, steps)
            return lambda leaves: view if step.shape else view[()]
        leaf = self._leaves.index(root)
        if root == position or not source.shape:
            return lambda leaves: np.broadcast_to(leaves[leaf], step.shape)[()]
        return lambda leaves: np.ndarray(
            step.shape, step.dtype, leaves[leaf], size * offset, steps
        )[()]


@cache
def _machine_code(text: str, name: str, helpers: tuple[str, ...], types: tuple[Any, ...]) -> Any:
    """Compile a function, the same one once: Numba never gives back the memory of its code."""
    namespace: dict[str, Any] = {"np": np}
    njit = _import_numba().njit
    for helper in helpers:
        called = helper[len("def ") : helper.index("(")]
        exec(helper, namespace)
        namespace[called] = njit(error_model="numpy")(namespace[called])
    exec(text, namespace)
    # It is called from Python alone and allocates nothing. What that would need is left out: two
    # fifths of the memory, a fifth of the time.
    return njit([types], error_model="numpy", no_cfunc_wrapper=True, _nrt=False)(namespace[name])


def _view(buffers: Buffers, region: Stretch, shape: tuple[int, ...]) -> Any:
    """Return the array of a region."""
    start, size = region.offset, math.prod(shape)
    return buffers[region.buffer][start : start + size].reshape(shape)


def _make_return(views: Sequence[Any]) -> Callable[[], tuple[Any, ...]]:
    """Return what returns arrays, and those of shape () as numbers."""
    fixed = tuple(views)
    scalars = [(k, view) for k, view in enumerate(views) if view.ndim == 0]
    if not scalars:
        return lambda: fixed

    def returned() -> tuple[Any, ...]:
        found = list(fixed)
        for k, view in scalars:
            found[k] = view[()]
        return tuple(found)

    return returned


def _import_numba() -> Any:
    try:
        import numba
    except ImportError as error:
        raise ImportError(
            f"compile: the numba backend needs Numba ({error}): pip install 'tinygrad-bp[numba]'"
        ) from error
    return numba
