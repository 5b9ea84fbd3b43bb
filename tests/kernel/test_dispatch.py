"""The registry of NumPy's functions on Values: one implementation of each."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.kernel.dispatch import IMPLEMENTATIONS, implements, read_all


def test_a_second_implementation_is_refused():
    read_all()
    before = dict(IMPLEMENTATIONS)
    for function in (np.exp, np.real, np.trapezoid):
        with pytest.raises(ValueError, match=rf"numpy.{function.__name__} is implemented already"):
            implements(function)(lambda a: a)
    assert before == IMPLEMENTATIONS


def test_an_op_learns_what_numpy_calls_it():
    assert bp.absolute.numpy is np.absolute
    assert bp.Op("sine", np.sin, lambda g, y, a: g * np.cos(a)).numpy is np.sin
    assert bp.sigmoid.numpy is None
    op = implements(np.i0)(bp.Op("bessel", lambda a: np.i0(a), lambda g, y, a: g))
    del IMPLEMENTATIONS[np.i0]
    assert op.numpy is np.i0
