"""The table of ops and of what can be done with them in docs is true, and complete."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import tinygrad_bp as bp

SCRIPT = Path(__file__).parent.parent / "docs" / "ops_backends.py"
spec = importlib.util.spec_from_file_location("ops_backends", SCRIPT)
table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(table)


@pytest.fixture(autouse=True)
def fresh():
    table.cell.cache_clear()
    yield
    table.cell.cache_clear()


def test_the_page_is_what_the_script_makes():
    for name in ("numba", "jax"):
        pytest.importorskip(name)
    assert table.page() == table.PAGE.read_text(encoding="utf-8"), "run docs/ops_backends.py"


@pytest.mark.parametrize("name", table.ops())
def test_each_op_is_met_by_its_sample(name):
    assert table.is_met(name)


def test_a_wrong_backend_would_be_seen(monkeypatch):
    def wrong(fun):
        def compute(a):
            value, gradient = bp.value_and_grad(fun)(a)
            return value, gradient * (1 + 1e-6)

        return compute

    monkeypatch.setattr(table, "ways", lambda: {"wrong": wrong, "frozen": frozen})
    assert table.cell("exp", "wrong") == "wrong gradient"
    assert table.cell("exp", "frozen") == "wrong value"


def frozen(fun):
    """Compute as for the first argument, as a program would with baked numbers."""
    first = bp.value_and_grad(fun)(next(table.matrices()))
    return lambda a: first


def test_a_refusal_is_the_reason(monkeypatch):
    def refusing(fun):
        raise TypeError("compile: this | cannot be; do something else")

    monkeypatch.setattr(table, "ways", lambda: {"refusing": refusing})
    assert table.cell("exp", "refusing") == "this \\| cannot be"


def test_the_samples_are_of_ops():
    assert set(table.SAMPLES) <= set(table.ops())
    assert np.isfinite([table.function_of(n)(next(table.matrices())) for n in table.ops()]).all()
