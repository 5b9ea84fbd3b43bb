"""Optimisers against their formulas, and what they refuse."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.optim import GD, Adam, Momentum

KINDS = [GD, Momentum, Adam]
SHAPES = [(3, 2), (2,), (), (0, 4)]


def parameters(dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return [
        bp.Value(np.asarray(rng.standard_normal(shape), dtype), name=f"p_{k}")
        for k, shape in enumerate(SHAPES)
    ]


def give_gradients(leaves, seed):
    rng = np.random.default_rng(seed)
    for leaf in leaves:
        leaf.grad = np.asarray(rng.standard_normal(leaf.shape), leaf.dtype)
    return [leaf.grad for leaf in leaves]


# --- formulas, as a textbook would write them for one parameter --------------------------------


def gd(gradients, rate=0.1):
    return [-rate * g for g in gradients]


def momentum(gradients, rate=0.1, mu=0.9):
    m, steps = 0.0, []
    for g in gradients:
        m = mu * m + rate * g
        steps.append(-m)
    return steps


def adam(gradients, rate=0.1, betas=(0.9, 0.999), epsilon=1e-8):
    m = v = 0.0
    steps = []
    for t, g in enumerate(gradients, start=1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
        steps.append(-rate * m_hat / (np.sqrt(v_hat) + epsilon))
    return steps


@pytest.mark.parametrize(
    ("kind", "formula", "settings"),
    [
        (GD, gd, {}),
        (Momentum, momentum, {}),
        (Momentum, lambda g: momentum(g, mu=0.5), {"momentum": 0.5}),
        (Momentum, gd, {"momentum": 0.0}),
        (Adam, adam, {}),
        (
            Adam,
            lambda g: adam(g, betas=(0.5, 0.9), epsilon=0.1),
            {"betas": (0.5, 0.9), "epsilon": 0.1},
        ),
    ],
)
def test_steps_follow_the_formula(kind, formula, settings):
    leaves = parameters()
    start = [np.copy(leaf.data) for leaf in leaves]
    optimizer = kind(leaves, learning_rate=0.1, **settings)
    given = []
    for epoch in range(12):
        given.append(give_gradients(leaves, seed=epoch))
        optimizer.step()
        for k, leaf in enumerate(leaves):
            steps = formula([gradients[k] for gradients in given])
            np.testing.assert_allclose(optimizer.steps[k], steps[-1], rtol=1e-12, atol=0)
            np.testing.assert_allclose(
                leaf.data, start[k] + np.sum(steps, axis=0), rtol=1e-12, atol=1e-13
            )


@pytest.mark.parametrize(
    "wrong",
    [
        lambda g: [-s for s in adam(g)],
        lambda g: adam(g, epsilon=1e-6),
        lambda g: adam(g, betas=(0.9, 0.99)),
        lambda g: adam([2 * x for x in g][:1] + g[1:]),
    ],
)
def test_a_wrong_formula_does_not_pass(wrong):
    with pytest.raises(AssertionError):
        test_steps_follow_the_formula(Adam, wrong, {})


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    for size in (1e-3, 1.0, 1e6):
        x = bp.Value(0.0)
        x.grad = np.float64(size)
        Adam([x], 0.1).step()
        assert x.item() == pytest.approx(-0.1, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_minimises_a_quadratic(kind):
    target = np.array([1.0, -2.0])
    x = bp.Value([0.0, 0.0])
    optimizer = kind([x], 0.05)
    for _ in range(600):
        optimizer.zero_grad()
        ((x - target) ** 2).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(x.data, target, atol=1e-6)


# --- which parameters, and how they are changed ------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_parameter_without_gradient_is_left_alone(kind):
    leaves = parameters()
    optimizer = kind(leaves, 0.1)
    give_gradients(leaves, 0)
    leaves[1].grad = None
    before = leaves[1].data.copy()
    optimizer.step()
    np.testing.assert_array_equal(leaves[1].data, before)
    # and when it has one, its first step is a first step
    g = np.array([0.5, -3.0])
    leaves[1].grad = g
    optimizer.step()
    formula = {GD: gd, Momentum: momentum, Adam: adam}[kind]
    np.testing.assert_allclose(leaves[1].data, before + formula([g])[0], rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_update_of_each_is_step_of_all(kind):
    together, alone = parameters(), parameters()
    whole, single = kind(together, 0.1), kind(alone, 0.1)
    for epoch in range(3):
        give_gradients(together, epoch)
        give_gradients(alone, epoch)
        whole.step()
        for leaf in reversed(alone):
            single.update(leaf)
        for a, b in zip(together, alone, strict=True):
            np.testing.assert_array_equal(a.data, b.data)


@pytest.mark.parametrize("kind", KINDS)
def test_update_of_a_stranger_or_without_gradient(kind):
    leaves = parameters()
    optimizer = kind(leaves, 0.1)
    before = leaves[0].data.copy()
    optimizer.update(leaves[0])
    np.testing.assert_array_equal(leaves[0].data, before)
    with pytest.raises(ValueError, match="is not one of its parameters"):
        optimizer.update(bp.Value(1.0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_stays(kind, dtype):
    leaves = parameters(dtype)
    optimizer = kind(leaves, np.float64(0.1))
    give_gradients(leaves, 0)
    for leaf in leaves[:2]:
        leaf.grad = leaf.grad.astype(np.float64)  # one of another dtype does no harm
    optimizer.step()
    assert {leaf.dtype for leaf in leaves} == {np.dtype(dtype)}
    assert {step.dtype for step in optimizer.steps} == {np.dtype(dtype)}
    assert all(leaf.shape == shape for leaf, shape in zip(leaves, SHAPES, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_may_be_values(kind):
    x, y = bp.Value([1.0, 2.0]), bp.Value([1.0, 2.0])
    (x**3).sum().backward(create_graph=True)
    (y**3).sum().backward()
    assert isinstance(x.grad, bp.Value)
    kind([x], 0.1).step()
    kind([y], 0.1).step()
    np.testing.assert_array_equal(x.data, y.data)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_not_changed(kind):
    leaves = parameters()
    kept = [np.copy(g) for g in give_gradients(leaves, 0)]
    optimizer = kind(leaves, 0.1)
    optimizer.step()
    optimizer.step()
    for leaf, g in zip(leaves, kept, strict=True):
        np.testing.assert_array_equal(leaf.grad, g)


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_made_before_the_step_is_stale_after_it(kind):
    x = bp.Value([1.0, 2.0], name="x")
    y = (x**2).sum()
    y.backward()
    kind([x], 0.1).step()
    with pytest.raises(bp.StaleGraphError, match="'x'"):
        y.backward()


def test_zero_grad():
    leaves = parameters()
    give_gradients(leaves, 0)
    GD(leaves, 0.1).zero_grad()
    assert [leaf.grad for leaf in leaves] == [None] * len(leaves)


def test_the_learning_rate_can_be_changed():
    x = bp.Value(1.0)
    optimizer = GD([x], 0.1)
    optimizer.learning_rate = 0.5
    x.grad = np.float64(1.0)
    optimizer.step()
    assert x.item() == 0.5
    with pytest.raises(ValueError, match="learning_rate must be finite and greater than 0"):
        optimizer.learning_rate = -1.0
    assert optimizer.learning_rate == 0.5
    assert repr(optimizer) == "GD(1 parameters, learning_rate=0.5)"


def test_parameters_may_come_from_a_generator():
    leaves = parameters()
    assert GD((leaf for leaf in leaves), 0.1).parameters == leaves


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_parameters(kind):
    x, y = bp.Value(1.0, name="x"), bp.Value([1.0])
    name = kind.__name__
    with pytest.raises(ValueError, match=f"{name}: expected at least one parameter, got none"):
        kind([], 0.1)
    with pytest.raises(TypeError, match="got one Value; write"):
        kind(y, 0.1)
    with pytest.raises(TypeError, match="expected a list of Values, got float"):
        kind(0.1, 0.1)
    with pytest.raises(TypeError, match="parameter 1 must be a Value, got ndarray"):
        kind([x, np.ones(2)], 0.1)
    with pytest.raises(TypeError, match="parameter 0 must be a Value, got str 'x'"):
        kind({"x": x}, 0.1)
    with pytest.raises(ValueError, match=r"parameter 2 \('x'\) is given twice"):
        kind([x, y, x], 0.1)
    with pytest.raises(ValueError, match=r"parameter 0 \('c'\) is a constant"):
        kind([bp.Value(1.0, name="c", requires_grad=False)], 0.1)
    with pytest.raises(ValueError, match="parameter 1 is computed by mul; only leaves"):
        kind([x, x * 2], 0.1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [0, -0.1, np.nan, np.inf, -np.inf])
def test_learning_rates_out_of_range(kind, rate):
    with pytest.raises(ValueError, match=f"{kind.__name__}: learning_rate must be finite and gre"):
        kind([bp.Value(1.0)], rate)


@pytest.mark.parametrize("rate", ["0.1", None, True, [0.1], 0.1j])
def test_learning_rates_that_are_no_numbers(rate):
    with pytest.raises(TypeError, match="learning_rate must be a number, got"):
        GD([bp.Value(1.0)], rate)


@pytest.mark.parametrize(
    ("kind", "settings", "error", "message"),
    [
        (Momentum, {"momentum": 1.0}, ValueError, "momentum must be at least 0 and less than 1"),
        (Momentum, {"momentum": -0.1}, ValueError, "momentum must be at least 0 and less than 1"),
        (Adam, {"betas": (1.0, 0.9)}, ValueError, r"betas\[0\] must be at least 0"),
        (Adam, {"betas": (0.9, -1)}, ValueError, r"betas\[1\] must be at least 0"),
        (Adam, {"betas": 0.9}, TypeError, "betas must be two numbers, got 0.9"),
        (Adam, {"betas": (0.9,)}, TypeError, r"betas must be two numbers, got \(0.9,\)"),
        (Adam, {"epsilon": 0.0}, ValueError, "epsilon must be finite and greater than 0"),
    ],
)
def test_wrong_settings(kind, settings, error, message):
    with pytest.raises(error, match=message):
        kind([bp.Value(1.0)], 0.1, **settings)


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_of_another_shape_changes_nothing(kind):
    leaves = parameters()
    optimizer = kind(leaves, 0.1)
    give_gradients(leaves, 0)
    optimizer.step()
    before = [np.copy(leaf.data) for leaf in leaves]
    steps = optimizer.steps
    for wrong in (np.ones(1), np.float64(1.0), bp.Value([1.0]), 1.0):
        leaves[1].grad = wrong
        with pytest.raises(ValueError, match=r"gradient of shape \(2,\) for parameter 1 \('p_1'\)"):
            optimizer.step()
    for k, leaf in enumerate(leaves):
        np.testing.assert_array_equal(leaf.data, before[k])
        np.testing.assert_array_equal(optimizer.steps[k], steps[k])
