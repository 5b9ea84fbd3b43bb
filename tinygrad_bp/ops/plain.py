"""NumPy's functions without a derivative: on Values they give plain arrays and numbers."""

from __future__ import annotations

import numpy as np

from ..kernel.dispatch import on_data

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
    np.logical_xor,
    np.logical_not,
    np.signbit,
    np.isposinf,
    np.isneginf,
    np.isreal,
    np.iscomplex,
    np.isrealobj,
    np.iscomplexobj,
    np.array_equiv,
    # shapes and places
    np.shape,
    np.ndim,
    np.size,
    np.argmax,
    np.argmin,
    np.argsort,
    np.nonzero,
    np.count_nonzero,
    np.nanargmax,
    np.nanargmin,
    # steps, whose derivative is 0 wherever it exists
    np.floor,
    np.ceil,
    np.trunc,
    np.fix,
    np.rint,
    np.round,
    np.around,
    np.floor_divide,
    # for reading
    np.array_repr,
    np.array_str,
    np.array2string,
):
    on_data(_function)
