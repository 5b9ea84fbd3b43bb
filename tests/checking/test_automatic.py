"""The automatic gradient at other points than the parameters: computed by the graph of one run."""

import numpy as np
import pytest

import tinygrad_bp as bp
import tinygrad_bp.numpy as served
from tinygrad_bp.checking.automatic import AutomaticGradient
from tinygrad_bp.checking.problem import Problem
from tinygrad_bp.checking.signatures import change

RNG = np.random.default_rng(4)
X = RNG.normal(size=(6, 3))
LABELS = np.array([0, 1, 1, 0, 1, 0])
PARAMS = {"w": RNG.normal(size=(3, 2)), "b": np.array([0.3, -0.2])}


def smooth(p):
    z = X @ p["w"] + p["b"]
    return -np.mean(bp.log_softmax(z)[np.arange(6), LABELS])


def rectified(p):
    return np.sum(np.maximum(X @ p["w"] + p["b"], 0.1) ** 2)


def masked(p):
    z = X @ p["w"]
    h = np.where(z > 0, z, 0.1 * z) + p["b"]
    return np.sum(np.where(h < 0.5, h, 0.5))


def branching(p):
    z = np.sum(p["w"])
    return z * z if z > np.sum(p["b"]) else np.exp(z)


def choosing(p):
    return np.max(np.sum(p["w"] ** 2, axis=0) + p["b"] ** 2)


def recomputed(p):
    return bp.checkpoint(lambda w, b: np.sum(np.tanh(X @ w + b)))(p["w"], p["b"])


STEADY = [smooth, rectified, masked, branching, choosing, recomputed]


def of_data(p):
    z = X @ p["w"] + p["b"]
    shift = z.data.max() if isinstance(z, bp.Value) else z.max()
    return np.sum(np.exp(z - shift))


def counting(p):
    z = X @ p["w"] + p["b"]
    return np.sum(z**2) / (1 + np.count_nonzero(z > 0.01))


def undefined(p):
    if np.any(p["w"] != PARAMS["w"]):
        raise ValueError
    return np.sum(p["w"] * p["b"])


UNSTEADY = [of_data, undefined]


@pytest.mark.parametrize("fun", [*STEADY, of_data, counting])
@pytest.mark.parametrize("distance", [1e-8, 0.02, 0.5])
def test_gradients_and_ways_are_those_of_a_run_there(fun, distance):
    problem = Problem(fun, PARAMS)
    automatic = AutomaticGradient(problem)
    here = automatic.ways_at(problem.x)
    for seed in range(5):
        step = distance * np.random.default_rng(seed).standard_normal(problem.x.size)
        run = AutomaticGradient(problem, problem.x + step)
        ways = run.ways_at(problem.x + step)
        assert (change(here, automatic.ways_at(problem.x + step)) is None) == (
            change(here, ways) is None
        )
        if change(here, ways) is None or fun not in (branching, counting):
            np.testing.assert_array_equal(automatic.gradient_at(problem.x + step), run.gradient)
    np.testing.assert_array_equal(automatic.gradient_at(problem.x), automatic.gradient)


@pytest.mark.parametrize("fun", [*STEADY, *UNSTEADY])
def test_fun_runs_once_more_and_again_only_where_it_is_not_steady(fun):
    runs = 0

    def counted(p):
        nonlocal runs
        runs += isinstance(p["w"], bp.Value)
        return fun(p)

    problem = Problem(counted, PARAMS)
    automatic = AutomaticGradient(problem)
    assert runs == 1
    if fun is not undefined:
        automatic.noise()
    automatic.ways_at(problem.x)
    assert automatic.is_steady == (fun in STEADY)
    assert (runs == 2) == (fun in STEADY)


def test_a_graph_has_its_numbers_back():
    problem = Problem(masked, PARAMS)
    automatic = AutomaticGradient(problem)
    before = [np.copy(node.data) for node in automatic._path]
    automatic.noise()
    automatic.ways_at(problem.x + 1)
    for node, data in zip(automatic._path, before, strict=True):
        np.testing.assert_array_equal(node.data, data)


def test_a_buffer_that_is_like_a_value_is_filled():
    def loss(v):
        out = served.zeros_like(v)
        out[v > 0] = v[v > 0] ** 2
        return served.sum(out)

    comparison = bp.compare(loss, np.array([1.0, -2.0, 3.0]), [2.0, 0.0, 6.0])
    assert comparison
    assert comparison.refusal == ""


def test_several_masks_of_arrays_are_told_apart():
    def loss(p):
        z = X @ p["w"]
        return np.sum(z * (z > 0) + z**2 * (2 * z - 0.1 > 0) + z**3 * (3 * z - 0.2 > 0))

    assert AutomaticGradient(Problem(loss, PARAMS)).is_steady
