"""The net as a function, and its hand-derived backward pass against the complex step."""

import ast
import inspect

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp import net7652
from tinygrad_bp.net7652 import SAMPLE, TARGET, forward, initial_parameters, loss, manual_gradients

OUTPUTS = ["sigmoid", "linear"]
ENTRIES = 95


def plain_loss(p, x, t, output):
    """The loss written once more, without the package."""
    h_1 = p["w_1"] @ x + p["b_1"]
    h_1 = h_1 * (h_1.real > 0)
    h_2 = 1 / (1 + np.exp(-(p["w_2"] @ h_1 + p["b_2"])))
    o = p["w_3"] @ h_2 + p["b_3"]
    o = 1 / (1 + np.exp(-o)) if output == "sigmoid" else o
    return np.sum((t - o) ** 2) / 2


def complex_step(fun, params, h=1e-20):
    gradients = {}
    for name, array in params.items():
        gradients[name] = np.empty(array.shape)
        for index in np.ndindex(array.shape):
            moved = {other: a.astype(complex) for other, a in params.items()}
            moved[name][index] += 1j * h
            gradients[name][index] = fun(moved).imag / h
    return gradients


def automatic_gradients(params, *args, **options):
    values = {name: bp.Value(array) for name, array in params.items()}
    loss(values, *args, **options).backward()
    return {name: value.grad for name, value in values.items()}


def assert_same(actual, expected, rtol=1e-12):
    assert list(actual) == list(expected)
    for name in expected:
        assert actual[name].shape == expected[name].shape
        np.testing.assert_allclose(actual[name], expected[name], rtol=rtol, atol=0, err_msg=name)


def batch(n=4, seed=3):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (7, n)), rng.random((2, n))


def around(seed):
    """Parameters of both signs, so that some hidden units are off."""
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(-1, 1, a.shape) for name, a in initial_parameters().items()}


# --- parameters and sample ---------------------------------------------------------------------


def test_initial_parameters_are_those_of_the_global_generator_which_is_left_alone():
    state = np.random.get_state()
    try:
        np.random.seed(12)
        expected = {
            name: np.random.rand(*shape)
            for name, shape in [
                ("w_1", (6, 7)),
                ("b_1", (6, 1)),
                ("w_2", (5, 6)),
                ("b_2", (5, 1)),
                ("w_3", (2, 5)),
                ("b_3", (2, 1)),
            ]
        }
        np.random.seed(99)
        before = np.random.get_state()[1].copy()
        params = initial_parameters()
        np.testing.assert_array_equal(np.random.get_state()[1], before)
    finally:
        np.random.set_state(state)
    assert list(params) == list(expected)
    for name in expected:
        np.testing.assert_array_equal(params[name], expected[name])
    assert sum(a.size for a in params.values()) == ENTRIES
    assert not np.array_equal(initial_parameters(13)["w_1"], params["w_1"])


def test_sample_and_target():
    assert SAMPLE.shape == (7, 1)
    assert TARGET.shape == (2, 1)
    np.testing.assert_array_equal(SAMPLE.ravel(), [0.4, -0.2, 0.1, 0.1, -0.15, 0.6, -0.9])
    np.testing.assert_array_equal(TARGET.ravel(), [0.87503811, 0.83690408])
    with pytest.raises(ValueError, match="read-only"):
        SAMPLE[0] = 1


# --- forward and loss --------------------------------------------------------------------------


@pytest.mark.parametrize("output", OUTPUTS)
def test_arrays_in_array_out_values_in_value_out(output):
    params = around(1)
    values = {name: bp.Value(array) for name, array in params.items()}
    on_arrays, on_values = forward(params, output=output), forward(values, output=output)
    assert isinstance(on_arrays, np.ndarray)
    assert isinstance(on_values, bp.Value)
    np.testing.assert_array_equal(on_arrays, on_values.data)
    assert np.isscalar(loss(params, output=output))
    assert loss(values, output=output).item() == loss(params, output=output)
    assert loss(params, output=output) == pytest.approx(
        plain_loss(params, SAMPLE, TARGET, output), rel=1e-14
    )
    assert loss(params, output=output) == pytest.approx(
        bp.mse(forward(params, output=output), TARGET), rel=1e-14
    )


