"""`exercise`: one wrong line, that shows, and that has one answer."""

import difflib
import json

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.planting import answer_sheet

rng = np.random.default_rng(3)
X, T = rng.standard_normal((4, 3)).round(2), rng.standard_normal((4, 2)).round(2)
PARAMS = {
    name: rng.standard_normal(n).round(2) for name, n in [("w", (3, 5)), ("b", 5), ("v", (5, 2))]
}


def loss(p):
    h = np.tanh(X @ p["w"] + p["b"])
    o = h @ p["v"]
    return np.mean((o - T) ** 2)


def manual(p):
    h = np.tanh(X @ p["w"] + p["b"])
    d_o = 2 * (h @ p["v"] - T) / T.size
    d_z = (d_o @ p["v"].T) * (1 - h**2)
    return {"w": X.T @ d_z, "b": d_z.sum(axis=0), "v": h.T @ d_o}


@pytest.fixture(scope="module")
def made():
    return bp.exercises(loss, PARAMS, count=6)


def test_they_are_different(made):
    assert len({each.source for each in made}) == 6
    assert len({each.mistake for each in made}) > 3
    assert [each.seed for each in made] == list(range(6))


def test_each_has_exactly_one_wrong_line(made):
    for each in made:
        (number,) = each.lines
        right = each.source.splitlines()
        assert right[number - 1].split("  # ")[0].strip() == each.wrong
        right[number - 1] = right[number - 1].replace(each.wrong, each.right)
        assert each.check("\n".join(right)), each.source
        changed = difflib.ndiff(each.source.splitlines(), right)
        assert sum(line.startswith("- ") for line in changed) == 1


def test_each_is_a_file_that_runs_and_whose_mistake_shows(made):
    for each in made:
        namespace = {}
        exec(each.source, namespace)
        value, gradients = namespace[each.function](namespace["params"])
        assert value == pytest.approx(float(loss(PARAMS)), rel=1e-12)
        right = manual(PARAMS)
        wrong = {name for name in right if not np.allclose(gradients[name], right[name], rtol=1e-9)}
        assert wrong == set(each.parameters)


def test_answers_are_checked(made):
    task = made[0]
    wrong = task.check(task.source)
    assert not wrong
    assert [found.mistake for found in wrong.diagnosis] == [task.mistake]
    assert task.check(task.right)
    assert not task.check(task.wrong)
    assert task.check(manual)
    assert task.check(bp.derive(loss, PARAMS))
    with pytest.raises(ValueError, match="expected lines of the exercise"):
        task.check("no line")
    with pytest.raises(ValueError, match="defines no function 'loss_and_gradients'"):
        task.check("def something(p):\n    return p\n")


def test_hint_and_solution(made):
    for each in made:
        assert each.right not in each.hint
        assert all(name in each.hint for name in each.parameters)
        assert each.wrong in each.solution
        assert each.right in each.solution
        assert each.mistake in each.solution


def test_a_seed_is_one_exercise(made):
    assert bp.exercise(loss, PARAMS, seed=1) == made[1]
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        bp.exercise(loss, PARAMS, seed=-1)


def test_when_they_run_out_it_is_said_how_many_there_are():
    small = {"w": np.array([0.5, -0.3])}
    with pytest.raises(ValueError, match=r"there are \d+ different ones, with the seeds 0 to \d"):
        bp.exercises(lambda p: np.sum(np.tanh(p["w"])), small, count=99)


def test_in_a_loop_the_mistake_is_made_in_every_pass():
    params = {"w": np.array([[0.3, -0.2], [0.1, 0.4]]), "u": np.array([[0.5, 0.1], [-0.3, 0.2]])}

    def repeated(p):
        h = np.array([[0.1, 0.2], [0.4, -0.3], [0.2, 0.6]])
        for k in range(2):
            h = np.tanh((k + 1) * X[:3, :2] @ p["w"] + h @ p["u"])
        return np.sum(h**2)

    made = bp.exercises(repeated, params, count=2)
    assert max(len(each.lines) for each in made) > 1
    for each in made:
        assert not each.check(each.source)


def test_all_of_it_is_plain_data(made):
    fields = json.loads(made[0].to_json())
    assert fields["source"] == str(made[0])
    assert fields["lines"] == list(made[0].lines)
    assert not any(key.startswith("_") for key in fields)
    assert repr(made[0]).startswith("<Exercise 0: ")
    assert "def loss_and_gradients(p):" in made[0]._repr_html_()


def test_the_answer_sheet_has_every_exercise(made):
    sheet = answer_sheet(made)
    for each in made:
        assert f"## exercise_0{each.seed}.py: {each.mistake}" in sheet
        assert each.right in sheet


def test_without_a_mistake_that_shows_there_is_none():
    with pytest.raises(ValueError, match=r"bp\.blind_spots says which"):
        bp.exercise(lambda p: np.sum(p["w"] ** 2), {"w": np.zeros(3)})
