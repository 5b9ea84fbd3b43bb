"""Hold everything that computes a program against the engine, and the engine against its peers."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import tinygrad_bp as bp

from .peers import Found, Peer
from .programs import Generated

#: How far numbers may be apart, as a part of the largest number that meets in their sum.
PART = 1e-12
BACKENDS = ("numpy", "numba", "jax")


class Disagreement(NamedTuple):
    """Numbers that should be the same and are not.

    Attributes
    ----------
    who : str
        Whose numbers are held against the engine's: a peer, "NumPy", "source" or a backend.
    what : str
        Which numbers.
    said, engine : object
        The numbers, or the error that came instead.
    """

    who: str
    what: str
    said: Any
    engine: Any

    def __str__(self) -> str:
        return f"{self.who}, {self.what}:\n{self.said}\nengine:\n{self.engine}"


class Judged(NamedTuple):
    """What is found about one program.

    Attributes
    ----------
    disagreements : list of Disagreement
        Empty if nobody disagrees, or only peers while another one confirms the engine.
    said : dict
        What each peer disagrees about that could run the program.
    at_a_kink : bool
        Whether it was met where a derivative is a matter of convention, so that peers were not
        asked.
    """

    disagreements: list[Disagreement]
    said: dict[str, list[Disagreement]]
    at_a_kink: bool


def judge(
    program: Generated, peers: Mapping[str, Peer], backends: tuple[str, ...] = BACKENDS
) -> Judged:
    """Run a program everywhere and compare."""
    args = program.arguments()
    along = [np.cos(1.0 + np.arange(np.size(a))).reshape(np.shape(a))[()] for a in args]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = program.function(np, bp)(*args)
        fun = program.function(np, bp)
        try:
            nodes = bp.topological_order(fun(*map(bp.Value, args)))
            engine, size = _ask_engine(fun, args, along, nodes)
        except Exception as error:
            refused = Disagreement("NumPy", "a value", expected, repr(error))
            return Judged([refused], {}, False)
        found = [
            *_compare("NumPy", Found(expected, []), engine, size),
            *_forward_mode(fun, args, along, engine, size),
            *_sharing("engine", [*engine.gradients, *(engine.hvp or ())], args),
            *_broken_promises(nodes),
        ]
        for name, make in _ways(fun, args, backends).items():
            try:
                value, gradients = make()
            except Exception as error:
                found.append(Disagreement(name, "an error", repr(error), engine.value))
                continue
            found += _compare(name, Found(value, list(gradients)), engine, size)
            found += _sharing(name, [value, *gradients], args)
        if kink := find_kink(nodes):
            return Judged(found, {}, kink)
        said: dict[str, list[Disagreement]] = {}
        for name, peer in peers.items():
            try:
                said[name] = _compare(name, peer(program, args, along), engine, size)
            except Exception:  # a function or a form of its arguments that it has not
                continue
        if all(said.values()):  # else another peer confirms the engine, and one is wrong itself
            found += itertools.chain.from_iterable(said.values())
    return Judged(found, said, kink)


def _ask_engine(
    fun: Callable[..., Any], args: list[Any], along: list[Any], nodes: list[Any]
) -> tuple[Found, float]:
    """Return value, gradients and second derivatives, and the size of the largest number met."""
    argnums = tuple(range(len(args)))
    value, gradients = bp.value_and_grad(fun, argnums)(*args)
    turned = bp.hvp(fun, tuple(args), tuple(along))
    size = max([1.0, *(float(np.max(np.abs(n.data), initial=0.0)) for n in nodes)])
    largest = max([size, *(float(np.max(np.abs(g), initial=0.0)) for g in (*gradients, *turned))])
    return Found(value, list(gradients), list(turned)), largest * size


def find_kink(nodes: list[Any]) -> bool:
    """Say whether a piecewise op of a graph was met exactly between two of its pieces."""
    return any(map(_between, nodes))


def _between(node: Any) -> bool:
    if node.op is None or node.op.branch is None:
        return False
    return bool(
        np.any(node.op.branch(node.data, *(p.data for p in node.parents), **node.metadata)[1])
    )


def _ways(
    fun: Callable[..., Any], args: list[Any], backends: tuple[str, ...]
) -> dict[str, Callable[[], Any]]:
    argnums = tuple(range(len(args)))
    ways: dict[str, Callable[[], Any]] = {
        "source": lambda: bp.derive(fun, *args, argnums=argnums)(*args)
    }
    for name in backends:
        ways[name] = lambda name=name: bp.compile(fun, argnums, name)(*args)
    return ways


def _forward_mode(
    fun: Callable[..., Any], args: list[Any], along: list[Any], engine: Found, size: float
) -> list[Disagreement]:
    _, tangent = bp.jvp(fun, tuple(args), tuple(along))
    slope = sum(np.sum(g * d) for g, d in zip(engine.gradients, along, strict=True))
    return _differing("forward mode", "a slope", tangent, slope, size)


def _sharing(who: str, results: list[Any], args: list[Any]) -> list[Disagreement]:
    """Find results in the memory of arguments or of each other."""
    arrays = [a for a in (*args, *results) if np.ndim(a)]
    pairs = itertools.combinations(arrays, 2)
    shared = any(np.may_share_memory(one, other) for one, other in pairs)
    return [Disagreement(who, "memory", "shared", "not shared")] if shared else []


def _broken_promises(nodes: list[Any]) -> list[Disagreement]:
    """Find ops that promise memory of their own and give that of an operand."""
    return [
        Disagreement(node.op.name, "memory", "that of an operand", "its own")
        for node in nodes
        if node.op is not None and not node.op.shares
        if any(np.may_share_memory(node.data, parent.data) for parent in node.parents)
    ]


def _compare(who: str, said: Found, engine: Found, size: float) -> list[Disagreement]:
    found = _differing(who, "a value", said.value, engine.value, size)
    pairs = {"a gradient": (said.gradients, engine.gradients), "a product": (said.hvp, engine.hvp)}
    for what, (theirs, ours) in pairs.items():
        for one, other in zip(theirs or (), ours or (), strict=False):
            found += _differing(who, what, one, other, size)
    return found


def _differing(who: str, what: str, said: Any, ours: Any, size: float) -> list[Disagreement]:
    same = np.shape(said) == np.shape(ours) and np.allclose(
        said, ours, rtol=PART, atol=PART * size, equal_nan=True
    )
    return [] if same else [Disagreement(who, what, said, ours)]


def shrink(
    program: Generated, peers: Mapping[str, Peer], backends: tuple[str, ...] = BACKENDS
) -> tuple[Generated, list[Disagreement]]:
    """Return the smallest program found that the same one disagrees about."""
    found = judge(program, peers, backends).disagreements
    who = {(each.who, each.what) for each in found}
    named = {name: peer for name, peer in peers.items() if any(name == w for w, _ in who)}
    needed = tuple(name for name in backends if any(name == w for w, _ in who))
    progress = True
    while progress:
        progress = False
        for smaller in program.smaller():
            try:
                again = judge(smaller, named, needed).disagreements
            except Exception:  # it does not run without the line
                continue
            if who & {(each.who, each.what) for each in again}:
                program, found, progress = smaller, again, True
                break
    return program, found
