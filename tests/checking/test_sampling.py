"""Many parameters: the numeric side is a sample, and nothing wrong gets through."""

import json
from itertools import pairwise

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.checking.sampling import MANY

SIZES = (120, 40, 10)
RNG = np.random.default_rng(5)
X = RNG.standard_normal((8, SIZES[0]))
T = np.eye(SIZES[-1])[RNG.integers(0, SIZES[-1], 8)]
PARAMS = {
    f"{kind}_{k}": RNG.standard_normal(shape) / 5
    for k, (n_in, n_out) in enumerate(pairwise(SIZES), 1)
    for kind, shape in (("w", (n_in, n_out)), ("b", (n_out,)))
}
COUNT = sum(array.size for array in PARAMS.values())


class Loss:
    """A net, and how often it was computed."""

    def __init__(self, activation=np.tanh):
        self.activation, self.calls = activation, 0

    def __call__(self, params):
        self.calls += 1
        h = self.activation(X @ params["w_1"] + params["b_1"])
        return bp.cross_entropy(h @ params["w_2"] + params["b_2"], T)


def manual(params):
    h = np.tanh(X @ params["w_1"] + params["b_1"])
    d = (bp.softmax(h @ params["w_2"] + params["b_2"], axis=-1) - T) / len(X)
    d_z = d @ params["w_2"].T * (1 - h**2)
    return {"w_1": X.T @ d_z, "b_1": d_z.sum(0), "w_2": h.T @ d, "b_2": d.sum(0)}


def test_few_evaluations_and_the_bound_is_said():
    loss = Loss()
    comparison = bp.compare(loss, PARAMS, manual)
    assert COUNT > MANY
    assert comparison, str(comparison)
    assert loss.calls < 250
    (note,) = (note for note in comparison.notes if note.startswith("numeric side"))
    assert "4 random directions" in note
    assert "99.9 %" in note
    assert float(note.split()[-4]) < 1e-10


def test_entries_that_were_not_taken_have_no_numeric_derivative():
    comparison = bp.compare(Loss(), PARAMS, manual)
    taken = [entry for entry in comparison.entries if entry.numeric is not None]
    assert len(comparison.entries) == COUNT
    assert len(PARAMS) <= len(taken) < MANY
    assert all(abs(entry.numeric - entry.automatic) < 1e-10 for entry in taken)
    numbers = np.concatenate([np.ravel(g) for g in comparison.numeric.values()])
    assert np.isfinite(numbers).sum() == len(taken)


def test_a_manual_entry_that_is_wrong_alone_is_seen_and_shown():
    wrong = manual(PARAMS)
    wrong["w_1"][77, 13] *= 1.001
    comparison = bp.compare(Loss(), PARAMS, wrong)
    (entry,) = (entry for entry in comparison.entries if entry.verdict == "wrong")
    assert (entry.name, entry.index) == ("w_1", (77, 13))
    assert entry.numeric == pytest.approx(entry.automatic, rel=1e-9)


def test_json_is_bounded_and_has_what_is_wrong():
    comparison = bp.compare(Loss(), PARAMS, {n: 2 * g for n, g in manual(PARAMS).items()})
    content = json.loads(comparison.to_json())
    assert len(content["entries"]) == MANY
    assert content["entries_left_out"] == COUNT - MANY
    assert {entry["verdict"] for entry in content["entries"]} == {"wrong"}
    assert {entry["name"] for entry in content["entries"] if entry["numeric"]} == set(PARAMS)


@pytest.mark.parametrize("place", [0, 1234, 4799])
def test_one_entry_that_the_engine_has_wrong_is_found(place):
    def rule(g, y, a):
        wrong = g * np.cos(a)
        wrong.flat[place] *= 1.5
        return wrong

    sine = bp.Op("sine", np.sin, rule)
    weights = RNG.standard_normal((60, 80))
    comparison = bp.compare(lambda w: bp.sum(sine(w)), weights)
    assert not comparison
    (entry,) = (entry for entry in comparison.entries if entry.verdict == "wrong")
    assert entry.index == np.unravel_index(place, weights.shape)
    assert comparison.rows[0].wrong_side == "automatic"


@pytest.mark.parametrize("numeric", ["auto", "central", "adaptive", "five-point"])
def test_functions_that_take_no_complex_numbers(numeric):
    def flat(x):
        return np.sum(np.abs(x) * weights)

    weights = RNG.standard_normal((50, 30))
    right = np.sign(X0 := RNG.standard_normal((50, 30)) + 3) * weights
    comparison = bp.compare(flat, X0, right, numeric=numeric)
    assert comparison, str(comparison)
    assert comparison.numeric_method == ("adaptive" if numeric == "auto" else numeric)
    right[7, 7] += 1e-3
    assert not bp.compare(flat, X0, right, numeric=numeric)


def test_a_function_that_refuses_complex_numbers():
    x = np.abs(RNG.standard_normal(1500)) + 0.1
    cube_root = lambda x: np.sum(np.cbrt(x))
    comparison = bp.compare(cube_root, x, np.cbrt(x) / x / 3)
    assert comparison, str(comparison)
    assert comparison.numeric_method == "adaptive"
    assert "TypeError: ufunc 'cbrt' not supported" in " ".join(str(comparison).split())
    with pytest.raises(ValueError, match="does not take the complex step"):
        bp.compare(cube_root, x, numeric="complex")


def test_a_complex_step_that_looks_right_along_directions_is_confirmed_entry_by_entry():
    x = RNG.standard_normal(1500)
    hidden = lambda x: 1e4 * np.sum(np.sin(x[::2])) + 1e-6 * np.sum(np.real(x[1::2]))
    right = np.where(np.arange(1500) % 2, 1e-6, 1e4 * np.cos(x))
    assert bp.compare(hidden, x, right)
    right[1] = 0
    comparison = bp.compare(hidden, x, right)
    (entry,) = (entry for entry in comparison.entries if entry.verdict == "wrong")
    assert entry.numeric == pytest.approx(1e-6, rel=1e-3)
    assert comparison.numeric_method == "adaptive"
    assert "not confirmed by differences" in " ".join(str(comparison).split())


def test_without_a_graph_the_manual_gradient_is_held_against_the_slopes():
    def opaque(x):
        if isinstance(x, bp.Value):
            raise TypeError("C code")
        return np.sum(np.sin(x))

    x = RNG.standard_normal((50, 40))
    assert bp.compare(opaque, x, np.cos(x))
    wrong = np.cos(x)
    wrong[31, 17] *= 1.1
    comparison = bp.compare(opaque, x, wrong)
    assert [e.index for e in comparison.entries if e.verdict == "wrong"] == [(31, 17)]
    assert not bp.compare(opaque, x, np.full(x.shape, np.nan))


def test_a_gradient_that_is_lost_is_found():
    params = {"w": RNG.standard_normal((40, 40)), "v": RNG.standard_normal(40)}
    plain = lambda a: a.data if isinstance(a, bp.Value) else a
    comparison = bp.compare(lambda p: bp.sum(np.tanh(plain(p["w"])) @ p["v"]), params)
    assert [row.verdict for row in comparison.rows] == ["wrong", "correct"]


def test_a_unit_at_its_kink_is_no_mistake():
    params = {"w": RNG.standard_normal((40, 30)), "b": np.zeros(30)}
    x = RNG.standard_normal((3, 40))
    params["b"][4] = -(x[1] @ params["w"][:, 4])
    comparison = bp.compare(lambda p: bp.sum(bp.relu(bp.named(x @ p["w"] + p["b"], "z"))), params)
    assert comparison, str(comparison)
