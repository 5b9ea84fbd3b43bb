"""NumPy's functions without a derivative: on Values they give plain arrays and numbers."""

from __future__ import annotations

import numpy as np

from ..kernel.dispatch import on_data

__all__: list[str] = []

for _function in (
    # comparisons and tests
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.isnan,
    np.isinf,
    np.isfinite,
    np.isclose,
    np.allclose,
    np.array_equal,
    np.any,
    np.all,
    np.logical_and,
    np.logical_or,
    np.logical_not,
    np.signbit,
    # shapes and places
    np.shape,
    np.ndim,
    np.size,
    np.argmax,
    np.argmin,
    np.argsort,
    np.nonzero,
    np.count_nonzero,
    # steps, whose derivative is 0 wherever it exists
    np.sign,
    np.heaviside,
    np.floor,
    np.ceil,
    np.rint,
    # for reading
    np.array_repr,
    np.array_str,
    np.array2string,
):
    on_data(_function)
