"""A user's own op, and what an Op refuses."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.gradients import assert_right

softplus = bp.Op("softplus", lambda a: np.log1p(np.exp(a)), lambda g, y, a: g * bp.sigmoid(a))


def test_a_users_op_has_all_derivatives():
    assert_right(softplus, np.array([-1.0, 0.0, 2.0]))


def test_it_is_a_function_of_arrays_too():
    assert softplus(0.0) == np.log(2)
    np.testing.assert_array_equal(softplus([0.0]), [np.log(2)])
    with bp.no_grad():
        assert softplus(bp.Value(0.0)).op is None


def test_one_number_comes_to_the_forward_as_an_array():
    total = bp.Op("total", lambda a: a.sum(), lambda g, y, a: g * np.ones_like(a))
    assert total(2.0) == total(bp.Value(2.0)).data == 2


def test_what_is_known_of_an_op_that_says_nothing():
    for forward in (lambda a: a * 2, np.sum, np.matmul, np.modf):
        op = bp.Op("op", forward, lambda g, y, a: g)
        assert not any([op.elementwise, op.commutes, op.moves, op.fills])
        assert op.__doc__ == "The op 'op'."
    assert bp.Op("op", np.exp, lambda g, y, a: g * y, doc="A power.").__doc__ == "A power."
    assert bp.Op("op", np.exp, lambda g, y, a: g * y).elementwise
    assert bp.Op("op", lambda a: 1 / a, lambda g, y, a: -g * y * y, numpy=np.reciprocal).elementwise


def test_a_rule_by_its_position():
    assert bp.mul.rule(1)(2, 15, 3, 5) == 6


def test_forward_may_return_a_python_number():
    half = bp.Op("half", lambda a: float(a) / 2, lambda g, y, a: g / 2)
    x = bp.Value(3.0)
    half(x).backward()
    assert x.grad == 0.5


def test_metadata_reach_forward_and_rules():
    scale = bp.Op("scale", lambda a, by: a * by, lambda g, y, a, by: g * by)
    x = bp.Value(3.0)
    y = scale(x, by=4)
    y.backward()
    assert (y.data, x.grad, y.metadata) == (12, 4, {"by": 4})


def test_variadic():
    total = bp.Op(
        "total", lambda *a: sum(a), variadic=lambda g, y, *a, position: g * (position + 1)
    )
    xs = [bp.Value(float(k)) for k in range(3)]
    total(*xs).backward()
    assert [x.grad for x in xs] == [1, 2, 3]
    assert [total.rule(k)(1, None) for k in range(3)] == [1, 2, 3]
    assert bp.where(True, bp.Value(1.0), 0).op.rule(0) is None


def test_refusals():
    with pytest.raises(TypeError, match="name must be a string"):
        bp.Op("", np.exp, lambda g, y, a: g)
    with pytest.raises(TypeError, match="must be callable, got 3"):
        bp.Op("x", np.exp, 3)
    with pytest.raises(TypeError, match="expected a derivative rule"):
        bp.Op("x", np.exp)
    with pytest.raises(TypeError, match="softplus: expected 1 operands, got 2"):
        softplus(bp.Value(1.0), 2.0)


def test_other_errors_of_the_forward_keep_their_kind():
    def fails(a):
        raise KeyError("k")

    op = bp.Op("fails", fails, lambda g, y, a: g)
    with pytest.raises(KeyError) as caught:
        op(bp.Value(1.0))
    assert "fails: 'k' [operand 0 of shape ()]" in caught.value.__notes__


def test_numbers_beside_arrays_take_their_precision():
    single = np.ones(2, np.float32)
    assert bp.add(single, 1.0).dtype == np.float32
    assert bp.where(single > 0, single, 0).dtype == np.float32
    product = bp.mul(2, 3)
    assert product == 6
    assert isinstance(product, np.float64)
    assert bp.relu(2) == 2.0


def test_builtins_of_two_numbers():
    x = bp.Value(7.5)
    quotient, rest = divmod(x, 2)
    assert (quotient, rest.data) == (3, 1.5)
    assert divmod(20, x)[1].data == 5.0
    assert round(bp.Value(1.26), 1) == 1.3


def op_with(forward=lambda a: a * 1.0, rule=lambda g, y, a: g * 1.0):
    return bp.Op("hand-made", forward, rule)


@pytest.mark.parametrize(
    ("forward", "said"),
    [
        (lambda a: None, "object: None"),
        (lambda a: "text", "<U4: text"),
        (lambda a: np.array(["text"]), "<U4"),
    ],
)
def test_a_forward_that_gives_no_numbers_is_refused(forward, said):
    for requires_grad in (True, False):
        x = bp.Value([1.0, 2.0], requires_grad=requires_grad)
        with pytest.raises(TypeError, match=f"hand-made: expected .* numbers.* got dtype {said}"):
            op_with(forward)(x)


def test_a_forward_may_compute_with_complex_numbers_inside():
    magnitude = op_with(lambda a: np.abs(a + 1j) ** 2, lambda g, y, a: g * 2 * a)
    assert_right(magnitude, np.array([-1.0, 0.5]), analytic=False)


def test_a_forward_may_give_complex_numbers():
    turned = op_with(lambda a: a * 1j, lambda g, y, a: g * 1j)
    gradient = bp.grad(lambda a: np.sum(turned(a).imag * a))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(gradient, [2, 4])


def test_a_rule_may_give_a_number_or_a_list():
    x = bp.Value(3.0)
    op_with(rule=lambda g, y, a: float(g) * 2)(x).backward()
    assert x.grad == 2
    assert type(x.grad) is np.float64
    total = op_with(np.sum, lambda g, y, a: [1, 2, 3])
    np.testing.assert_array_equal(bp.grad(total)(np.ones(3)), [1, 2, 3])
    x = bp.Value(np.float32(3))
    op_with(rule=lambda g, y, a: 2.0)(x).backward(create_graph=True)
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize(
    ("rule", "error", "said"),
    [
        (lambda g, y, a: None, TypeError, "expected the cotangent of the operand, got None"),
        (lambda g, y, a: 2.0, ValueError, r"expected a cotangent of shape \(3,\).*, got \(\)"),
        (lambda g, y, a: "text", TypeError, "cotangent of the operand: expected numbers"),
    ],
)
def test_a_rule_that_gives_no_cotangent_is_refused(rule, error, said):
    total = op_with(np.sum, rule)
    with pytest.raises(error, match=said):
        total(bp.Value(np.ones(3))).backward()
    with pytest.raises(error, match=said):
        bp.grad(total)(np.ones(3))
