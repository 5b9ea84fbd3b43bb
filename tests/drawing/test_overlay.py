import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.diagnosing import Diagnosis
from tinygrad_bp.drawing.overlay import overlay
from tinygrad_bp.viewing.graph import describe

A = np.array([[0.5, -1.0], [2.0, 0.3]])
PARAMS = {"w_1": np.array([0.1, 0.2]), "w_2": np.array([0.7, -0.4])}


def loss(params):
    h = bp.named(np.tanh(A @ params["w_1"]), "h")
    return bp.named(np.sum(np.tanh(A @ (h * params["w_2"])) ** 2), "loss")


def drawn():
    return loss({name: bp.Value(data, name=name) for name, data in PARAMS.items()})


def compared(*wrong):
    gradients = dict(bp.grad(loss)(PARAMS))
    for name in wrong:
        gradients[name] = gradients[name] + [0.0, 0.5]
    return bp.compare(loss, PARAMS, gradients)


def marks(comparison, value=None):
    graph = describe(value if value is not None else drawn())
    names = {node.id: node.value.name or node.id for node in graph.nodes}
    return {names[key]: mark for key, mark in overlay(graph, comparison).items()}


def test_every_parameter_shows_its_worst_entry():
    comparison = compared("w_1")
    mark = marks(comparison)["w_1"]
    rows = dict(mark.rows)
    automatic = comparison.automatic["w_1"][1]
    assert mark.verdict == "wrong"
    assert rows["entry"] == "[1], the worst"
    assert float(rows["automatic"]) == pytest.approx(automatic, rel=1e-6)
    assert float(rows["numeric"]) == pytest.approx(automatic, rel=1e-6)
    assert float(rows["manual"]) == pytest.approx(automatic + 0.5, rel=1e-6)
    error = 0.5 / max(abs(automatic), abs(automatic + 0.5))
    assert float(rows["rel. error"]) == pytest.approx(error, rel=0.05)
    assert marks(comparison)["w_2"].verdict == "correct"
    assert marks(comparison)["w_2"].points == ""


def test_without_a_diagnosis_the_wrong_gradient_that_comes_first_is_pointed_out():
    comparison = compared("w_1", "w_2")
    comparison.diagnosis.clear()
    found = marks(comparison)
    assert [name for name, mark in found.items() if mark.points] == ["w_2"]
    comparison = compared("w_1")
    comparison.diagnosis.clear()
    assert [name for name, mark in marks(comparison).items() if mark.points] == ["w_1"]


def test_nothing_is_pointed_out_where_all_is_right():
    found = marks(compared())
    assert {mark.verdict for mark in found.values()} == {"correct"}
    assert not any(mark.points for mark in found.values())


def diagnosis(node, position, explanation="The factor is missing. All above is wrong."):
    return Diagnosis(
        "missing-activation-derivative", node, position, ("w_1",), 0.0, explanation, "Add it."
    )


def test_the_diagnosis_stands_at_its_node_found_by_name():
    comparison = compared("w_1")
    comparison.diagnosis[:] = [diagnosis("h", None)]
    mark = marks(comparison)["h"]
    assert mark.points == "look here first"
    assert " ".join(mark.lines) == (
        "missing activation derivative: The factor is missing. All above is wrong."
    )
    assert max(map(len, mark.lines)) <= 52


def test_or_by_its_place_in_the_graph():
    comparison = compared("w_1")
    order = bp.topological_order(drawn())
    place = next(k for k, node in enumerate(order) if node.op and node.op.name == "sum")
    comparison.diagnosis[:] = [diagnosis("d_loss", place)]
    assert marks(comparison)["loss"].points
    comparison.diagnosis[:] = [diagnosis("d_loss", 999)]
    assert marks(comparison)["w_1"].points  # that place is not there


def test_of_several_mistakes_the_first_of_the_backward_pass():
    comparison = compared("w_1", "w_2")
    comparison.diagnosis[:] = [diagnosis("h", None), diagnosis("loss", None)]
    assert [name for name, mark in marks(comparison).items() if mark.points] == ["loss"]


def test_it_is_said_in_every_format(tmp_path):
    comparison = compared("w_1")
    comparison.diagnosis[:] = [diagnosis("h", None, "Here is </svg><script> | {it}.")]
    for suffix, wrong in (("svg", "WRONG"), ("dot", "WRONG"), ("mmd", "WRONG"), ("txt", "WRONG")):
        bp.draw(drawn(), tmp_path / f"graph.{suffix}", comparison=comparison)
        text = (tmp_path / f"graph.{suffix}").read_text(encoding="utf-8")
        assert wrong in text
        assert "look here first" in text
        assert suffix == "txt" or "<script" not in text
    assert "Wrong gradients: w_1." in bp.draw(drawn(), comparison=comparison).description


def test_a_folded_node_says_which_gradients_in_it_are_wrong():
    with bp.scope("net"):
        value = drawn()
    diagram = bp.draw(value, comparison=compared("w_1"), depth=0)
    assert "gradient is wrong" in diagram.source
    assert "look here first: w_1" in diagram.source


def test_another_function():
    value = drawn() * 2
    with pytest.raises(ValueError, match=r"whose value is 0\.\d+, but the graph ends in"):
        bp.draw(value, comparison=compared())


def test_other_parameters():
    renamed = loss({"w_1": bp.Value(PARAMS["w_1"], name="v"), "w_2": PARAMS["w_2"]})
    with pytest.raises(ValueError, match=r"'w_1' of shape \(2,\), which is not among .*\('v'\)"):
        bp.draw(renamed, comparison=compared())
    value = drawn()
    for node in bp.topological_order(value):
        if node.name == "w_2":
            node.name = "w_1"
    with pytest.raises(ValueError, match="2 parameters of the graph have that name"):
        bp.draw(value, comparison=compared())


def test_another_shape():
    def total(params):
        return np.sum(params["w"] * 0)

    comparison = bp.compare(total, {"w": np.ones(2)})
    value = total({"w": bp.Value(np.ones(3), name="w")})
    with pytest.raises(ValueError, match=r"of shape \(2,\), but in the graph it has shape \(3,\)"):
        bp.draw(value, comparison=comparison)


def test_what_is_no_comparison():
    with pytest.raises(TypeError, match=r"what bp\.compare returns, got a bool"):
        bp.draw(drawn(), comparison=True)
