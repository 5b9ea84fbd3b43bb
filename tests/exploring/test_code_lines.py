"""What a page of a function knows of its code: lines, the names in them, the order of time."""

import numpy as np
import pytest

import tinygrad_bp as bp

from .test_page import told

X = np.arange(8.0).reshape(4, 2) / 8


def recurrent(p):
    h = np.zeros(2)
    for x in X:
        z = p["w"] @ x + p["u"] @ h
        h = np.tanh(z)
    total, count = np.sum(h**2), 2
    return total / count


@pytest.fixture(scope="module")
def story():
    return told(bp.explore(recurrent, params={"w": np.eye(2), "u": np.eye(2) / 2}))


def test_states_of_a_loop_have_the_name_of_its_variable(story):
    names = [node["name"] for node in story["nodes"]]
    for name, first in (("h", 0), ("z", 1), ("x", 1)):
        assert {f"{name}_{k}" for k in range(first, 5)} <= set(names)
    assert "total" in names  # by the name that it has at the end
    by_name = {node["name"]: node for node in story["nodes"]}
    assert by_name["h_0"]["role"] == "constant"
    for k in range(1, 5):
        x = story["arrays"][by_name[f"x_{k}"]["value"]]["rows"]
        np.testing.assert_array_equal(np.ravel(x), X[k - 1])
        assert by_name[f"h_{k}"]["line"][1] == "h = np.tanh(z)"
        assert by_name[f"h_{k}"]["lines"] == [f"h_{k} = np.tanh(z_{k})"]


def test_the_forward_pass_is_told_in_the_order_of_time(story):
    steps = [story["nodes"][s["node"]] for s in story["steps"] if s["phase"] == "forward"]
    names = [each.get("expression") or each["name"] for each in steps[:8]]
    assert names == ["w @ x_1", "u @ h_0", "z_1", "h_1", "w @ x_2", "u @ h_1", "z_2", "h_2"]
    assert [each["line"][0] for each in steps[:4]] == [steps[0]["line"][0]] * 3 + [
        steps[0]["line"][0] + 1
    ]


def test_what_a_line_assigns_beside_other_things_has_no_name_of_it():
    def fun(p):
        def square(a):
            return a * a

        y = p * 2 + square(p)
        both = [y * 3, y * 4]
        return both[0] + both[1]

    nodes = told(bp.explore(fun, params=np.array([1.0, 2.0]), seed=np.ones(2)))["nodes"]
    named = {node["name"]: node["lines"][-1] for node in nodes if node["op"]}
    assert "both" not in " ".join(named)
    assert named["y"] == "y = product + square"


def test_a_graph_of_values_is_told_as_late_as_it_can_be():
    w, h = bp.Value(0.5, name="w"), bp.Value(1.0, name="h")
    for x in (1.0, 2.0, 3.0, 4.0):
        h = np.tanh(w * bp.Value(x, name="x") + h)
    story = told(bp.explore(h))
    steps = [story["nodes"][s["node"]] for s in story["steps"] if s["phase"] == "forward"]
    assert [each["expression"] for each in steps[:4]][0::3] == ["w * x_1", "w * x_2"]
