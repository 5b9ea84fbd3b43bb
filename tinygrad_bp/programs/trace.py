"""From a function and its arguments to the program of its forward and backward pass."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..kernel import Value
from ..kernel.backward import sweep
from ..kernel.data import as_gradient, refuse_complex
from ..kernel.value import clock, constant
from ..transforms.running import Trace, check_argnums, path_between, recorded
from ..transforms.variables import memory_of, named_after_variables, names_of_arrays
from ..trees import flatten, rebuild
from .program import Instruction, Kind, Program
from .simplify import simplify
from .steadiness import check
from .witnesses import recorded_in_full


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A program, and how it belongs to the function that it was made of.

    Attributes
    ----------
    arguments, value : tree
        The arguments and the value, with their data as leaves.
    parameters : tuple of str
        What the positional arguments are called.
    differentiated : tuple of int
        Which of them are differentiated by, and `single` whether that is one and no sequence.
    traced : tuple of int
        Which arguments are inputs; the others have to stay as they are.
    captured : tuple of Value
        Leaves that require a gradient and that the function has from outside. Their numbers are
        constants of the program.
    """

    program: Program
    fun: Callable[..., Any]
    arguments: tuple[Any, ...]
    value: Any
    parameters: tuple[str, ...]
    differentiated: tuple[int, ...]
    traced: tuple[int, ...]
    single: bool
    captured: tuple[Value, ...]


def trace(
    fun: Callable[..., Any],
    args: Sequence[Any],
    argnums: int | Sequence[int] | None,
    name: str = "derive",
) -> Traced:
    """Trace a function, and check that what is found does not depend on the data.

    The function is run at its arguments, again, and with other numbers. What differs then was
    computed outside the graph. Without argnums, `()`, there is no backward pass. Errors begin
    with `name`.
    """
    if not callable(fun):
        raise TypeError(f"{name}: expected a function, got {type(fun).__name__}")
    if not args:
        raise TypeError(f"{name}: expected the arguments of the function, to trace it with them")
    wanted = check_argnums(name, range(len(args)) if argnums is None else argnums, len(args))
    inputs = [k for k in range(len(args)) if k in wanted or _is_float(args[k])]
    run = Recorder(name, fun, args, inputs, wanted)
    captured = check(run, lambda args: Recorder(name, fun, args, inputs, wanted))
    return Traced(
        program=simplify(run.program()),
        fun=fun,
        arguments=tuple(map(_copy_argument, args)),
        value=rebuild(run.trace.value, iter([v.data for v in run.trace.outputs])),
        parameters=parameters_of(fun, len(args)),
        differentiated=tuple(wanted),
        traced=tuple(inputs),
        single=len(args) == 1 if argnums is None else isinstance(argnums, int),
        captured=captured,
    )


def _copy_argument(argument: Any) -> Any:
    """Copy an argument, which its owner may change."""
    leaves = [leaf.data if isinstance(leaf, Value) else leaf for _, leaf in flatten(argument)]
    return rebuild(argument, iter([_copy_array(leaf) for leaf in leaves]))


def _copy_array(data: Any) -> Any:
    """Copy an array, to the byte order of this machine."""
    return data.astype(data.dtype.newbyteorder("=")) if isinstance(data, np.ndarray) else data


def _is_float(argument: Any) -> bool:
    leaves = [leaf for _, leaf in flatten(argument)]
    return bool(leaves) and all(
        isinstance(a, float | complex | Value) or (hasattr(a, "dtype") and a.dtype.kind in "fc")
        for a in leaves
    )


def parameters_of(fun: Callable[..., Any], count: int) -> tuple[str, ...]:
    """Return what the positional parameters of a function are called."""
    try:
        found = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):
        found = []
    names = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = [p.name for p in found if p.kind is p.VAR_POSITIONAL] or ["argument"]
    names += [f"{rest[0]}_{k}" for k in range(len(names), count)]
    return tuple(names[:count])


