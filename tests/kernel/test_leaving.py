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
        (int, "int()"),
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
    for convert in (float, int):
        with pytest.raises(TypeError, match=r"silently lose its graph.*the Value itself"):
            convert(loss())
    assert float(bp.Value(2.0, requires_grad=False)) == 2
    with noting(), pytest.raises(TypeError, match=r"one element, got shape \(2,\)"):
        float(bp.Value(np.ones(2)))
