"""`compare_vjp`: a kernel's backward pass beside the function that it differentiates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from ..transforms import grad
from ..trees import flatten
from .adapting import Adapted
from .compare import compare_program
from .comparison import Comparison
from .numeric import Method, as_float, check_method
from .precision import (
    FLOAT64,
    Array,
    Precision,
    coarsest,
    find_precision,
    find_precisions,
    precision_of,
)
from .probing import probe
from .pulling import Pullback, Reference


def compare_vjp(
    reference: Callable[..., Any],
    inputs: Any,
    manual: Any,
    *,
    upstream: Any = None,
    upstreams: int = 3,
    seed: int = 0,
    dtype: str | None = None,
    tolerance: float | None = None,
    numeric: Method = "auto",
) -> Comparison:
    """Compare the outputs of a backward pass with the right ones: a kernel's vjp.

    Parameters
    ----------
    reference : callable
        The forward pass, in NumPy: arrays in, an array out, or a tuple of arrays. It is computed
        in float64.
    inputs : array, tuple or dict
        What it is called with: ``reference(x)``, ``reference(*inputs)`` or
        ``reference(**inputs)``. Arrays of floating-point numbers are differentiated by; labels,
        masks and plain numbers are constants.
    manual : callable or arrays
        The backward pass: ``manual(upstream, *inputs)``, with the inputs as they are given to
        `reference`, each in its own dtype. It gives a gradient for each input, or for each that is
        differentiated by, in their order or in a dict by their names. None says that there is none.
        With several outputs `upstream` has one array for each of them. Or what such a function
        gave for the `upstream` that is given.
    upstream : array or tuple of arrays, optional
        The gradient by the outputs. Drawn at random by default, `upstreams` times.
    upstreams : int, optional
        How many are drawn.
    seed : int, optional
        Of the random numbers.
    dtype : {"float64", "float32", "TF32", "float16", "bfloat16"}, optional
        How exact the backward pass is. By default that is the dtype of the inputs and gradients,
        or the lower one whose numbers these are.
    tolerance : float, optional
        The largest difference that is right, as a part of the largest entry of an array; by
        default as the dtype has it: 1e-10, 1e-5, 0.004, 0.004 and 0.031.
    numeric : str, optional
        The method of the numeric side, as for `compare`.

    Returns
    -------
    Comparison
        As `compare` gives it for the sum of upstream gradients times outputs, for the first
        upstream gradient that shows a mistake. `Comparison.faults` says what is wrong beside the
        numbers: where `manual` writes into what it is given, gives other numbers when it is called
        again, or reads the memory of an upstream gradient that is a strided or an expanded view
        as if it were contiguous.

    Raises
    ------
    TypeError, ValueError
        If an option, an input or an upstream gradient does not fit, and as `compare` does.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> def rmsnorm(x, weight):
    ...     rms = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)
    ...     return x / rms * weight
    >>> def backward(d_y, x, weight):  # the weight is forgotten in d_n
    ...     rms = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)
    ...     n = x / rms
    ...     d_n = d_y
    ...     d_x = (d_n - n * np.mean(d_n * n, axis=-1, keepdims=True)) / rms
    ...     return d_x, np.sum(d_y * n, axis=0)
    >>> rng = np.random.default_rng(1)
    >>> comparison = bp.compare_vjp(
    ...     rmsnorm, (rng.standard_normal((4, 6)), rng.standard_normal(6)), backward
    ... )
    >>> [(row.name, row.verdict) for row in comparison.rows]
    [('x', 'wrong'), ('weight', 'correct')]
    """
    check_method(numeric)
    forward = Reference(reference, inputs)
    known = FLOAT64 if dtype is None else find_precision(dtype)
    if upstream is not None:
        drawn = [forward.read_upstream(upstream)]
    else:
        drawn = _draw_upstreams(forward, upstreams if callable(manual) else 0, seed, known)
    if not callable(manual):
        precisions = _find_precisions(forward, manual, dtype, tolerance)
        return _compare(forward, drawn[0], manual, precisions, numeric)
    first = Pullback(forward, manual, drawn[0])
    given = first(forward.params)
    precisions = _find_precisions(forward, given, dtype, tolerance)
    probed = probe(first, given, precisions)
    for each in drawn:
        pullback = Pullback(forward, manual, each)
        comparison = _compare(forward, each, pullback, precisions, numeric)
        if not comparison.ok:
            break
    low = any(precision.bits < FLOAT64.bits for precision in precisions.values())
    if low and not comparison.ok and not _is_explained(comparison):
        _explain_in_float64(comparison, forward, manual, each, numeric)
    drew = "as given" if upstream is not None else f"{len(drawn)} drawn at random (seed {seed})"
    comparison.notes += [f"upstream gradients: {drew}", *probed.notes]
    comparison.faults += probed.faults
    return comparison


def _draw_upstreams(
    forward: Reference, count: int, seed: int, known: Precision
) -> list[list[Array | None]]:
    """Draw upstream gradients; for a loss, whose gradient by itself is 1, none is needed."""
    if count > 0:
        rng = np.random.default_rng(seed)
        return [forward.draw_upstream(rng, known) for _ in range(count)]
    if forward.shapes == [()]:
        return [[np.ones(())]]
    raise ValueError(
        "there is no upstream gradient: give upstream=, the gradient by the output, with "
        "gradients that were computed from it, or upstreams= of 1 or more with a function"
    )


def _find_precisions(
    forward: Reference, given: Any, dtype: str | None, tolerance: float | None
) -> dict[str, Precision]:
    """Find how exact each gradient may be: no more than the type of the inputs allows."""
    gradients = forward.name_gradients(given)
    if dtype is not None:
        found = [find_precision(dtype)] * len(gradients)
    else:
        coarse = coarsest(precision_of(array) for array in forward.arrays)
        found = [coarsest((each, coarse)) for each in find_precisions(gradients.values())]
    if tolerance is not None:
        tolerance = as_float("tolerance", tolerance)
        if not 0 <= tolerance < np.inf:
            raise ValueError(f"tolerance must be 0 or more and finite, got {tolerance}")
        found = [each._replace(tolerance=tolerance) for each in found]
    return dict(zip(gradients, found, strict=True))


def _compare(
    forward: Reference,
    upstream: list[Array | None],
    manual: Any,
    precisions: Mapping[str, Precision],
    numeric: Method,
) -> Comparison:
    """Compare with one upstream gradient; where it is 0, None is right."""
    loss = forward.loss(upstream)
    missing = [name for name, _ in flatten(forward.params) if name not in precisions]
    unreached = _find_unreached(forward, loss, missing) if missing else []
    given = forward.read_gradients(manual, unreached)
    program = Adapted(loss, forward.params, given)
    comparison = compare_program(program, numeric, precisions=precisions)
    comparison.notes += _describe(precisions)
    comparison.notes += [f"{name}: its gradient is None, and rightly: 0" for name in unreached]
    return comparison


def _find_unreached(
    forward: Reference, loss: Callable[[Any], Any], among: Collection[str]
) -> list[str]:
    """Find the inputs on which nothing depends; none where that cannot be known."""
    try:
        gradients = flatten(grad(loss)(forward.params))
    except Exception:  # it cannot be recorded, as the comparison will say
        return []
    return [name for name, gradient in gradients if name in among and not np.any(gradient)]


def _is_explained(comparison: Comparison) -> bool:
    return bool(comparison.diagnosis) and not any(
        found.mistake == "unexplained" for found in comparison.diagnosis
    )


def _explain_in_float64(
    comparison: Comparison,
    forward: Reference,
    manual: Callable[..., Any],
    upstream: list[Array | None],
    numeric: Method,
) -> None:
    """Look for the cause in float64, where round-off hides nothing, if `manual` takes that."""
    exact = forward.in_float64()
    upstream = [None if u is None else u.astype(np.float64) for u in upstream]
    try:
        other = _compare(exact, upstream, Pullback(exact, manual, upstream), {}, numeric)
    except Exception:  # a kernel may be made for one type alone
        return
    if _is_explained(other):
        comparison.diagnosis, comparison.reconstruction = other.diagnosis, other.reconstruction
        comparison.notes.append("the cause was found in float64")


def _describe(precisions: Mapping[str, Precision]) -> list[str]:
    """Say by which precision each gradient was judged."""
    names: dict[Precision, list[str]] = {}
    for name, precision in precisions.items():
        names.setdefault(precision, []).append(name)
    return [
        f"{', '.join(own)}: {precision.name} numbers; differences up to {precision.tolerance:.1g} "
        "of the largest entry are right"
        for precision, own in names.items()
    ]
