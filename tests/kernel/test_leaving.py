"""Numbers that leave the graph: printed, noted with their line, or refused."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.kernel.leaving import noting


def loss():
    return bp.Value(2.0) * 3


def test_printing_is_no_loss():
    v = loss()
    with noting() as left:
        assert ("%.3f %d" % (v, v), f"{v:.2f}", "{:g}".format(v)) == ("6.000 6", "6.00", "6")  # noqa: UP031, UP032
        text = "%s: %.1f"
        text %= ("loss", v)
        assert text == "loss: 6.0"
    assert left == []


@pytest.mark.parametrize(
    ("read", "what"),
    [
        (float, "float()"),
        (lambda v: v.item(), "item()"),
        (lambda v: v.tolist(), "tolist()"),
        (lambda v: v.data, ".data"),
        (lambda v: 2 % float(v), "float()"),
    ],
)
def test_what_leaves_is_noted_with_its_line(read, what):
    v = loss()
    with noting() as left:
        read(v)
        read(v)
        bp.softmax(bp.Value([1.0, 2.0])).sum()  # the package reads data, too
        bp.Value(1.0, requires_grad=False).item()
    assert {each.what for each in left} == {what}
    assert all(each.file == __file__ and each.line > 20 for each in left)
    assert "in line " in str(left[0])


def test_where_nobody_listens_it_is_refused():
    with pytest.raises(TypeError, match=r"silently lose its graph.*the Value itself"):
        float(loss())
    assert float(bp.Value(2.0, requires_grad=False)) == 2
    with noting(), pytest.raises(TypeError, match=r"one element, got shape \(2,\)"):
        float(bp.Value(np.ones(2)))


def test_a_whole_number_is_a_step_whose_derivative_is_0():
    assert int(loss()) == 6
    assert bp.grad(lambda v: v ** int(v * 3))(1.2) == pytest.approx(3 * 1.2**2)
    with pytest.raises(TypeError, match="one element"):
        int(bp.Value(np.ones(2)))


HISTORY = []
WEIGHTS = {"of": []}


class Log:
    def __init__(self):
        self.losses = []

    def keep(self, v):
        self.losses.append(float(v))
        return v


def kept_outside(v):
    HISTORY.append(float(v))
    WEIGHTS["of"].append(float(v))
    print("loss", float(v), sep=" ")
    return v * len(f"{float(v):.1f}{float(v)}")


def kept_in_a_list_of_its_own(v):
    numbers = []
    numbers.append(float(v))
    return sum(numbers) + v


def taken_on(v):
    return v * max(float(v), len(f"{v}"))


def test_what_is_kept_outside_of_a_function_does_not_leave(capsys):
    HISTORY.clear()
    assert bp.grad(kept_outside)(2.0) == 6
    assert HISTORY == [2.0]
    assert capsys.readouterr().out == "loss 2.0\n"
    log = Log()
    assert bp.grad(log.keep)(2.0) == 1
    assert log.losses == [2.0]
    numbers = []
    numbers.append(float(loss()))
    assert numbers == [6.0]


@pytest.mark.parametrize("function", [kept_in_a_list_of_its_own, taken_on])
def test_what_may_be_computed_with_is_refused(function):
    with pytest.raises(TypeError, match="float"):
        bp.grad(function)(2.0)
