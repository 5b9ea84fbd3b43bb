"""``scipy.spatial.distance``: distances between points, composed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.spatial import distance

from ...kernel.dispatch import implements
from ..axes import as_operand
from ..elementary import root


def _cosine(a: Any, b: Any) -> Any:
    lengths = np.sqrt(np.sum(a * a, axis=-1)) * np.sqrt(np.sum(b * b, axis=-1))
    return 1.0 - np.sum(a * b, axis=-1) / lengths


#: The distance of vectors along the last axis; that of equal ones has the derivative 0.
_METRICS: dict[str, Callable[[Any, Any], Any]] = {
    "euclidean": lambda a, b: root(np.sum((a - b) ** 2, axis=-1)),
    "sqeuclidean": lambda a, b: np.sum((a - b) ** 2, axis=-1),
    "cityblock": lambda a, b: np.sum(np.abs(a - b), axis=-1),
    "chebyshev": lambda a, b: np.max(np.abs(a - b), axis=-1),
    "cosine": _cosine,
}


def _metric(function: str, name: Any, options: dict[str, Any]) -> Callable[[Any, Any], Any]:
    if name not in _METRICS or any(option is not None for option in options.values()):
        raise TypeError(
            f"{function}: on Values expected one of the metrics {', '.join(_METRICS)} and no "
            f"options, got {name!r}; write the distance with NumPy's functions"
        )
    return _METRICS[name]


@implements(distance.cdist)
def cdist(XA: Any, XB: Any, metric: Any = "euclidean", **options: Any) -> Any:
    """Compute the distance of each row of one from each of the other, as SciPy's `cdist`."""
    between = _metric("cdist", metric, options)
    return between(as_operand(XA)[:, None], as_operand(XB)[None])


@implements(distance.pdist)
def pdist(X: Any, metric: Any = "euclidean", **options: Any) -> Any:
    """Compute the distances of the rows from each other, as SciPy's `pdist`."""
    X, between = as_operand(X), _metric("pdist", metric, options)
    one, other = np.triu_indices(X.shape[0], 1)
    return between(X[one], X[other])


def _register(name: str) -> None:
    def of_vectors(u: Any, v: Any, w: Any = None) -> Any:
        return _metric(name, name, {"w": w})(as_operand(u), as_operand(v))

    implements(getattr(distance, name))(of_vectors)


for _name in _METRICS:
    _register(_name)
