"""float32 stays float32, in values and in gradients."""

import numpy as np
import pytest

import tinygrad_bp as bp

A = np.linspace(0.1, 0.9, 6, dtype=np.float32).reshape(2, 3)

FUNCTIONS = {
    "arithmetic": lambda a: (2 * a + 1 - a / 3) ** 2 - -a,
    "power": lambda a: a**0.5 + 2**a + a**a,
    "exp log sqrt": lambda a: np.exp(a) + np.log(a) + np.sqrt(a),
    "tanh sigmoid relu": lambda a: np.tanh(a) + bp.sigmoid(a) + bp.relu(a),
    "abs max min": lambda a: abs(a) + np.max(a) + np.min(a, axis=0),
    "maximum minimum clip where": lambda a: (
        np.maximum(a, 0.5) + np.minimum(a, 0.5) + np.clip(a, 0, 0.5) + np.where(a > 0.5, a, 0)
    ),
    "sum mean": lambda a: np.sum(a, axis=1, keepdims=True) + np.mean(a),
    "matmul": lambda a: a @ a.T @ np.ones((2, 1), np.float32),
    "softmax": lambda a: bp.softmax(a) + bp.log_softmax(a) + bp.logsumexp(a),
    "index join": lambda a: np.concatenate([a[:, [0, 0]], np.stack([a[:, 0], a[:, 1]])], axis=1),
    "mse": lambda a: bp.mse(a, np.zeros((2, 3), np.float32)),
    "cross_entropy": lambda a: bp.cross_entropy(a, [0, 2]),
    "powers of a maximum": lambda a: np.max(a, axis=0) ** 2 + np.ptp(a, axis=0) ** 3,
    "statistics": lambda a: np.std(a, axis=0) + np.var(a) + np.median(a, axis=0),
    "norms": lambda a: np.linalg.norm(a, axis=0) + np.linalg.norm(a, 3, axis=0),
    "products along axes": lambda a: np.prod(a, axis=0) + np.cumprod(a, axis=1)[0],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_stays(name):
    x = bp.Value(A)
    y = FUNCTIONS[name](x)
    assert y.dtype == np.float32
    y.backward(np.ones(y.shape), retain_grads=True)
    for node in bp.topological_order(y):
        if node.requires_grad and node.grad is not None:
            assert node.grad.dtype == np.float32, node
    wanted = bp.Value(A.astype(float))
    z = FUNCTIONS[name](wanted) if name != "mse" else bp.mse(wanted, np.zeros((2, 3)))
    z.backward(np.ones(z.shape))
    np.testing.assert_allclose(x.grad, wanted.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_stays_in_gradients_of_gradients(name):
    x = bp.Value(A)
    y = np.sum(FUNCTIONS[name](x))
    y.backward(create_graph=True)
    total = np.sum(x.grad * x)
    for node in bp.topological_order(total):
        assert node.dtype == np.float32 or not node.requires_grad, node
    x.zero_grad()
    total.backward()
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_stays_in_programs(name):
    step = lambda a: a - np.float32(1e-4) * bp.grad(lambda a: np.sum(FUNCTIONS[name](a)))(a)
    steps = bp.derive(lambda a: step(a), A).program.instructions
    numbers = [s for s in steps if s.dtype.kind == "f" and type(s.data) is not float]
    assert {s.dtype for s in numbers} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(bp.compile(step, None).repeat(2)(A).dtype, np.float32)


def test_the_gradient_of_a_float32_leaf_is_float32_whatever_it_meets():
    table, x = np.linspace(0, 1, 6).reshape(2, 3), bp.Value(A)
    for _ in range(2):  # passes add up
        np.sum(x * table).backward()
    assert x.grad.dtype == np.float32
    x.zero_grad()
    np.sum(x * table).backward(create_graph=True)
    assert x.grad.dtype == np.float32
    assert bp.grad(lambda a: np.sum(a * table))(bp.Value(A)).dtype == np.float32


def test_float64_constants_promote_as_in_numpy_and_the_gradient_returns():
    x = bp.Value(np.float32(2))
    y = x * np.float64(3)
    assert y.dtype == np.float64
    y.backward()
    assert x.grad.dtype == np.float32


def test_integers_and_bools_become_float64():
    assert bp.Value([1, 2]).dtype == np.float64
    assert bp.Value(True).dtype == np.float64
    assert bp.Value(np.float16(1)).dtype == np.float64
    assert bp.Value(np.arange(3, dtype=np.int8)).dtype == np.float64
