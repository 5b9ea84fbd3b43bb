"""What the user wrote at a step: the expression, what it is assigned to, the line."""

from pathlib import Path

import numpy as np

from tinygrad_bp.programs.labelled import record_lines
from tinygrad_bp.programs.program import Kind

MASK = np.array([[1.0, 0.0], [1.0, 1.0]])
PARAMS = {"w": np.array([[0.3, -0.2], [0.5, 0.1]]), "b": np.array([0.1, 0.4])}


def squash(v):
    return 1 / (1 + np.exp(-v))


def gates(p, x):
    a = squash(x @ p["w"])
    return a, np.tanh(x + p["b"])


def loss(p):
    x = np.ones((2, 2))
    for _ in range(2):
        gate, y = gates(p, x)
        x = gate * y
        x = x + (
            y
            * MASK
        )  # fmt: skip
    return np.sum(x**2)


def recorded():
    lines = record_lines(loss, PARAMS, {})
    return lines, {lines.steps[k].name or found.text: found for k, found in lines.written.items()}


def test_a_value_is_called_after_the_variable_that_held_it():
    lines, _ = recorded()
    names = {step.name for step in lines.steps if step.kind is Kind.FORWARD}
    assert {"x", "gate", "y", "y_1"} <= names
    assert {"x_1", "x_2", "x_3"} <= names  # two assignments in each of two passes
    assert not {name for name in names if name and name.startswith("squash")}


def test_a_result_belongs_to_the_line_that_assigns_it():
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    _, written = recorded()
    assert source[written["y"].line - 1].strip() == "gate, y = gates(p, x)"
    assert source[written["x_1"].line - 1].strip() == "x = gate * y"
    assert (written["x_1"].text, written["x_1"].variable) == ("gate * y", "x")


def test_an_expression_is_as_it_was_written():
    _, written = recorded()
    assert written["1 + np.exp(-v)"].function == "squash"
    assert written["y * MASK"].operands == ("y", "MASK")  # on one line
    assert written["y * MASK"].variable == ""


def test_an_array_without_a_name_is_called_as_it_was_written():
    lines = record_lines(lambda p: np.sum(MASK[:, :1] * p["w"]), PARAMS, {})
    assert "MASK[:, :1]" in {step.name for step in lines.steps}


def test_of_what_one_call_computes_in_steps_the_last_is_the_result():
    lines = record_lines(lambda p: np.mean(p["b"]), PARAMS, {})
    assert [found.text for found in lines.written.values()] == ['np.mean(p["b"])']


def test_without_a_file_there_is_no_text():
    space = {"np": np}
    exec('def loss(p):\n    return np.sum(p["w"] ** 2)', space)
    lines = record_lines(space["loss"], PARAMS, {})
    assert lines.written == {}
    assert lines.names == ["w"]


def test_what_was_assigned_to_later_is_another_step():
    def loss(p):
        h = np.tanh(p["w"])
        h += p["b"]
        return np.sum(h)

    lines = record_lines(loss, PARAMS, {})
    steps = {step.op_name: k for k, step in enumerate(lines.steps) if step.kind is Kind.FORWARD}
    assert steps["add"] not in lines.written
