"""What people write in a loss gives NumPy's number and the right gradient, or says what to do.

Those that are pending have to fail: who makes one run takes its `pending` away.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.gradients import five_point
from tests.idioms.corpus import IDIOMS
from tests.idioms.idiom import (
    Idiom,
    arguments,
    assert_does_what_is_said,
    becomes,
    number,
    plain_loss,
    quiet,
)

RUNS = Idiom("runs", "def loss(v):\n    return np.sum(np.sin(v) ** 2)\n")
REFUSED = Idiom(
    "refused",
    """
def loss(v):
    if hasattr(v, "backward"):
        raise TypeError("do it so")
    return np.sum(v)
""",
    refused="do it so",
)


def skip_without_scipy(idiom):
    if "scipy" in idiom.source:
        pytest.importorskip("scipy")


def parameter(idiom):
    marks = [pytest.mark.xfail(reason="pending")] if idiom.pending else []
    return pytest.param(idiom, id=idiom.name, marks=marks)


@pytest.mark.parametrize("idiom", [parameter(i) for i in IDIOMS])
def test_runs_or_is_refused(idiom, tmp_path):
    skip_without_scipy(idiom)
    assert_does_what_is_said(idiom, tmp_path)


@pytest.mark.parametrize("idiom", IDIOMS, ids=str)
def test_numpy_gives_a_number_that_every_argument_changes(idiom):
    skip_without_scipy(idiom)
    loss = plain_loss(idiom)
    with quiet():
        assert number(loss) == number(plain_loss(idiom))
        for gradient in five_point(loss, arguments(loss)):
            assert np.isfinite(gradient).all()
            assert np.abs(gradient).max() > 1e-3


def test_names_are_unique():
    assert [name for name, count in Counter(map(str, IDIOMS)).items() if count > 1] == []


def test_what_an_idiom_becomes_are_its_ops():
    assert becomes(plain_loss(RUNS)) == ["sin", "pow", "sum"]


# --- what is wrong is seen -------------------------------------------------------------------


def test_a_wrong_value_would_be_seen(tmp_path, monkeypatch):
    assert_does_what_is_said(RUNS, tmp_path)
    monkeypatch.setattr(bp, "value_and_grad", changed(1 + 1e-10, 1))
    with pytest.raises(AssertionError, match="file"):
        assert_does_what_is_said(RUNS, tmp_path)


def test_a_wrong_gradient_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(bp, "value_and_grad", changed(1, 1 + 1e-5))
    with pytest.raises(AssertionError, match="file"):
        assert_does_what_is_said(RUNS, tmp_path)


def changed(of_value, of_gradient):
    real = bp.value_and_grad

    def value_and_grad(fun, argnums):
        def both(*args):
            value, gradients = real(fun, argnums)(*args)
            return value * of_value, tuple(g * of_gradient for g in gradients)

        return both

    return value_and_grad


def test_a_refusal_that_does_not_say_what_to_do_would_be_seen(tmp_path):
    assert_does_what_is_said(REFUSED, tmp_path)
    for wrong in (replace(REFUSED, refused="do it otherwise"), replace(RUNS, refused="sin")):
        with pytest.raises(AssertionError):
            assert_does_what_is_said(wrong, tmp_path)
