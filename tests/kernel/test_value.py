"""The node: data in, protocols, conversions, errors."""

import numpy as np
import pytest

import tinygrad_bp as bp


def test_data_are_copied():
    array = np.array([1.0, 2.0])
    x = bp.Value(array)
    array[0] = 9
    np.testing.assert_array_equal(x.data, [1, 2])


def test_attributes():
    x = bp.Value([[1, 2, 3]], name="x")
    assert (x.shape, x.ndim, x.size, x.dtype, x.name) == ((1, 3), 2, 3, np.float64, "x")
    assert (x.op, x.parents, x.grad, x.requires_grad) == (None, (), None, True)
    assert x.T.shape == (3, 1)
    assert len(x) == 1
    assert [row.shape for row in x] == [(3,)]
    y = x * 2
    assert (y.op.name, y.parents[0] is x, y.parents[1].requires_grad) == ("mul", True, False)
    assert y.parents[1].data == 2.0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("a", "dtype <U1"),
        ([[1.0, 2.0], [3.0]], "regular array"),
        ([None], "dtype object"),
        ({"a": 1}, "dtype object"),
        (bp.Value(1.0), "another Value"),
        ([bp.Value(1.0), bp.Value(2.0)], "stack"),
    ],
)
def test_data_that_are_no_numbers(data, said):
    with pytest.raises(TypeError, match=said):
        bp.Value(data)


def test_name_that_is_no_string():
    with pytest.raises(TypeError, match="name must be a string, got int"):
        bp.Value(1.0, name=3)


def test_operators_mix_values_arrays_and_numbers():
    x = bp.Value([1.0, 2.0])
    a = np.array([3.0, 4.0])
    for mixed, wanted in [
        (a + x, [4, 6]),
        (a - x, [2, 2]),
        (a * x, [3, 8]),
        (a / x, [3, 2]),
        (a**x, [3, 16]),
        (a @ x, 11),
        (np.eye(2) @ x, [1, 2]),
        (2 + x, [3, 4]),
        (2 - x, [1, 0]),
        (2 / x, [2, 1]),
        (2**x, [2, 4]),
        (np.float64(2) * x, [2, 4]),
        (np.float32(2) ** x, [2, 4]),
        ([1, 1] * x, [1, 2]),
        (-x, [-1, -2]),
        (+x, [1, 2]),
        (abs(-x), [1, 2]),
        (x[0] * a, [3, 4]),
    ]:
        assert isinstance(mixed, bp.Value)
        np.testing.assert_array_equal(mixed.data, wanted)


def test_comparisons_are_plain_booleans():
    x, y = bp.Value([1.0, 2.0]), bp.Value([2.0, 2.0])
    for found, wanted in [
        (x < y, [True, False]),
        (x <= 1, [True, False]),
        (x > y, [False, False]),
        (np.array([0.0, 5.0]) >= x, [False, True]),
        (x == y, [False, True]),
        (x != y, [True, False]),
        (np.greater(x, 1), [False, True]),
        (np.isnan(x), [False, False]),
    ]:
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, wanted)
    assert len({x, y, x}) == 2  # hashed by identity


def test_functions_without_a_derivative_are_plain():
    x = bp.Value([1.5, -2.5])
    assert np.argmax(x) == 0
    assert np.shape(x) == (2,)
    np.testing.assert_array_equal(np.sign(x), [1, -1])
    np.testing.assert_array_equal(np.floor(x), [1, -3])
    assert np.allclose(x, [1.5, -2.5])
    assert np.array_equal(x, x)


def test_conversions_that_would_lose_the_graph():
    x = bp.Value(2.0, name="x")
    for convert in (float, bool, np.asarray, np.array):
        with pytest.raises(TypeError, match=r"'x'.*silently lose its graph.*; "):
            convert(x)
    with pytest.raises(TypeError, match="silently lose"):
        np.array([x, x])
    constant = x.detach()
    assert (float(constant), int(constant), bool(constant)) == (2.0, 2, True)
    assert np.asarray(constant) == 2.0
    assert x.item() == 2.0
    assert f"{x:.2f}" == "2.00"
    with pytest.raises(ValueError, match=r"one element, got shape \(2,\)"):
        bp.Value([1.0, 2.0]).item()
    with pytest.raises(TypeError, match="len"):
        len(x)
    with pytest.raises(TypeError, match="len"):
        iter(x)


