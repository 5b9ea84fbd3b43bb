"""Running a function on Values, and pulling cotangents back through what it recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernel import Op, Value
from ..kernel.backward import sweep
from ..kernel.context import record, run, witness
from ..kernel.data import as_data, as_gradient, refuse_complex
from ..kernel.order import keep_leading_to, sort_topologically
from ..kernel.value import clock, constant
from ..trees import flatten, rebuild
from .variables import Maker, memory_of, named_after_variables, names_of_arrays

_inside: ContextVar[bool] = ContextVar("inside a transform", default=False)

# What an inner transform differentiates by: a node of its own, so that the outer one can go on
# to the Value behind it and the inner one stops here.
_alias = Op("alias", lambda a: a, lambda g, y, a: g)


class Trace:
    """One run of a function on Values.

    Parameters
    ----------
    name : str
        The transform, for error messages.
    fun : callable
        What to run.
    args, kwargs : tuple, dict
        Its arguments.
    argnums : sequence of int
        The positions of the arguments to differentiate by. The others are passed as they are.
    naming : bool, optional
        Whether nodes get the names of the function's variables, and constants those of the arrays
        that it sees, where they have none. A leaf has the name of its place in the argument, or
        is called "params".
    made : callable, optional
        With `naming`, who is told of every node; see `named_after_variables`.

    Attributes
    ----------
    nested : bool
        Whether this happens inside another transform, or an argument is a Value that requires a
        gradient: results are Values then, which can be differentiated in turn.
    value : tree
        What the function returned, with Values as leaves where it computed with them.
    outputs : list of Value
        The leaves of `value`, constants too.
    leaves : list of list of Value
        For each argument what is differentiated by.
    """

    def __init__(
        self,
        name: str,
        fun: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        argnums: Sequence[int],
        *,
        naming: bool = False,
        made: Maker | None = None,
    ) -> None:
        self.name, self._bare = name, "params" if naming else None
        given = [flatten(args[k]) for k in argnums]
        self.nested = _inside.get() or any(_is_traced(leaf) for tree in given for _, leaf in tree)
        with recorded():
            self.leaves = [
                [self._leaf(leaf, path, k) for path, leaf in tree]
                for k, tree in zip(argnums, given, strict=True)
            ]
            self._trees = [args[k] for k in argnums]
            arguments = list(args)
            for k, tree, leaves in zip(argnums, self._trees, self.leaves, strict=True):
                arguments[k] = rebuild(tree, iter(leaves))
            taken = [leaf.name or "" for leaves in self.leaves for leaf in leaves]
            with named_after_variables(taken, made) if naming else nullcontext():
                self.value = call(fun, arguments, kwargs)
        self.outputs = [_as_output(leaf) for _, leaf in flatten(self.value)]
        self._paths: dict[Value, dict[Value, None]] = {}
        if naming:
            self._name_constants(names_of_arrays(fun))

    def _leaf(self, leaf: Any, path: str, k: int) -> Value:
        if isinstance(leaf, Value):
            return _alias(leaf) if leaf.requires_grad else Value(leaf.data, name=leaf.name)
        try:
            return Value(leaf, name=path or self._bare)
        except TypeError as error:
            where = f"argument {k}" + (f", {path}" if path else "")
            raise TypeError(f"{self.name}: {where}: {error}") from None

    def _name_constants(self, names: Mapping[Hashable, str]) -> None:
        for output in self.outputs:
            for node in sort_topologically(output):
                if node.op is None and node.name is None:
                    node.name = names.get(memory_of(node._data))

    def scalar(self) -> Value:
        """Return the output, which has to be a scalar."""
        if isinstance(self.value, dict | list | tuple):
            raise TypeError(
                f"{self.name}: the function must return a scalar, got a {type(self.value).__name__}"
            )
        (output,) = self.outputs
        if output.shape != ():
            raise ValueError(
                f"{self.name}: the function must return a scalar, got shape {output.shape}; "
                "reduce it, or use vjp or jacobian"
            )
        refuse_whole(self.name, output.dtype)
        refuse_complex(self.name, output._data)
        return output

    def pull_back(
        self, seeds: Sequence[Any], *, create_graph: bool, outputs: Sequence[Value] | None = None
    ) -> list[list[Any]]:
        """Return the cotangent of each leaf of each argument, from those of the outputs.

        Arrays, or Values with `create_graph`; zeros where no output depends on a leaf. Other
        outputs than those of the function may be given, if they were computed from the leaves.
        """
        targets = dict.fromkeys(leaf for leaves in self.leaves for leaf in leaves)
        found: dict[Value, Any] = {}
        with recorded():
            for output, seed in zip(outputs or self.outputs, seeds, strict=True):
                for node, cotangent in self._sweep(output, seed, targets, create_graph):
                    if node in targets:
                        found[node] = found[node] + cotangent if node in found else cotangent
            return [
                [_own(found.get(leaf), leaf, create_graph) for leaf in ls] for ls in self.leaves
            ]

    def _sweep(
        self, output: Value, seed: Any, targets: dict[Value, None], create_graph: bool
    ) -> Iterable[tuple[Value, Any]]:
        path = self._path(output, targets)
        if not path:
            return ()
        if isinstance(seed, Value) is not create_graph:
            seed = constant(seed) if create_graph else seed.data
        return sweep(path, seed, create_graph=create_graph, version=clock[0], until=targets)

    def _path(self, output: Value, targets: dict[Value, None]) -> dict[Value, None]:
        if output not in self._paths:
            self._paths[output] = path_between(targets, output)
        return self._paths[output]

    def arguments_of(self, leaves: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        """Give lists of leaves the structure of the arguments."""
        return tuple(rebuild(tree, iter(ls)) for tree, ls in zip(self._trees, leaves, strict=True))

    @property
    def result(self) -> Any:
        """What the function returned: Values if nested, otherwise arrays in memory of their own."""
        outputs = [each if self.nested else each.data.copy() for each in self.outputs]
        return rebuild(self.value, iter(outputs))


def call(fun: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call a function, so that what it makes can be told from what was there before."""
    token = run.set(object())
    try:
        return fun(*args, **kwargs)
    finally:
        run.reset(token)


