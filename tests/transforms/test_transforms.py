"""Gradients, products and matrices, of themselves in any nesting, over containers."""

from collections import namedtuple

import numpy as np
import pytest

import tinygrad_bp as bp

A = np.array([0.3, -0.7, 1.2])


def f(a):
    return np.sum(np.tanh(a) * a**2)


def vector(a):
    return np.stack([a[0] * a[1], np.exp(a[2]), a[0] * 1.0, a[1] ** 3])


def matrix_by_hand(a):
    return np.array([[a[1], a[0], 0], [0, 0, np.exp(a[2])], [1, 0, 0], [0, 3 * a[1] ** 2, 0]])


class TestReverse:
    def test_grad_is_an_array(self):
        gradient = bp.grad(f)(A)
        assert type(gradient) is np.ndarray
        leaf = bp.Value(A)
        f(leaf).backward()
        np.testing.assert_array_equal(gradient, leaf.grad)

    def test_arguments_are_not_changed(self):
        a = A.copy()
        leaf = bp.Value(A)
        gradient = bp.grad(lambda a, w: np.sum(a * w))(a, leaf)
        gradient *= 5
        np.testing.assert_array_equal(a, A)
        np.testing.assert_array_equal(leaf.data, A)
        assert leaf.grad is None

    @pytest.mark.parametrize("argnums", [0, 1, -1, (0, 1), [1]])
    def test_argnums(self, argnums):
        gradient = bp.grad(lambda a, b: a * a * b, argnums)(2.0, 3.0)
        expected = {0: 12.0, 1: 4.0, -1: 4.0, (0, 1): (12.0, 4.0), (1,): (4.0,)}
        assert gradient == expected[tuple(argnums) if isinstance(argnums, list) else argnums]

    def test_containers_and_keywords(self):
        Point = namedtuple("Point", "x y")

        def loss(params, *, scale):
            layers = params["layers"]
            return scale * (layers[0] * layers[1][0] + params["p"].x ** 2 * params["p"].y)

        value, gradient = bp.value_and_grad(loss)(
            {"layers": [2.0, (3.0,)], "p": Point(1.0, 5.0)}, scale=10
        )
        assert value == 110
        assert gradient == {"layers": [30.0, (20.0,)], "p": Point(100.0, 10.0)}

    def test_unused_arguments_and_constant_functions(self):
        unused = bp.grad(lambda a, b: b * 1.0)
        np.testing.assert_array_equal(unused(A, 2.0), np.zeros(3), strict=True)
        assert type(unused(A, 2.0)) is np.ndarray
        assert type(unused(bp.Value(A), 2.0)) is bp.Value
        assert bp.grad(lambda a: 3.0)(1.0) == 0
        assert bp.grad(lambda a: a)(1.0) == 1

    def test_float32_and_integers(self):
        assert bp.grad(f)(A.astype(np.float32)).dtype == np.float32
        assert bp.grad(lambda a: a**2)(3) == 6.0

    def test_works_inside_no_grad(self):
        with bp.no_grad():
            assert bp.grad(lambda a: a * a)(3.0) == 6

    def test_vjp(self):
        value, pull_back = bp.vjp(vector, A)
        np.testing.assert_allclose(value, vector(A))
        for u in (np.ones(4), np.arange(4.0)):
            (cotangent,) = pull_back(u)
            np.testing.assert_allclose(cotangent, u @ matrix_by_hand(A))

    def test_vjp_of_containers(self):
        value, pull_back = bp.vjp(
            lambda d: {"s": d["a"] + d["b"], "p": [d["a"] * d["b"]]}, {"a": 2.0, "b": 5.0}
        )
        assert value == {"s": 7.0, "p": [10.0]}
        assert pull_back({"s": 1.0, "p": [10.0]}) == ({"a": 51.0, "b": 21.0},)