def test_runs_on_complex_arrays():
    params = {name: array.astype(complex) for name, array in initial_parameters().items()}
    assert forward(params).dtype == complex
    assert loss(params) == pytest.approx(loss(initial_parameters()), rel=1e-14)


def test_many_samples_are_columns():
    params, (x, t) = around(2), batch()
    o = forward(params, x)
    assert o.shape == (2, 4)
    for k in range(4):
        np.testing.assert_allclose(o[:, [k]], forward(params, x[:, [k]]), rtol=1e-14)
    each = sum(loss(params, x[:, [k]], t[:, [k]]) for k in range(4))
    assert loss(params, x, t) == pytest.approx(each, rel=1e-14)


def test_float32_stays():
    values = {name: bp.Value(a.astype(np.float32)) for name, a in initial_parameters().items()}
    result = loss(values, SAMPLE.astype(np.float32), TARGET.astype(np.float32))
    result.backward()
    assert result.dtype == np.float32
    assert {value.grad.dtype for value in values.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("output", OUTPUTS)
def test_names_and_scopes(output):
    values = {name: bp.Value(a, name=name) for name, a in initial_parameters().items()}
    found = {
        node.name: node.scope
        for node in bp.topological_order(loss(values, output=output))
        if node.name and node.op
    }
    expected = {
        "net_h1": ("layer 1",),
        "out_h1": ("layer 1",),
        "net_h2": ("layer 2",),
        "out_h2": ("layer 2",),
        "net_o": ("layer 3",),
        "out_o": ("layer 3",),
        "loss": ("loss",),
    }
    if output == "linear":
        del expected["out_o"]
    assert found == expected


# --- gradients ---------------------------------------------------------------------------------


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_manual_automatic_and_complex_step_agree_in_every_entry(output, seed):
    params = initial_parameters() if seed is None else around(seed)
    manual = manual_gradients(params, output=output)
    numeric = complex_step(lambda p: plain_loss(p, SAMPLE, TARGET, output), params)
    through_forward = complex_step(lambda p: loss(p, output=output), params)
    assert_same(manual, numeric)
    assert_same(manual, through_forward)
    assert_same(manual, automatic_gradients(params, output=output))


@pytest.mark.parametrize("output", OUTPUTS)
def test_gradients_of_many_samples(output):
    params, (x, t) = around(4), batch()
    manual = manual_gradients(params, x, t, output=output)
    numeric = complex_step(lambda p: plain_loss(p, x, t, output), params)
    assert_same(manual, numeric)
    assert_same(manual, automatic_gradients(params, x, t, output=output))


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_notebooks_order_is_right_in_layer_3_and_wrong_below(output):
    params = initial_parameters()
    right = manual_gradients(params, output=output)
    notebook = manual_gradients(params, output=output, order="update-then-propagate")
    for name in ("w_3", "b_3"):
        np.testing.assert_array_equal(notebook[name], right[name])
    for name in ("w_2", "b_2", "w_1", "b_1"):
        assert not np.allclose(notebook[name], right[name], rtol=1e-5, atol=0)
    still = manual_gradients(
        params, output=output, order="update-then-propagate", learning_rate=0.0
    )
    assert_same(still, right, rtol=0)


def test_the_error_of_the_notebooks_order_is_of_the_order_of_the_step():
    params = initial_parameters()
    right = manual_gradients(params)["w_1"]
    errors = [
        np.abs(
            manual_gradients(params, order="update-then-propagate", learning_rate=rate)["w_1"]
            - right
        ).max()
        for rate in (0.2, 0.1)
    ]
    assert errors[0] / errors[1] == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda g: g | {"w_2": -g["w_2"]},
        lambda g: g | {"b_1": 2 * g["b_1"]},
        lambda g: g | {"w_1": g["w_1"] + 1e-9},
        lambda g: g | {"b_3": g["b_3"][::-1]},
    ],
)
def test_a_wrong_gradient_does_not_pass_the_comparison_of_these_tests(mistake):
    params = initial_parameters()
    wrong = mistake(manual_gradients(params))
    with pytest.raises(AssertionError):
        assert_same(wrong, complex_step(lambda p: plain_loss(p, SAMPLE, TARGET, "sigmoid"), params))


