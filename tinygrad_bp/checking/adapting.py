"""A loss and its gradients as their author wrote them, as functions of nested arrays.

People write losses that give (loss, gradients), layers with ``forward(x, w) -> out, cache`` and
``backward(dout, cache)``, nets with parameters as attributes. What is differentiated here is a
function of nested arrays that gives a scalar. Where it is certain how the one is the other it is
taken so, with a note.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cached_property, update_wrapper
from typing import Any

import numpy as np

from ..kernel.value import Value, constant
from ..trees import flatten
from .held import Held, has_objects
from .pairing import Paired, children, pair

_PLAIN = (float, np.float64)


class Adapted:
    """A function of the parameters, called as its author meant it, that gives one number.

    Parameters
    ----------
    fun : callable
        The loss: of the parameters as one argument, of each as an argument, or of none where
        they are kept in objects. It gives a number, or a tuple with it in front.
    params : nested containers, and objects with attributes
        The parameters.
    manual : optional
        The gradients: a function, or what one would give.

    Attributes
    ----------
    params : nested dicts, lists and tuples
        What the function is to be called with.
    notes : list of str
        How the program was read, where that was not plain.
    """

    def __init__(self, fun: Callable[..., Any], params: Any, manual: Any = None) -> None:
        if not callable(fun):
            raise TypeError(f"fun must be callable, got {type(fun).__name__}")
        self._fun, self._given = fun, manual
        self._held: Held | None = None
        self.params, self._notes = params, dict[str, None]()
        self._rest: Sequence[Any] = ()
        self._upstream: Any = None
        update_wrapper(self, fun, updated=())
        if has_objects(params) or _takes_nothing(fun):
            self._held = Held(params)
        self._loss = self._as_meant(fun)
        self._backward: Callable[[Any], Any] | None = None
        if callable(manual) and not isinstance(manual, Value):
            self._backward = self._as_meant(manual)
        self._pulls_back = self._backward is not None and _pulls_back(fun, manual, params)
        if self._held is not None:
            self.params = self._find_parameters(self._held)

    @property
    def notes(self) -> list[str]:
        """How the program was read, where that was not plain."""
        return list(self._notes)

    # --- the loss ----------------------------------------------------------------------------

    def __call__(self, params: Any) -> Any:
        """Compute the loss."""
        result = self._run(self._loss, params)
        return result if type(result) in _PLAIN else self._scalar(result)

    def _scalar(self, result: Any) -> Any:
        """Take the one number out of what the function gives."""
        if isinstance(result, tuple) and result:
            result, *self._rest = result
            if self._pulls_back and np.shape(result) != ():
                return self._project(result)
            self._note(f"fun gives {len(self._rest) + 1} things; the first of them is the loss")
        if isinstance(result, list) and len(result) == 1:
            (result,) = result
        shape = np.shape(result) if isinstance(result, Value | np.ndarray) else ()
        if shape and np.size(result) == 1:
            self._note(f"the loss has shape {shape}; its one element is taken")
            return np.reshape(result, ())
        return result

    def _project(self, out: Any) -> Any:
        """Make a loss of an output: its product with an upstream gradient that is drawn once."""
        if self._upstream is None:
            self._upstream = np.random.default_rng(0).standard_normal(np.shape(out))
        self._note(
            "fun gives an array and a cache, manual takes an upstream gradient and a cache: one "
            "upstream gradient is drawn at random, and the loss is the sum of its products with "
            "the array"
        )
        is_value = isinstance(out, Value)
        return (out * (constant(self._upstream, "dout") if is_value else self._upstream)).sum()

    def _as_meant(self, function: Callable[..., Any]) -> Callable[[Any], Any]:
        """Return a function of the parameters that calls one of the program, as that takes them."""
        if (held := self._held) is not None:
            alone = _takes_nothing(function) or (
                inspect.ismethod(function) and not _needs(function)
            )
            return (lambda _: function()) if alone else (lambda _: function(held.root))
        if not _takes_each(function, self.params):
            return function
        self._note(f"{getattr(function, '__name__', 'fun')} is given each parameter by itself")
        if isinstance(self.params, list | tuple):
            return lambda params: function(*params)
        return lambda params: function(**params)

    def _run(self, function: Callable[[Any], Any], params: Any) -> Any:
        """Call a function with the parameters, in their places where they are kept in objects."""
        if self._held is None:
            return function(params)
        with self._held.put([leaf for _, leaf in flatten(params)]):
            return function(params)

    # --- the gradients -----------------------------------------------------------------------

    @cached_property
    def manual(self) -> Any:
        """The manual gradients, or a function of the parameters that gives them, or None.

        To be asked for once the loss has been computed: it may give the gradients, too.
        """
        if self._given is None:
            return self._from_loss()
        return self._given if self._backward is None else self._gradients

    def _gradients(self, params: Any) -> Any:
        given = self._pull_back(params) if self._pulls_back else self._run(self._read, params)
        two = isinstance(given, tuple) and len(given) == 2 and len(flatten(self.params)) != 2
        if two and np.size(given[0]) == 1 and children(given[1]) is not None:
            self._note("manual gives two things; the second of them are the gradients")
            return given[1]
        return given

    def _read(self, params: Any) -> Any:
        """Compute the gradients; those that are kept as attributes are read from there."""
        given = self._backward(params)  # type: ignore[misc]
        if self._held is None or (given is not None and not has_objects(given)):
            return given
        self._note("manual keeps the gradients in attributes, and they are read from there")
        return self._held.gradients()

    def _pull_back(self, params: Any) -> Any:
        """Call ``backward(dout, cache)``."""
        self(params)
        upstream = 1.0 if self._upstream is None else self._upstream.copy()
        (cache,) = self._rest
        return self._given(upstream, cache)

    def _from_loss(self) -> Any:
        """Take what the loss gives beside a number for the gradients, if it can be read as such."""
        if not self._rest:
            return None
        given = self._beside()
        paired = pair(self.params, given)
        if not paired.read or _are_the_parameters(paired, self.params):
            return None
        self._note("what fun gives beside the loss are the gradients")

        def again(params: Any) -> Any:
            self(params)
            return self._beside()

        return again

    def _beside(self) -> Any:
        return self._rest[0] if len(self._rest) == 1 else tuple(self._rest)

    # --- parameters in objects ---------------------------------------------------------------

    def _find_parameters(self, held: Held) -> Any:
        """Find the parameters in the objects: those that have a gradient, else all arrays."""
        every = held.choose(held.numbers)
        if not has_objects(held.root):
            return every
        chosen = [steps for steps, yes in zip(held.numbers, self._have_gradients(every)) if yes]
        if not chosen:
            held.choose(held.numbers)
            kept = held.find_unchanged(lambda: self._loss(None))
            chosen = [steps for steps in held.arrays if steps in kept]
        params = held.choose(chosen)
        self._note(f"the parameters are {', '.join(name for name, _ in flatten(params))}")
        if left_out := [_path(steps) for steps in held.arrays if steps not in chosen]:
            self._note(f"without a gradient, and so not compared: {', '.join(left_out)}")
        return params

    def _have_gradients(self, every: Any) -> list[bool]:
        """Say for each number in the objects whether there is a gradient of that name."""
        self.params = every
        if self._given is not None:
            given = self._given if self._backward is None else self._gradients(every)
        else:
            result = self._run(self._loss, every)
            given = result[1] if isinstance(result, tuple) and len(result) == 2 else None
        inside = children(given) or {}
        if not any(isinstance(key, str) for key in inside):
            return [False] * len(flatten(every))
        paired = pair(every, given)
        return [name in paired.read for name in paired.leaves]

    def _note(self, text: str) -> None:
        self._notes[text] = None


def _needs(function: Callable[..., Any]) -> list[str] | None:
    """Return the names of the arguments that a function needs; None where that is not known."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in plain and p.default is p.empty]


def _takes_nothing(function: Callable[..., Any]) -> bool:
    try:
        return not inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _takes_each(function: Callable[..., Any], params: Any) -> bool:
    """Say whether a function takes each of the parameters as an argument."""
    required, inside = _needs(function), children(params)
    if required is None or len(required) < 2 or inside is None:
        return False
    return set(required) == set(inside) or list(inside) == list(range(len(required)))


def _pulls_back(fun: Callable[..., Any], manual: Callable[..., Any], params: Any) -> bool:
    """Say whether a function takes an upstream gradient and a cache, as ``backward`` does."""
    required = _needs(manual)
    together = _takes_each(manual, params) and _needs(fun) == required
    return len(required or ()) == 2 and not together


def _are_the_parameters(paired: Paired, params: Any) -> bool:
    """Say whether what was read are the parameters themselves, as a cache has them."""
    own = {path or "params": leaf for path, leaf in flatten(params)}
    return all(
        np.shape(paired.leaves[name]) == np.shape(own[name])
        and np.array_equal(paired.leaves[name], own[name])
        for name in paired.read
    )


def _path(steps: Sequence[Any]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".")