class Recorder:
    """One run of the function, and the steps that it took, forward and backward."""

    def __init__(
        self,
        name: str,
        fun: Callable[..., Any],
        args: Sequence[Any],
        inputs: Sequence[int],
        wanted: Sequence[int],
    ) -> None:
        self.name = name
        self.fun, self.args, self.inputs, self.wanted = fun, args, inputs, wanted
        self.steps: list[Instruction] = []
        self.places: dict[Value, int] = {}
        self.of: dict[int, int] = {}
        with recorded_in_full():
            with named_after_variables():
                self.trace = Trace(self.name, self.fun, self.args, {}, self.inputs)
            self._record()

    def _record(self) -> None:
        leaves = [leaf for each in self.trace.leaves for leaf in each]
        names = self._names()
        self.input_places = [
            self._add(leaf, Kind.INPUT, name=name) for leaf, name in zip(leaves, names, strict=True)
        ]
        outputs = self.trace.outputs
        for output in outputs:
            self._walk(output, Kind.FORWARD, None)
        self.output_places = [self.places[output] for output in outputs]
        self._adopt()
        self.seed_places: list[int] = []
        self.gradient_places = self._backward(outputs)

    def _names(self) -> Iterator[str]:
        parameters = parameters_of(self.fun, len(self.args))
        for k in self.inputs:
            for path, leaf in flatten(self.args[k]):
                own = leaf.name if isinstance(leaf, Value) else None
                yield own or (
                    parameters[k] + path if path.startswith("[") else path or parameters[k]
                )

    def _add(self, node: Value, kind: Kind, **more: Any) -> int:
        self.places[node] = len(self.steps)
        source = kind in (Kind.INPUT, Kind.SEED, Kind.CONSTANT)
        self.steps.append(
            Instruction(
                kind,
                op=None if source else node.op,
                operands=() if source else tuple(self.places[p] for p in node.parents),
                metadata={} if source else node.metadata,
                shape=node.shape,
                dtype=node.dtype,
                data=node._data if source else None,
                **{"name": node.name, "scope": node.scope, **more},
            )
        )
        return self.places[node]

    def _walk(self, last: Value, kind: Kind, scope: tuple[str, ...] | None) -> None:
        """Write down a node and what it is computed from, without recursion."""
        stack = [last]
        while stack:
            node = stack[-1]
            if node in self.places:
                stack.pop()
                continue
            missing = [p for p in node.parents if p not in self.places]
            if missing:
                stack.extend(reversed(missing))
                continue
            stack.pop()
            own = kind if node.parents else Kind.CONSTANT
            self._add(node, own, **({} if scope is None else {"scope": scope}))

    def _adopt(self) -> None:
        """Give leaves made outside every scope the innermost scope around all their uses."""
        scopes: dict[int, tuple[str, ...]] = {}
        for step in self.steps:
            for k in step.operands:
                if self.steps[k].op is None:
                    scopes[k] = common(scopes.get(k, step.scope), step.scope)
        for k, scope in scopes.items():
            if not self.steps[k].scope:
                self.steps[k] = replace(self.steps[k], scope=scope)

    def _backward(self, outputs: Sequence[Value]) -> list[int]:
        targets = dict.fromkeys(
            leaf
            for k, leaves in zip(self.inputs, self.trace.leaves, strict=True)
            if k in self.wanted
            for leaf in leaves
        )
        if not self.wanted:
            return []
        found: dict[Value, Value] = {}
        single = len(outputs) == 1 and outputs[0].shape == ()
        if single:
            refuse_complex(self.name, outputs[0]._data)
        for output in outputs:
            seed = constant(output.dtype.type(1) if single else np.ones(output.shape, output.dtype))
            if not single:
                self.seed_places.append(self._add(seed, Kind.SEED, name=None))
            for node, cotangent in self._cotangents(output, seed, targets):
                if node in found and node in targets:
                    with recorded():
                        cotangent = found[node] + cotangent
                found[node] = cotangent
                self._complete(node, cotangent)
        return [self._gradient(found.get(leaf), leaf) for leaf in targets]

    def _cotangents(
        self, output: Value, seed: Value, targets: dict[Value, None]
    ) -> Iterable[tuple[Value, Value]]:
        path = path_between(targets, output)
        if path:
            with recorded():
                yield from sweep(path, seed, create_graph=True, version=clock[0], until=targets)

    def _complete(self, node: Value, cotangent: Value) -> None:
        """Write down what a cotangent takes, and whose it is."""
        place = self.places[node]
        self._walk(cotangent, Kind.BACKWARD, self.steps[place].scope)
        self.of.setdefault(self.places[cotangent], place)

    def _gradient(self, cotangent: Value | None, leaf: Value) -> int:
        """Return where a gradient is, in the dtype of its leaf."""
        if cotangent is None:
            zeros = constant(np.zeros(leaf.shape, leaf.dtype)[()])
            return self._add(zeros, Kind.CONSTANT, name=None)
        if cotangent.dtype != leaf.dtype:
            with recorded():
                cotangent = as_gradient(cotangent, leaf.dtype)
            self._complete(leaf, cotangent)
        return self.places[cotangent]

    def program(self) -> Program:
        """Return the steps as they are, with names for constants."""
        names = names_of_arrays(self.fun)
        steps = [
            _name_constant(step, names) if step.kind is Kind.CONSTANT else step
            for step in self.steps
        ]
        for k, of in self.of.items():
            if steps[k].kind is Kind.BACKWARD:
                steps[k] = replace(steps[k], of=of)
        counts = [len(leaves) for leaves in self.trace.leaves]
        belongs = [k for k, n in zip(self.inputs, counts, strict=True) for _ in range(n)]
        return Program(
            tuple(steps),
            tuple(self.input_places),
            tuple(self.seed_places),
            tuple(self.output_places),
            tuple(self.gradient_places),
            tuple(k for k, argument in enumerate(belongs) if argument in self.wanted),
        )


def common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return what two scopes have in common, from the outside."""
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]


# --- what constants are called -----------------------------------------------------------------


def _name_constant(step: Instruction, names: Mapping[Hashable, str]) -> Instruction:
    return replace(
        step, name=step.name or names.get(memory_of(step.data)), data=_copy_array(step.data)
    )