def test_the_manual_pass_changes_nothing():
    params = initial_parameters()
    for order in ("propagate-then-update", "update-then-propagate"):
        manual_gradients(params, order=order)
    for name, array in initial_parameters().items():
        np.testing.assert_array_equal(params[name], array)


@pytest.mark.parametrize("module", ["by_hand", "parameters"])
def test_the_manual_pass_is_independent_of_the_engine(module):
    source = inspect.getsource(__import__(f"tinygrad_bp.net7652.{module}", fromlist=[module]))
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("." * node.level + (node.module or ""))
    assert imported <= {"__future__", "collections.abc", "typing", "numpy", "numpy.typing"} | {
        ".parameters"
    }


def test_far_out_without_warnings():
    params = {name: 1e4 * a for name, a in around(5).items()}
    assert all(np.isfinite(g).all() for g in manual_gradients(params).values())
    assert np.isfinite(loss(params))


# --- bad input ---------------------------------------------------------------------------------

FUNCTIONS = [forward, loss, manual_gradients]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_wrong_parameters(function):
    params = initial_parameters()
    with pytest.raises(ValueError, match=r"b_2 is missing; 'b_4' is no parameter"):
        function({"b_4" if name == "b_2" else name: a for name, a in params.items()})
    with pytest.raises(ValueError, match=r"'w_4' is no parameter"):
        function(params | {"w_4": params["w_3"]})
    with pytest.raises(ValueError, match=r"w_1 must have shape \(6, 7\), got \(7, 6\)"):
        function(params | {"w_1": params["w_1"].T})
    with pytest.raises(ValueError, match=r"b_1 must have shape \(6, 1\), got \(6,\)"):
        function(params | {"b_1": params["b_1"].ravel()})
    with pytest.raises(ValueError, match="b_3 must be an array or a Value, got list"):
        function(params | {"b_3": [[0.0], [0.0]]})
    with pytest.raises(TypeError, match="dict of w_1, b_1, w_2, b_2, w_3, b_3, got list"):
        function(list(params.values()))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_wrong_samples_and_output(function):
    params = initial_parameters()
    with pytest.raises(ValueError, match=r"expected x of shape \(7, 1\) or \(7, N\), got \(7,\)"):
        function(params, SAMPLE.ravel())
    with pytest.raises(ValueError, match=r"got \(6, 1\)"):
        function(params, SAMPLE[:6])
    with pytest.raises(ValueError, match="unknown output 'tanh'; expected 'sigmoid' or 'linear'"):
        function(params, output="tanh")


@pytest.mark.parametrize("function", FUNCTIONS[1:])
def test_wrong_targets(function):
    with pytest.raises(ValueError, match=r"expected t of shape \(2, 1\).*got \(2,\)"):
        function(initial_parameters(), SAMPLE, TARGET.ravel())
    with pytest.raises(ValueError, match=r"expected t of shape \(2, 4\).*got \(2, 1\)"):
        function(initial_parameters(), batch()[0])


def test_wrong_order():
    with pytest.raises(
        ValueError,
        match="unknown order 'both'; expected 'propagate-then-update' or 'update-then-propagate'",
    ):
        manual_gradients(initial_parameters(), order="both")


def test_all_names_exist():
    assert all(hasattr(net7652, name) for name in net7652.__all__)
