"""The same mistake in every pass of a loop is one; and what never explains anything."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.diagnosing.at_once import ManyRuns
from tinygrad_bp.diagnosing.edits import OWN, Number, Slot, times
from tinygrad_bp.diagnosing.machine import Machine
from tinygrad_bp.diagnosing.structure import Structure
from tinygrad_bp.programs.labelled import record_lines

_RNG = np.random.default_rng(4)
_X, _Y, _STEPS = _RNG.normal(size=(4, 3, 2)), _RNG.normal(size=(3, 1)), 4


def _loss(p):
    h = np.zeros((3, 3))
    for t in range(_STEPS):
        h = np.tanh(_X[t] @ p["wx"] + h @ p["wh"] + p["b"])
    return np.sum((h @ p["v"] - _Y) ** 2)


def _params():
    rng = np.random.default_rng(5)
    shapes = {"wx": (2, 3), "wh": (3, 3), "b": (3,), "v": (3, 1)}
    return {name: 0.6 * rng.normal(size=shape) for name, shape in shapes.items()}


def _manual(slope=lambda h: 1 - h**2, back=lambda d, wh: d @ wh.T, read=lambda t: t):
    def gradients(p):
        states = [np.zeros((3, 3))]
        for t in range(_STEPS):
            states.append(np.tanh(_X[t] @ p["wx"] + states[-1] @ p["wh"] + p["b"]))
        d_o = 2 * (states[-1] @ p["v"] - _Y)
        found = {name: np.zeros_like(array) for name, array in p.items()}
        found["v"] = states[-1].T @ d_o
        d_h = d_o @ p["v"].T
        for t in reversed(range(_STEPS)):
            d_z = d_h * slope(states[t + 1])
            found["wx"] = found["wx"] + _X[t].T @ d_z
            found["wh"] = found["wh"] + states[read(t)].T @ d_z
            found["b"] = found["b"] + d_z.sum(axis=0)
            d_h = back(d_z, p["wh"])
        return found

    return gradients


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"slope": lambda h: 1.0}, {"missing-activation-derivative"}),
        ({"slope": lambda h: 1 - h}, {"activation-derivative-wrong-argument"}),
        ({"back": lambda d, wh: d @ wh}, {"transposed-weight"}),
        ({"read": lambda t: t + 1}, {"index-shifted", "wrong-matrix"}),
    ],
)
def test_in_every_pass(changed, names):
    (found,) = bp.compare(_loss, _params(), _manual(**changed)).diagnosis
    assert found.mistake in names


def test_right_in_every_pass():
    assert bp.compare(_loss, _params(), _manual()).ok


def test_an_empty_template():
    params = _params()
    zeros = {name: np.zeros_like(array) for name, array in params.items()}
    (found,) = bp.compare(_loss, params, zeros).diagnosis
    assert found.mistake == "all-zero"
    assert {*found.parameters} == {*params}


@pytest.mark.parametrize("convert", [np.float32, np.float16])
def test_numbers_of_less_precision_in_arrays_of_more(convert):
    params = _params()
    wrong = _manual(slope=lambda h: 1.0)(params)
    coarse = {name: convert(g).astype(np.float64) for name, g in wrong.items()}
    (found,) = bp.compare(_loss, params, coarse, tolerance=1e-2).diagnosis
    assert found.mistake == "missing-activation-derivative"


def test_nan_explains_nothing():
    """Where a hypothesis would divide by 0, it gives NaN, which agrees with nothing."""
    mask = np.where(np.tri(3) > 0, 0.0, -np.inf)

    def loss(p):
        return np.sum(bp.softmax(p["s"] + mask, axis=1)[:, 0] * np.arange(1.0, 4.0))

    params = {"s": np.arange(9.0).reshape(3, 3) / 7}
    right = bp.grad(loss)(params)["s"]
    for wrong in (right + 0.1 * np.tri(3), right * np.pi, np.cos(right)):
        found = bp.compare(loss, params, {"s": wrong}).diagnosis
        assert [d.mistake for d in found] == ["unexplained"]


def test_nothing_goes_back_to_the_pass_before():
    data = np.array([0.4, 1.1, -0.3, 0.8])

    def loss(p):
        x, total = 0.5, 0.0
        for wanted in data:
            x = np.tanh(p["k"] * x) + p["c"]
            total = total + (x - wanted) ** 2
        return total

    def gradients(p, carried=0.0):
        states = [0.5]
        for _ in data:
            states.append(np.tanh(p["k"] * states[-1]) + p["c"])
        d_x, found = 0.0, {"k": 0.0, "c": 0.0}
        for t in reversed(range(len(data))):
            d_x = carried * d_x + 2 * (states[t + 1] - data[t])
            found["c"] += d_x
            d_z = d_x * (1 - np.tanh(p["k"] * states[t]) ** 2)
            found["k"] += d_z * states[t]
            d_x = d_z * p["k"]
        return found

    params = {"k": 0.9, "c": 0.3}
    (found,) = bp.compare(loss, params, gradients).diagnosis
    assert found.mistake == "treated-as-constant"
    assert "does not go back" in found.explanation
    assert bp.compare(loss, params, lambda p: gradients(p, 1.0)).ok


def test_a_mistake_in_the_forward_pass_that_is_computed_anew():
    x = _RNG.normal(size=(5, 3))

    def loss(p):
        return np.sum(np.sin(x @ p["w"] + p["offset"]) * p["scale"])

    def gradients(p, offset=0.0):
        z = x @ p["w"] + offset * p["offset"]
        d_z = np.cos(z) * p["scale"]
        return {"w": x.T @ d_z, "offset": d_z.sum(), "scale": np.sin(z).sum()}

    params = {"w": np.array([0.3, -0.2, 0.5]), "offset": 0.4, "scale": 1.3}
    comparison = bp.compare(loss, params, gradients)
    (found,) = comparison.diagnosis
    assert found.mistake == "term-missing"
    assert found.explanation.startswith("In the backward pass x @ w + offset is computed without")
    assert bp.compare(loss, params, lambda p: gradients(p, 1.0)).ok


_SEEN = np.array([[1.2, 0.6], [1.3, 0.7], [1.5, 0.7], [1.6, 0.8]])


def _prey(p):
    """A state of two components, four steps, each compared with data."""
    x, y, total = 1.0, 0.5, 0.0
    for seen in _SEEN:
        dx, dy = p["a"] * x - p["b"] * x * y, p["d"] * x * y - p["c"] * y
        x, y = x + 0.2 * dx, y + 0.2 * dy
        total = total + (x - seen[0]) ** 2 + (y - seen[1]) ** 2
    return total


def _prey_by_hand(p, *, later=0, other=False, flipped=False, updated=False):
    a, b, c, d = p["a"], p["b"], p["c"], p["d"]
    states = [(1.0, 0.5)]
    for _ in _SEEN:
        x, y = states[-1]
        states.append((x + 0.2 * (a * x - b * x * y), y + 0.2 * (d * x * y - c * y)))
    found, g_x, g_y = dict.fromkeys(p, 0.0), 0.0, 0.0
    for t in reversed(range(len(_SEEN))):
        g_x, g_y = (
            g_x + 2 * (states[t + 1][0] - _SEEN[t, 0]),
            g_y + 2 * (states[t + 1][1] - _SEEN[t, 1]),
        )
        x, y = states[t + later]
        found["a"] += 0.2 * g_x * x
        found["b"] -= 0.2 * g_x * x * y
        found["c"] -= 0.2 * g_y * y
        found["d"] += 0.2 * (g_x if other else g_y) * x * y
        to_x, to_y = 0.2 * g_y * d * y, -0.2 * g_x * b * x
        if flipped:
            to_x, to_y = -0.2 * g_y * b * x, 0.2 * g_x * d * y
        new_x = g_x * (1 + 0.2 * (a - b * y)) + to_x
        if updated:
            to_y = -0.2 * new_x * b * x
        g_x, g_y = new_x, g_y * (1 + 0.2 * (d * x - c)) + to_y
    return found


@pytest.mark.parametrize(
    ("wrong", "mistake", "said"),
    [
        ({"later": 1}, "index-shifted", "after it"),
        ({"other": True}, "factor-replaced", "made of the gradient of x"),
        ({"flipped": True}, "transposed", "is not transposed"),
        ({"updated": True}, "factor-replaced", "as it comes from the next pass"),
    ],
)
def test_a_state_of_two_components(wrong, mistake, said):
    params = {"a": 1.3, "b": 0.9, "c": 0.6, "d": 0.8}
    assert bp.compare(_prey, params, _prey_by_hand).ok
    found = bp.compare(_prey, params, lambda p: _prey_by_hand(p, **wrong))
    (diagnosis,) = found.diagnosis
    assert diagnosis.mistake == mistake
    assert said in diagnosis.explanation
    assert found.reconstruction is not None


def test_many_edits_at_once_are_those_one_after_the_other():
    params = _params()
    lines = record_lines(_loss, params, params)
    machine = Machine(lines, lines.values)
    target = lines.program.gradients[lines.names.index("wx")]
    flows = Structure(lines).flows
    edits = [
        {Slot(k, j): times(Number(2.0), OWN)}
        for k, step in enumerate(lines.steps)
        for j, own in enumerate(step.operands)
        if flows[own] and machine.below[k] >> target & 1
    ]
    assert len(edits) > 50
    for edit, row in zip(edits, ManyRuns(machine).run(edits, target), strict=True):
        np.testing.assert_allclose(row, machine.run(edit)[target], rtol=1e-9)


def test_a_sum_over_all_passes_that_is_transposed():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, 3))
    params = {"U": rng.normal(size=(3, 3))}

    def loss(p):
        h = np.zeros(3)
        for t in range(4):
            h = np.tanh(x[t] + h @ p["U"])
        return np.sum(h**3)

    def by_hand(p):
        h = [np.zeros(3)]
        for t in range(4):
            h.append(np.tanh(x[t] + h[-1] @ p["U"]))
        d_h, d_U = 3 * h[-1] ** 2, np.zeros((3, 3))
        for t in reversed(range(4)):
            d_z = d_h * (1 - h[t + 1] ** 2)
            d_U += np.outer(d_z, h[t])  # the right one is np.outer(h[t], d_z)
            d_h = d_z @ p["U"].T
        return {"U": d_U}

    (found,) = bp.compare(loss, params, by_hand).diagnosis
    assert (found.mistake, found.node) == ("transposed", "U")