def refuse_whole(name: str, dtype: npt.DTypeLike) -> None:
    """Refuse to differentiate what only jumps: truth values, whole numbers."""
    found = np.dtype(dtype)
    if found.kind in "biu":
        what = "a truth value" if found.kind == "b" else "a whole number"
        raise TypeError(
            f"{name}: the function must return a real number, got {what} ({found}), whose gradient "
            "is 0 wherever there is one; return the number that was compared, cut or counted by"
        )


def path_between(targets: Collection[Value], output: Value) -> dict[Value, None]:
    """Return the nodes along which cotangents flow from an output to targets, in order.

    While a graph is traced to be written out there are nodes of whole numbers and masks, too, and
    nothing flows through those.
    """
    if not output.requires_grad:
        return {}
    path = keep_leading_to(targets, sort_topologically(output, constants=False))
    if witness.get() is not None:
        path = {node: None for node in path if node.dtype.kind in "fc"}
    return path if output in path else {}


@contextmanager
def recorded() -> Iterator[None]:
    """Record, inside `no_grad` too, and let transforms inside know that they are."""
    inside = _inside.set(True)
    try:
        with record():
            yield
    finally:
        _inside.reset(inside)


def check_argnums(name: str, argnums: int | Sequence[int], count: int) -> list[int]:
    """Return argnums as a list of positions from 0, checked against the number of arguments."""
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    for k in numbers:
        if isinstance(k, bool) or not isinstance(k, int):
            raise TypeError(f"{name}: argnums must be integers, got {k!r}")
        if not -count <= k < count:
            raise ValueError(f"{name}: argnums has {k}, but there are {count} positional arguments")
    return [k % count for k in numbers]


def as_cotangents(name: str, what: str, tree: Any, like: Any, values: Sequence[Value]) -> list[Any]:
    """Return the leaves of a tree of cotangents or tangents, checked against what they go with."""
    wanted, given = flatten(like), flatten(tree)
    if [path for path, _ in wanted] != [path for path, _ in given]:
        raise ValueError(
            f"{name}: expected {what} of the structure {[p for p, _ in wanted]}, "
            f"got {[p for p, _ in given]}"
        )
    leaves = []
    for (path, leaf), value in zip(given, values, strict=True):
        one = f"{what} {path}" if path else what
        data = leaf if isinstance(leaf, Value) else as_data(leaf, value.dtype, f"{name}: {one}")
        if data.shape != value.shape:
            raise ValueError(f"{name}: expected {one} of shape {value.shape}, got {data.shape}")
        leaves.append(data)
    return leaves


def _as_output(leaf: Any) -> Value:
    if isinstance(leaf, Value):
        return leaf
    return constant(np.bool_(leaf) if isinstance(leaf, bool) else leaf)


def _is_traced(leaf: Any) -> bool:
    return isinstance(leaf, Value) and leaf.requires_grad


def _own(cotangent: Any, leaf: Value, create_graph: bool) -> Any:
    """Return a cotangent in memory of its own, of the leaf's dtype; zeros where there is none."""
    if cotangent is None:
        zeros = np.zeros(leaf.shape, leaf.dtype)[()]
        return constant(zeros) if create_graph else zeros
    return as_gradient(cotangent, leaf.dtype)