def test_detach_stops_the_gradient():
    x = bp.Value(3.0)
    (x * x.detach()).backward()
    assert x.grad == 3


def test_shapes_that_do_not_fit_name_op_operand_and_shapes():
    w = bp.Value(np.ones((2, 3)), name="w")
    with pytest.raises(ValueError, match=r"matmul: .*operand 0 \('w'\) of shape \(2, 3\).*\(2,\)"):
        w @ np.ones(2)
    with pytest.raises(ValueError, match=r"add: .*\(2, 3\).*operand 1 of shape \(2, 2\)"):
        w + np.ones((2, 2))
    with pytest.raises(ValueError, match=r"reshape: .*\(2, 3\)"):
        w.reshape(7)
    with pytest.raises(IndexError, match=r"getitem: .*\(2, 3\)"):
        w[5]
    with pytest.raises(ValueError, match=r"transpose: .*\(2, 3\)"):
        w.transpose(0, 1, 0)
    with pytest.raises(ValueError, match=r"stack: .*\(2, 3\), \(2,\)"):
        bp.stack([w, np.ones(2)])
    with pytest.raises(ValueError, match=r"concatenate: .*operand 1"):
        np.concatenate([w, np.ones((2, 2))])
    with pytest.raises(ValueError, match=r"mse: .*\(2, 3\) and \(3,\)"):
        bp.mse(w, np.ones(3))


def test_cross_entropy_refuses():
    logits = bp.Value(np.zeros((2, 3)))
    for labels, error, said in [
        ([0, 3], ValueError, "from 0 to 2, got 0 to 3"),
        ([0, -1], ValueError, "from 0 to 2, got -1 to 0"),
        ([0.0, 1.0], TypeError, "must be integers"),
        ([0, 1, 2], ValueError, r"shape \(2,\) or \(2, 3\)"),
    ]:
        with pytest.raises(error, match=said):
            bp.cross_entropy(logits, labels)
    with pytest.raises(ValueError, match=r"\(N, C\), both at least 1, got \(3,\)"):
        bp.cross_entropy(np.zeros(3), 1)


def test_operands_that_are_no_numbers():
    x = bp.Value(1.0)
    for operand in ("a", None, object()):
        with pytest.raises(TypeError):
            x * operand


def test_repr():
    x = bp.Value([1.0, 2.0], name="x")
    assert repr(x) == "Value([1., 2.], name='x')"
    assert repr(x.sum()) == "Value(3., op=sum)"
    assert repr(x.detach()) == "Value([1., 2.], name='x', requires_grad=False)"
    assert len(repr(bp.Value(np.ones(1000)))) < 80


class TestNumPyProtocols:
    def test_unknown_functions_say_what_to_do(self):
        x = bp.Value([1.0, 2.0])
        with pytest.raises(TypeError, match=r"numpy\.nanmedian is not implemented.*bp?\.?Op"):
            np.nanmedian(x)
        with pytest.raises(TypeError, match="spacing is not implemented"):
            np.spacing(x)

    def test_ufunc_methods_and_keywords(self):
        x = bp.Value([1.0, 2.0])
        with pytest.raises(TypeError, match=r"numpy\.exp: out=: a Value cannot be put"):
            np.exp(x, out=np.empty(2))
        with pytest.raises(TypeError, match="sum: out="):
            np.sum(x, out=np.empty(()))
        array = np.ones(2)
        with pytest.raises(TypeError, match="out="):
            array += x
        np.testing.assert_array_equal(array, [1, 1])

    def test_an_index_cannot_be_a_value(self):
        x = bp.Value([1.0, 2.0])
        with pytest.raises(TypeError, match="index must be integers or booleans, got a Value"):
            x[bp.Value(1.0)]


def test_plain_arrays_give_plain_arrays():
    for result in (bp.relu([-1.0, 2.0]), bp.mul([1, 2], [3, 4]), bp.mse([1.0], [2.0]), bp.max([1])):
        assert not isinstance(result, bp.Value)
    assert bp.mean([1.0, 2.0]) == 1.5


def test_data_of_shape_0_are_numbers_where_numpy_gives_a_view():
    x = bp.Value([1.0, 2.0])
    for y in (x[..., 0], x[0, ...], np.where(x[0] > 0, x[0], x[1]), np.einsum("i->", x)):
        assert type(y.data) is np.float64