class TestNesting:
    def test_third_derivative(self):
        third = bp.grad(bp.grad(bp.grad(np.exp)))
        assert third(0.5) == pytest.approx(np.exp(0.5), rel=1e-15)

    def test_no_perturbation_confusion(self):
        # d/dx (x * d/dy (x + y)) = 1 (Siskind and Pearlmutter, 2005)
        assert bp.grad(lambda x: x * bp.grad(lambda y: x + y)(1.0))(1.0) == 1
        # the same variable on both levels: d/dx [d/dy x y^2 at y = x] = d/dx 2 x^2 = 4 x
        assert bp.grad(lambda x: bp.grad(lambda y: x * y * y)(x))(3.0) == 12

    def test_closed_over_variables(self):
        outer = bp.grad(lambda x: bp.grad(lambda y: x**2 * y)(5.0))
        assert outer(3.0) == 6

    def test_values_as_arguments_stay_differentiable(self):
        x = bp.Value(3.0)
        gradient = bp.grad(lambda a: a**3)(x)
        assert isinstance(gradient, bp.Value)
        gradient.backward()
        assert x.grad == 18

    def test_constant_values_give_arrays(self):
        assert bp.grad(lambda a: a**3)(bp.Value(3.0, requires_grad=False)) == 27

    def test_cotangents_may_be_differentiated_by(self):
        _, pull_back = bp.vjp(lambda a: a**2, A)
        seed = bp.Value([1.0, 2.0, 3.0])
        (cotangent,) = pull_back(seed)
        np.sum(cotangent).backward()
        np.testing.assert_array_equal(seed.grad, 2 * A)
        assert type(pull_back(seed.data)[0]) is np.ndarray
        inner = bp.grad(lambda a: np.sum(bp.vjp(lambda b: b**3, a)[1](np.ones(3))[0]))
        np.testing.assert_allclose(inner(A), 6 * A, rtol=1e-15)

    def test_a_hessian_in_seven_ways(self):
        identity = np.eye(3)
        ways = {
            "hessian": bp.hessian(f)(A),
            "jacobian of grad": bp.jacobian(bp.grad(f))(A),
            "hvp": np.stack([bp.hvp(f, (A,), (e,))[0] for e in identity]),
            "jvp of grad": np.stack([bp.jvp(bp.grad(f), (A,), (e,))[1] for e in identity]),
            "vjp of grad": np.stack([bp.vjp(bp.grad(f), A)[1](e)[0] for e in identity]),
            "grad of jvp": np.stack(
                [bp.grad(lambda a, e=e: bp.jvp(f, (a,), (e,))[1])(A) for e in identity]
            ),
            "jacobian of jacobian": bp.jacobian(bp.jacobian(f))(A),
            "by hand": np.diag(
                2 * np.tanh(A)
                + 4 * A * (1 - np.tanh(A) ** 2)
                - 2 * A**2 * np.tanh(A) * (1 - np.tanh(A) ** 2)
            ),
        }
        for name, found in ways.items():
            np.testing.assert_allclose(found, ways["by hand"], rtol=1e-12, atol=1e-15, err_msg=name)

    def test_jvp_of_jvp(self):
        def first(a):
            return bp.jvp(lambda b: b**3, (a,), (1.0,))[1]

        assert bp.jvp(first, (2.0,), (1.0,)) == (12.0, 12.0)

    def test_an_exception_inside_leaves_no_trace(self):
        with pytest.raises(ZeroDivisionError):
            bp.grad(lambda a: 1 // 0)(1.0)
        assert isinstance(bp.grad(lambda a: a * a)(1.0), np.floating)


class TestForwardAndMatrices:
    def test_jvp(self):
        tangent = np.array([1.0, -2.0, 0.5])
        value, directional = bp.jvp(vector, (A,), (tangent,))
        np.testing.assert_allclose(value, vector(A))
        np.testing.assert_allclose(directional, matrix_by_hand(A) @ tangent)
        assert type(directional) is np.ndarray

    def test_jvp_of_containers(self):
        value, directional = bp.jvp(
            lambda d, s: [d["a"] * s, s], ({"a": 2.0}, 3.0), ({"a": 1.0}, 10.0)
        )
        assert (value, directional) == ([6.0, 3.0], [23.0, 10.0])

    def test_jacobian(self):
        np.testing.assert_allclose(bp.jacobian(vector)(A), matrix_by_hand(A))
        both = bp.jacobian(lambda a, b: a * b, (0, 1))(A, 2.0)
        np.testing.assert_array_equal(both[0], 2 * np.eye(3))
        np.testing.assert_array_equal(both[1], A)
        assert bp.jacobian(lambda a: a * 2)(3.0) == 2
        assert bp.jacobian(lambda a: a[:0])(A).shape == (0, 3)
        shaped = bp.jacobian(lambda a: a.reshape(3, 1) * A)(A)
        assert shaped.shape == (3, 3, 3)

    def test_containers(self):
        blocks = bp.jacobian(lambda p: {"y": p["w"] * p["b"]})({"w": A, "b": 2.0})
        np.testing.assert_array_equal(blocks["y"]["w"], 2 * np.eye(3))
        np.testing.assert_array_equal(blocks["y"]["b"], A)
        second = bp.hessian(lambda p: np.sum(p["w"] ** 2) * p["b"])({"w": A, "b": 2.0})
        np.testing.assert_array_equal(second["w"]["w"], 4 * np.eye(3))
        np.testing.assert_array_equal(second["w"]["b"], 2 * A)
        assert second["b"]["b"] == 0

    def test_hvp_of_several_arguments(self):
        u, v = bp.hvp(lambda a, b: np.sum(a**2) * b, (A, 2.0), (np.ones(3), 1.0))
        np.testing.assert_allclose(u, 4 * np.ones(3) + 2 * A)
        np.testing.assert_allclose(v, 2 * A.sum())


class TestCheckpoint:
    def fun(self, a, w):
        for _ in range(3):
            a = np.tanh(a * w)
        return a

    def test_same_gradients_to_second_order(self):
        def loss(run, a, w):
            return np.sum(run(a, w) ** 2)

        for order in (bp.grad, bp.hessian):
            wanted = order(lambda w: loss(self.fun, A, w))(0.7)
            found = order(lambda w: loss(bp.checkpoint(self.fun), A, w))(0.7)
            np.testing.assert_allclose(found, wanted, rtol=1e-14)

    def test_nothing_inside_is_stored(self):
        a, w = bp.Value(A), bp.Value(0.7)
        y = bp.checkpoint(self.fun)(a, w)
        assert [n.op.name for n in bp.topological_order(y) if n.op] == ["checkpoint"]

    def test_values_that_are_found_get_gradients_once(self):
        w = bp.Value(0.7)
        h = w * w
        bp.checkpoint(lambda a: a * h * w)(bp.Value(2.0)).backward()
        assert w.grad == pytest.approx(2 * 3 * 0.7**2, rel=1e-15)

    def test_inside_a_transform(self):
        assert bp.grad(lambda x: bp.checkpoint(lambda a: a * x)(2.0 * x))(3.0) == 12

    def test_nested(self):
        inner = bp.checkpoint(np.tanh)
        outer = bp.checkpoint(lambda a: inner(a) * a)
        assert bp.grad(outer)(0.5) == pytest.approx(bp.grad(lambda a: np.tanh(a) * a)(0.5))

    def test_recomputes_once_per_pass(self):
        runs = []

        def fun(a, b, c):
            runs.append(1)
            return a * b * c

        y = bp.checkpoint(fun)(bp.Value(1.0), bp.Value(2.0), bp.Value(3.0))
        y.backward()
        assert len(runs) == 2

    def test_plain_arrays_and_refusals(self):
        assert bp.checkpoint(np.tanh)(0.0) == 0
        with pytest.raises(TypeError, match="one array, got tuple"):
            bp.checkpoint(lambda a: (a, a))(bp.Value(1.0))


class TestRefusals:
    @pytest.mark.parametrize(
        ("call", "error", "said"),
        [
            (lambda: bp.grad(lambda a: a)(A), ValueError, r"scalar, got shape \(3,\)"),
            (lambda: bp.grad(lambda a: [a])(1.0), TypeError, "scalar, got a list"),
            (lambda: bp.grad(f, 1)(A), ValueError, "argnums has 1, but there are 1"),
            (lambda: bp.grad(f, "x")(A), TypeError, "argnums must be integers"),
            (lambda: bp.grad(f)("x"), TypeError, "argument 0: .*expected numbers"),
            (lambda: bp.grad(f)({"w": "x"}), TypeError, "argument 0, w: .*expected numbers"),
            (lambda: bp.vjp(vector, A)[1](np.ones(3)), ValueError, r"cotangent of shape \(4,\)"),
            (lambda: bp.vjp(vector, A)[1]([1.0]), ValueError, "structure"),
            (lambda: bp.jvp(f, (A,), (1.0,)), ValueError, r"tangents \[0\] of shape \(3,\)"),
            (lambda: bp.jvp(f, A, A), TypeError, "must be a tuple"),
            (lambda: bp.jvp(f, (A,), ()), ValueError, "expected 1 tangents"),
            (lambda: bp.hvp(vector, (A,), (A,)), ValueError, "scalar"),
            (lambda: bp.hvp(f, (A,), (A[:2],)), ValueError, r"shape \(3,\), got \(2,\)"),
        ],
    )
    def test_errors_say_what_came(self, call, error, said):
        with pytest.raises(error, match=said):
            call()


JUMPS = {
    "a comparison": (lambda x: x[0] > 1, "truth value"),
    "all": (lambda x: np.all(x > 1), "truth value"),
    "Python's": (lambda x: bool(np.all(x > 1)), "truth value"),
    "a place": (np.argmax, "whole number"),
    "a count": (lambda x: np.sum(x > 1), "whole number"),
}


@pytest.mark.parametrize(
    "transform", [bp.grad, bp.value_and_grad, bp.jacobian, bp.hessian, bp.compile]
)
@pytest.mark.parametrize("name", JUMPS)
def test_what_only_jumps_has_no_gradient(name, transform):
    if (name, transform) == ("Python's", bp.compile):  # whose trace takes no bool()
        return
    fun, what = JUMPS[name]
    with pytest.raises(TypeError, match=f"must return a real number, got a {what}"):
        transform(fun)(np.array([1.0, 2.0]))


def test_a_constant_has_a_gradient_of_zeros():
    assert bp.grad(lambda x: 0)(1.0) == 0
    assert bp.grad(lambda x: 2.5)(1.0) == 0
