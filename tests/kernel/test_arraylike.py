"""The methods of arrays on Values, and what is refused because it would happen in place."""

import copy

import numpy as np
import pytest

import tinygrad_bp as bp

A = np.array([[3.0, 1.0, 2.5], [0.5, 2.0, 4.0]])

METHODS = {
    "sum": lambda v: v.sum(0, keepdims=True),
    "prod": lambda v: v.prod(axis=1),
    "mean": lambda v: v.mean((0, 1)),
    "var": lambda v: v.var(axis=0, ddof=1),
    "std": lambda v: v.std(axis=-1, keepdims=True),
    "max": lambda v: v.max(axis=1),
    "min": lambda v: v.min(),
    "cumsum": lambda v: v.cumsum(axis=1),
    "cumsum of all": lambda v: v.cumsum(),
    "cumprod": lambda v: v.cumprod(0),
    "trace": lambda v: v.trace(offset=1),
    "clip": lambda v: v.clip(1, max=2.75),
    "dot": lambda v: v.dot(np.arange(3.0)),
    "reshape": lambda v: v.reshape(3, 2),
    "reshape in another order": lambda v: v.reshape((3, -1), order="F"),
    "ravel": lambda v: v.ravel(),
    "flatten": lambda v: v.flatten("F"),
    "squeeze": lambda v: v.reshape(1, 6).squeeze(0),
    "transpose": lambda v: v.transpose(1, 0),
    "transpose, by a tuple": lambda v: v[None].transpose((2, 0, 1)),
    "transpose, all axes": lambda v: v.transpose() * v.transpose(None),
    "transpose, the only axis": lambda v: v[0].transpose(0),
    "swapaxes": lambda v: v.swapaxes(0, 1),
    "repeat": lambda v: v.repeat([1, 2], axis=0),
    "take": lambda v: v.take([0, 0, -1], axis=1, mode="wrap"),
    "compress": lambda v: v.compress([False, True], axis=0),
    "diagonal": lambda v: v.diagonal(1),
    "copy": lambda v: v.copy(),
    "astype": lambda v: v.astype(np.float32),
    "T": lambda v: v.T,
    "real": lambda v: v.real,
    "remainder": lambda v: v % 1.5,
    "remainder, reflected": lambda v: 7.5 % v,
    "add in place, which rebinds": lambda v: _rebound(v),
}


def _rebound(v):
    v = v + 0
    v += 1
    v *= 2
    v -= v**2
    v /= 3
    v **= 2
    v %= 0.7
    v @= np.eye(3)
    return v


@pytest.mark.parametrize("name", METHODS)
def test_methods_as_of_arrays(name):
    found, wanted = METHODS[name](bp.Value(A)), METHODS[name](A)
    assert isinstance(found, bp.Value)
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found.data, wanted, rtol=1e-14, strict=not np.isscalar(wanted))
    found.sum().backward()


PLAIN = {
    "argmax": lambda v: v.argmax(axis=1, keepdims=True),
    "argmin": lambda v: v.argmin(),
    "argmin, axis": lambda v: v.argmin(axis=0, keepdims=True),
    "round": lambda v: v.round(-1) + v.round(),
    "argsort": lambda v: v.argsort(axis=0, stable=True),
    "any": lambda v: (v - v).any(),
    "all": lambda v: v.all(axis=0),
    "floor division": lambda v: v // 2,
    "floor division, reflected": lambda v: 7 // v,
    "nonzero": lambda v: v.nonzero()[1],
    "searchsorted": lambda v: v.ravel().searchsorted([1.0, 2.0], "right"),
    "tolist": lambda v: v.tolist(),
}


@pytest.mark.parametrize("name", PLAIN)
def test_methods_without_a_derivative_are_plain(name):
    found, wanted = PLAIN[name](bp.Value(A)), PLAIN[name](A)
    assert type(found) is type(wanted)
    np.testing.assert_array_equal(found, wanted)


def test_methods_of_a_scalar():
    x = bp.Value(2.0)
    assert x.tolist() == 2.0
    assert x.ravel().shape == x.repeat(1).shape == (1,)
    assert x.squeeze().data == x.copy().data == 2


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda v: v.__setitem__(0, 1.0), r"v\[index\] = element"),
        (lambda v: v.__iadd__(1.0), r"v \+= e"),
        (lambda v: v[0].__imul__(2.0), r"v \*= e"),
        (lambda v: v.T.fill(1.0), r"v\[index\] = element"),
        (lambda v: v.sort(), r"v\.sort\(\)"),
        (lambda v: v.partition(1), r"v\.partition\(\)"),
    ],
)
def test_a_parameter_cannot_be_changed_in_place(change, what):
    x = bp.Value(A, name="w")
    with pytest.raises(
        TypeError, match=f"{what} would change the Value 'w', which has a gradient.*copy"
    ):
        change(x)
    np.testing.assert_array_equal(x.data, A)


def test_a_value_put_into_an_array_is_refused():
    array = np.zeros(3)
    with pytest.raises((TypeError, ValueError)):
        array[0] = bp.Value(1.0)
    np.testing.assert_array_equal(array, 0)


def test_copy_carries_the_gradient():
    x = bp.Value(A)
    y = x.copy()
    assert not np.shares_memory(x.data, y.data)
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * A)
    for made in (copy.copy(x), copy.deepcopy({"x": [x]})["x"][0]):
        assert (made.op, made.requires_grad, made is x) == (None, True, False)
        np.testing.assert_array_equal(made.data, A)
        assert not np.shares_memory(made.data, x.data)
