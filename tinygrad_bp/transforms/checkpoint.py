"""Trading time for memory: forget what is inside, compute it again when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import count
from typing import Any

import numpy as np

from ..kernel import Op, Value, scope
from ..kernel.context import witness
from ..kernel.order import sort_topologically
from ..trees import flatten, rebuild
from .running import Trace, recorded


def checkpoint(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function that stores nothing of what `fun` computes on the way.

    Its result is one node of the graph. A backward pass that reaches it runs `fun` again, with a
    graph, and goes backwards through that. Gradients are the same, to any order; the forward
    pass of `fun` is paid twice.

    Parameters
    ----------
    fun : callable
        Returns one array. Must give the same result every time. Values that it uses without
        being told as arguments, such as the parameters of a layer, get their gradients as well.

    Returns
    -------
    callable
        Takes the arguments of `fun`; those that are Values, and Values in containers, are
        differentiated.

    Raises
    ------
    TypeError
        When called: if `fun` returns something else than one array.

    Notes
    -----
    Chen et al., "Training deep nets with sublinear memory cost", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> x = bp.Value(0.5)
    >>> y = bp.checkpoint(lambda a: np.exp(np.tanh(a)))(x)
    >>> y.op.name
    'checkpoint'
    >>> y.backward()
    >>> x.grad
    np.float64(1.2484...)
    """

    @wraps(fun)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if witness.get() is not None:  # written out, all steps are to be seen
            return fun(*args, **kwargs)
        tree = (args, kwargs)
        leaves = [leaf for _, leaf in flatten(tree)]
        places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, Value)]

        def run(*operands: Any) -> Any:
            """Run `fun` with other Values in the places of those it was given."""
            filled = list(leaves)
            for k, operand in zip(places, operands, strict=False):
                filled[k] = operand
            new_args, new_kwargs = rebuild(tree, iter(filled))
            return fun(*new_args, **new_kwargs)

        return _as_node(run, [leaves[k] for k in places])

    return checkpointed


_numbers = count()


def _as_node(run: Callable[..., Any], given: list[Value]) -> Any:
    """Run a function, and put one node in the place of its graph."""
    inside = f"checkpoint {next(_numbers)}"  # a scope that tells its nodes from those it found
    with recorded(), scope(inside):
        result = run(*given)
    if not isinstance(result, Value | np.ndarray | np.generic | float | int):
        raise TypeError(
            f"checkpoint: the function must return one array, got {type(result).__name__}"
        )
    if not isinstance(result, Value) or inside not in result.scope or not result.requires_grad:
        return result
    known = set(given)
    found = {
        parent: None
        for node in sort_topologically(result)
        if inside in node.scope
        for parent in node.parents
        if parent.requires_grad and inside not in parent.scope and parent not in known
    }
    data = result.data
    node = Op("checkpoint", lambda *_: data, variadic=_Recomputed(run, len(given), list(found)))
    return node(*given, *found)


class _Recomputed:
    """The rule of a checkpoint: go backwards through a graph that is made anew.

    The cotangents of all operands come from one such pass; they are kept for the operands that
    are asked for next with the same `g`.
    """

    def __init__(self, run: Callable[..., Any], given: int, found: list[Value]) -> None:
        self.run, self.given, self.found = run, given, found
        self.latest: tuple[Any, list[Any]] = None, []

    def __call__(self, g: Any, y: Any, *operands: Any, position: int) -> Any:
        if self.latest[0] is not g:
            self.latest = g, self._cotangents(g, operands[: self.given])
        return self.latest[1][position]

    def _cotangents(self, g: Any, operands: tuple[Any, ...]) -> list[Any]:
        trace = Trace("checkpoint", self.run, operands, {}, range(len(operands)))
        trace.leaves.append(self.found)
        *given, found = trace.pull_back([g], create_graph=isinstance(g, Value))
        return [leaf for (leaf,) in given] + found
