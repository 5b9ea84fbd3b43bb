"""Training the net: sources of gradients, what is recorded, how many epochs it takes."""

import functools
import io
import warnings

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.net7652 import History, initial_parameters, loss, manual_gradients, train

OPTIMIZERS = ["gd", "momentum", "adam"]
GRADIENTS = ["automatic", "manual", "notebook"]
OUTPUTS = ["sigmoid", "linear"]


@functools.cache
def trained(optimizer, gradients="automatic", *, epochs=3000, train_bias=True):
    return train(optimizer, epochs, gradients=gradients, train_bias=train_bias)


# --- sources of gradients ----------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("train_bias", [True, False])
def test_automatic_and_manual_agree(optimizer, output, train_bias):
    automatic, manual = (
        train(optimizer, 300, gradients=gradients, output=output, train_bias=train_bias)
        for gradients in ("automatic", "manual")
    )
    for name in initial_parameters():
        for records in ("values", "gradients"):
            np.testing.assert_allclose(
                getattr(automatic, records)[name],
                getattr(manual, records)[name],
                rtol=1e-12,
                atol=1e-12,
            )
    np.testing.assert_allclose(automatic.residual, manual.residual, rtol=0, atol=1e-12)


@pytest.mark.parametrize("gradients", GRADIENTS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_every_combination_learns(optimizer, gradients, output):
    history = train(optimizer, 400, gradients=gradients, output=output)
    assert history.loss[-1] < history.loss[0] / 2


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_notebooks_order_takes_other_steps(optimizer):
    right, notebook = (train(optimizer, 3, gradients=g) for g in ("manual", "notebook"))
    np.testing.assert_array_equal(right.gradients["w_3"][0], notebook.gradients["w_3"][0])
    assert not np.array_equal(right.gradients["w_2"][0], notebook.gradients["w_2"][0])
    assert not np.array_equal(right.params["w_1"], notebook.params["w_1"])


def test_the_notebooks_order_propagates_through_the_optimisers_own_step():
    # Adam's first step is about 0.1 in every entry, gradient descent's about 0.0002.
    adam = train("adam", 1, gradients="notebook").gradients["w_2"][0]
    gd = train("gd", 1, gradients="notebook").gradients["w_2"][0]
    params = initial_parameters()
    moved = params | {"w_3": params["w_3"] + train("adam", 1).updates["w_3"][0]}
    right = manual_gradients(params)
    h_1 = np.maximum(params["w_1"] @ bp.net7652.SAMPLE + params["b_1"], 0)
    h_2 = bp.sigmoid(params["w_2"] @ h_1 + params["b_2"])
    expected = (moved["w_3"].T @ right["b_3"] * h_2 * (1 - h_2)) @ h_1.T
    np.testing.assert_allclose(adam, expected, rtol=1e-12, atol=0)
    assert not np.allclose(adam, gd, rtol=1e-3, atol=0)


# --- what is recorded --------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("gradients", GRADIENTS)
def test_shapes_and_meaning_of_the_index(optimizer, gradients):
    epochs = 20
    history = train(optimizer, epochs, gradients=gradients)
    assert isinstance(history, History)
    assert history.loss.shape == (epochs,)
    assert history.residual.shape == (2, 1)
    assert history.residuals.shape == (epochs, 2, 1)
    start = initial_parameters()
    assert list(history.values) == list(start)
    for name, first in start.items():
        values, updates = history.values[name], history.updates[name]
        assert values.shape == history.gradients[name].shape == (epochs, *first.shape)
        np.testing.assert_array_equal(values[0], first)
        after = np.concatenate([values[1:], history.params[name][None]])
        np.testing.assert_allclose(values + updates, after, rtol=0, atol=1e-15)
    for epoch in (0, 7, epochs - 1):
        params = {name: values[epoch] for name, values in history.values.items()}
        assert history.loss[epoch] == pytest.approx(loss(params), rel=1e-14)
        if gradients != "notebook":
            for name, gradient in manual_gradients(params).items():
                np.testing.assert_allclose(
                    history.gradients[name][epoch], gradient, rtol=1e-12, atol=1e-16
                )
    error = bp.net7652.TARGET - bp.net7652.forward(history.params)
    np.testing.assert_array_equal(history.residual, error)
    assert f"{epochs} epochs of {optimizer}" in repr(history)


def test_moments_follow_their_formulas():
    adam, momentum, gd = (train(name, 30) for name in ("adam", "momentum", "gd"))
    assert gd.m == gd.v == momentum.v == {}
    for name, gradients in adam.gradients.items():
        m = v = np.zeros(gradients.shape[1:])
        for k, g in enumerate(gradients):
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g**2
            update = (
                -0.1 * (m / (1 - 0.9 ** (k + 1))) / (np.sqrt(v / (1 - 0.999 ** (k + 1))) + 1e-8)
            )
            np.testing.assert_allclose(adam.m[name][k], m, rtol=1e-12, atol=1e-300)
            np.testing.assert_allclose(adam.v[name][k], v, rtol=1e-12, atol=1e-300)
            np.testing.assert_allclose(adam.updates[name][k], update, rtol=1e-12, atol=1e-300)
    for name, gradients in momentum.gradients.items():
        m = np.zeros(gradients.shape[1:])
        for k, g in enumerate(gradients):
            m = 0.9 * m + 0.1 * g
            np.testing.assert_allclose(momentum.m[name][k], m, rtol=1e-12, atol=1e-300)
            np.testing.assert_array_equal(momentum.updates[name][k], -momentum.m[name][k])
    for name, gradients in gd.gradients.items():
        np.testing.assert_array_equal(gd.updates[name], -0.1 * gradients)


@pytest.mark.parametrize("gradients", GRADIENTS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_untrained_biases_stand_still(optimizer, gradients):
    history = train(optimizer, 10, gradients=gradients, train_bias=False)
    for name, start in initial_parameters().items():
        if name.startswith("b"):
            np.testing.assert_array_equal(history.params[name], start)
            np.testing.assert_array_equal(history.values[name], [start] * 10)
            assert name not in history.updates
            assert np.any(history.gradients[name])
        else:
            assert not np.array_equal(history.params[name], start)
    assert history.loss[-1] < history.loss[0]


def test_histories_share_nothing():
    first, second = train("gd", 2), train("gd", 2)
    first.params["w_1"][...] = 0
    first.values["w_1"][...] = 0
    np.testing.assert_array_equal(second.values["w_1"], train("gd", 2).values["w_1"])
    np.testing.assert_array_equal(second.params["w_1"], train("gd", 2).params["w_1"])


# --- how many epochs ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "train_bias", "first", "lasting"),
    [
        ("gd", True, 1995, 1995),
        ("momentum", True, 124, 174),
        ("adam", True, 91, None),
        ("gd", False, 2834, 2834),
        ("momentum", False, 213, 213),
        ("adam", False, 108, None),
    ],
)
def test_epochs_until_the_error_is_below_1e_4(optimizer, train_bias, first, lasting):
    history = trained(optimizer, train_bias=train_bias)
    assert history.epochs_until(1e-4) == first
    if lasting is not None:  # late in training Adam swings out now and then: chaotic, not pinned
        assert history.epochs_until(1e-4, lasting=True) == lasting


def test_what_the_notebook_says_of_its_optimisers():
    gd, momentum, adam = (trained(name) for name in OPTIMIZERS)
    assert 18 < gd.epochs_until() / adam.epochs_until() < 25  # "1/20"
    assert 11 < gd.epochs_until() / momentum.epochs_until(lasting=True) < 13  # "1/12"


def test_without_biases_the_gradient_of_w_1_takes_longer_to_reach_0():
    def reached(train_bias):
        gradient = np.abs(trained("gd", train_bias=train_bias).gradients["w_1"][:, 1]).max(axis=1)
        return int(np.flatnonzero(gradient >= 0.02 * gradient.max())[-1]) + 1  # 0 in a plot

    assert reached(True) == pytest.approx(1200, abs=50)
    assert reached(False) > 1500


def history_of(*errors, residual):
    column = np.array(errors, float).reshape(-1, 1, 1)
    return History("gd", {}, np.full((1, 1), residual), column[:, 0, 0] ** 2, column, {}, {})


def test_epochs_until_counts_updates():
    history = history_of(1, -0.5, 0.01, 0.2, residual=-0.01)
    assert history.epochs_until(2) == 0
    assert history.epochs_until(0.6) == 1
    assert history.epochs_until(0.1) == 2
    assert history.epochs_until(0.1, lasting=True) == 4
    assert history.epochs_until(0.01) is None
    assert history.epochs_until(0.01, lasting=True) is None


# --- progress, bad input -----------------------------------------------------------------------


def test_progress_calls_back():
    calls = []
    train("gd", 3, progress=lambda done, epochs: calls.append((done, epochs)))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_progress_shows_a_bar_on_standard_error(capsys):
    train("gd", 3, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "training" in shown.err
    assert "100%" in shown.err
    train("gd", 3)
    assert capsys.readouterr() == ("", "")


def test_progress_shows_a_widget_in_a_notebook():
    nbclient, nbformat = (pytest.importorskip(name) for name in ("nbclient", "nbformat"))
    pytest.importorskip("ipywidgets")
    cell = nbformat.v4.new_code_cell(
        "import tinygrad_bp as bp\nhistory = bp.net7652.train(epochs=3, progress=True)"
    )
    book = nbformat.v4.new_notebook(cells=[cell])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Jupyter's own parts
        nbclient.NotebookClient(book, timeout=60).execute()
    shown = [output.get("data", {}) for output in book.cells[0].outputs]
    assert any("application/vnd.jupyter.widget-view+json" in data for data in shown)
    assert not any("UserWarning" in str(data) for data in shown)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"optimizer": "sgd"}, ValueError, "unknown optimizer 'sgd'.*'gd' or 'momentum' or 'adam'"),
        (
            {"gradients": "numeric"},
            ValueError,
            "source of gradients 'numeric'.*'automatic' or 'manual' or 'notebook'",
        ),
        ({"output": "relu"}, ValueError, "unknown output 'relu'.*'sigmoid' or 'linear'"),
        ({"optimizer": None}, ValueError, "unknown optimizer None"),
        ({"optimizer": ["gd"]}, ValueError, "unknown optimizer"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        ({"epochs": -5}, ValueError, "epochs must be at least 1, got -5"),
        ({"epochs": 2.0}, TypeError, "epochs must be an int, got float 2.0"),
        ({"epochs": True}, TypeError, "epochs must be an int, got bool"),
        ({"epochs": "10"}, TypeError, "epochs must be an int, got str '10'"),
        ({"learning_rate": -0.1}, ValueError, "learning_rate must be finite and greater than 0"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be a number, got str 'fast'"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        train(**arguments)


def test_epochs_may_be_numpys():
    assert train("gd", np.int64(2)).loss.shape == (2,)


def test_an_error_in_the_callback_comes_through():
    def broken(done, epochs):
        raise io.UnsupportedOperation("no terminal")

    with pytest.raises(io.UnsupportedOperation):
        train("gd", 2, progress=broken)
