"""A forward pass with its inputs, and a backward pass that pulls an upstream gradient back."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np

from ..kernel.value import Value
from ..trees import flatten, rebuild
from .pairing import Unread, pair
from .precision import FLOAT64, Array, Precision, coarsest, find_precisions, precision_of


class Reference:
    """A forward pass, and the inputs at which it is differentiated.

    Parameters
    ----------
    forward : callable
        Of arrays; gives an array, or a tuple of arrays.
    inputs : array, tuple or dict
        What it is called with.

    Attributes
    ----------
    params : dict
        What is differentiated by, in float64, by the names of the arguments; an empty tuple takes
        the place of what is constant.
    shapes : list of (tuple of int or None)
        Of each output; None where that has no derivative, as an index has none.
    """

    def __init__(self, forward: Callable[..., Any], inputs: Any) -> None:
        if not callable(forward):
            raise TypeError(f"reference must be callable, got {type(forward).__name__}")
        self.forward, self.inputs = forward, _by_name(forward, inputs)
        self._by_keyword = isinstance(inputs, dict)
        self._leaves = [leaf for _, leaf in flatten(self.inputs)]
        self.params = rebuild(self.inputs, map(_in_float64, self._leaves))
        if not flatten(self.params):
            raise ValueError(
                "no input is an array of floating-point numbers: there is nothing to differentiate "
                f"by; got {', '.join(f'{n} {type(x).__name__}' for n, x in self.inputs.items())}"
            )
        self.outputs = self(self.params)
        self.shapes = [
            np.shape(out) if np.asarray(out).dtype.kind in "fc" else None
            for _, out in flatten(self.outputs)
        ]
        if all(shape is None for shape in self.shapes):
            raise TypeError("reference must give an array of floating-point numbers")

    def in_float64(self) -> Reference:
        """Return the same with all inputs that are differentiated by in float64."""
        wider = (
            np.asarray(leaf).astype(np.float64) if _is_differentiable(leaf) else leaf
            for leaf in self._leaves
        )
        named = rebuild(self.inputs, wider)
        return Reference(self.forward, named if self._by_keyword else tuple(named.values()))

    @property
    def arrays(self) -> list[Any]:
        """The inputs that are differentiated by, as they were given."""
        return [leaf for leaf in self._leaves if _is_differentiable(leaf)]

    def call(self, function: Callable[..., Any], *first: Any, inputs: Any) -> Any:
        """Call a function with the inputs, as the forward pass is called."""
        if self._by_keyword:
            return function(*first, **inputs)
        return function(*first, *inputs.values())

    def __call__(self, params: Any) -> Any:
        """Compute the outputs."""
        given = (leaf for _, leaf in flatten(params))
        leaves = (next(given) if _is_differentiable(x) else x for x in self._leaves)
        return self.call(self.forward, inputs=rebuild(self.inputs, leaves))

    def loss(self, upstream: list[Array | None]) -> Callable[[Any], Any]:
        """Return the sum of upstream gradients times outputs, as a function of `params`."""
        forward = self.forward
        exact = [None if u is None else u.astype(np.float64) for u in upstream]

        def loss(params: Any) -> Any:
            outputs = [out for _, out in flatten(self(params))]
            terms = [(out * u).sum() for out, u in zip(outputs, exact) if u is not None]
            return sum(terms[1:], terms[0])

        loss.__module__ = getattr(forward, "__module__", __name__)  # whose names are looked up
        loss.__name__ = loss.__qualname__ = getattr(forward, "__name__", "reference")
        loss.__signature__ = self._signature_with(exact)  # type: ignore[attr-defined]
        return loss

    def _signature_with(self, upstream: list[Array | None]) -> inspect.Signature:
        """Show constants as what they are called: defaults are among the names looked up."""
        numbered = [f"upstream_{k}" for k in range(len(upstream))]
        named = dict(zip(numbered if len(upstream) > 1 else ["upstream"], upstream, strict=True))
        named |= {name: x for name, x in self.inputs.items() if isinstance(x, np.ndarray)}
        kinds = inspect.Parameter
        shown = [
            kinds(n, kinds.KEYWORD_ONLY, default=x) for n, x in named.items() if n.isidentifier()
        ]
        return inspect.Signature([kinds("params", kinds.POSITIONAL_ONLY), *shown])

    def as_given(self, params: Any) -> dict[str, Any]:
        """Return copies of the inputs in their own types, with other numbers."""
        numbers = (leaf for _, leaf in flatten(params))
        leaves = (
            np.asarray(next(numbers)).astype(leaf.dtype)
            if _is_differentiable(leaf)
            else leaf.copy()
            if isinstance(leaf, np.ndarray)
            else leaf
            for leaf in self._leaves
        )
        named: dict[str, Any] = rebuild(self.inputs, leaves)
        return named

    # --- upstream gradients ------------------------------------------------------------------

    def draw_upstream(
        self, rng: np.random.Generator, known: Precision = FLOAT64
    ) -> list[Array | None]:
        """Draw an upstream gradient whose numbers are as short as those of the inputs."""
        precision = coarsest([known, *find_precisions(self.arrays)])
        dtype = min((a.dtype for a in self.arrays), key=lambda d: precision_of(np.zeros(0, d)).bits)
        return [
            None if shape is None else precision.round(rng.standard_normal(shape)).astype(dtype)
            for shape in self.shapes
        ]

    def read_upstream(self, given: Any) -> list[Array | None]:
        """Read what was given as upstream gradient, and say where it does not fit."""
        leaves = [leaf for _, leaf in flatten(given)]
        wanted = sum(shape is not None for shape in self.shapes)
        if len(leaves) == wanted != len(self.shapes):
            left = iter(leaves)
            leaves = [None if shape is None else next(left) for shape in self.shapes]
        if len(leaves) != len(self.shapes):
            raise ValueError(
                f"reference gives {len(self.shapes)} outputs, and upstream {len(leaves)} arrays"
            )
        read: list[Array | None] = []
        for k, (leaf, shape) in enumerate(zip(leaves, self.shapes, strict=True)):
            if shape is not None and np.shape(leaf) != shape:
                raise ValueError(
                    f"upstream: expected shape {shape} as output {k} has it, got {np.shape(leaf)}"
                )
            read.append(None if shape is None else np.asarray(leaf))
        return read

    def arrange(self, upstream: list[Array | None]) -> Any:
        """Arrange upstream gradients as the outputs are arranged."""
        return rebuild(self.outputs, iter(upstream))

    # --- gradients ---------------------------------------------------------------------------

    def without_constants(self, given: Any) -> Any:
        """Leave out what a backward pass gives for inputs that are constants; copy the rest."""
        constant = [not flatten(part) for part in self.params.values()]
        if isinstance(given, list | tuple) and len(given) == len(constant) > 1:
            given = dict(zip(self.params, given))
        if isinstance(given, dict):
            constants = [name for name, yes in zip(self.params, constant) if yes]
            given = {name: part for name, part in given.items() if name not in constants}
        return rebuild(given, (_in_numpy(leaf) for _, leaf in flatten(given)))

    def read_gradients(self, manual: Any, zero: Collection[str] = ()) -> Any:
        """Return gradients, or the function that gives them, with zeros for those named."""
        if callable(manual):
            return lambda params: self.read_gradients(manual(params), zero)
        given = self.without_constants(manual)
        if not zero:
            return given
        named = pair(self.params, given).leaves
        places = flatten(self.params)
        leaves = (np.zeros(x.shape) if name in zero else named[name] for name, x in places)
        return rebuild(self.params, leaves)

    def name_gradients(self, given: Any) -> dict[str, Array]:
        """Return the gradients that are arrays of numbers, by the names of the inputs."""
        leaves = pair(self.params, self.without_constants(given)).leaves
        arrays = {name: np.asarray(leaf) for name, leaf in leaves.items() if _is_given(leaf)}
        return {name: array for name, array in arrays.items() if array.dtype.kind in "fiub"}


class Pullback:
    """A backward pass with its upstream gradient, as a function of the inputs.

    Attributes
    ----------
    overwritten : dict
        The names of what was not the same after a call, as keys.
    """

    def __init__(
        self, reference: Reference, backward: Callable[..., Any], upstream: list[Array | None]
    ) -> None:
        self.reference, self.backward, self.upstream = reference, backward, upstream
        self.overwritten: dict[str, None] = {}

    def __call__(self, params: Any) -> Any:
        """Compute the gradients, with upstream gradients of its own."""
        return self.pull([None if u is None else u.copy() for u in self.upstream], params)

    def pull(self, upstream: list[Array | None], params: Any) -> Any:
        """Compute the gradients with these very arrays."""
        reference = self.reference
        inputs = reference.as_given(params)
        own = {"the upstream gradient": reference.arrange(upstream), **inputs}
        before = _bytes(own)
        given = reference.call(self.backward, own["the upstream gradient"], inputs=inputs)
        given = reference.without_constants(given)  # copies, should these be the inputs
        after = _bytes(own)
        self.overwritten |= dict.fromkeys(name for name in own if before[name] != after[name])
        return given


def _by_name(forward: Callable[..., Any], inputs: Any) -> dict[str, Any]:
    """Name the inputs as the function names its arguments."""
    if isinstance(inputs, dict):
        return inputs
    given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    return dict(zip(_argument_names(forward, len(given)), given, strict=True))


def _argument_names(forward: Callable[..., Any], wanted: int) -> Iterator[str]:
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        parameters = dict[str, inspect.Parameter]().values()
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in plain]
    for k in range(wanted):
        yield names[k] if k < len(names) else f"input_{k}"


def _is_differentiable(leaf: Any) -> bool:
    """Say whether this is an array of floating-point numbers, of NumPy or of ml_dtypes."""
    dtype = getattr(leaf, "dtype", None)
    if getattr(dtype, "kind", "") == "c":
        raise TypeError(f"inputs must be real, got dtype {dtype}")
    return dtype is not None and (dtype.kind == "f" or "float" in str(dtype))


def _is_given(leaf: Any) -> bool:
    return leaf is not None and not isinstance(leaf, Unread)


def _in_float64(leaf: Any) -> Any:
    if not _is_differentiable(leaf):
        return ()
    return np.asarray(leaf.data if isinstance(leaf, Value) else leaf).astype(np.float64)


def _in_numpy(leaf: Any) -> Any:
    """Copy an array; types that NumPy itself does not have become float32."""
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "V":
        return leaf.astype(np.float32)
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _bytes(own: Mapping[str, Any]) -> dict[str, list[bytes]]:
    return {
        name: [leaf.tobytes() for _, leaf in flatten(tree) if isinstance(leaf, np.ndarray)]
        for name, tree in own.items()
    }
