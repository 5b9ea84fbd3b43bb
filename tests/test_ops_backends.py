"""The table of ops and of what can be done with them in docs is complete, and finds mistakes.

That each cell about a way is true, `tests/ops/test_rows.py` tests.
"""

import pytest

import tinygrad_bp as bp
from docs import ops_backends as table
from tests.samples import SAMPLES
from tests.views import kind_of


@pytest.fixture(autouse=True)
def fresh():
    table.cell.cache_clear()
    yield
    table.cell.cache_clear()


def test_the_page_has_a_line_for_each_op():
    text = table.PAGE.read_text(encoding="utf-8")
    assert text.startswith(table.INTRODUCTION)
    assert [*table._lines()][2:] == sorted(SAMPLES)


def test_the_page_says_whose_memory_a_result_is():
    for name in SAMPLES:
        assert table.told(name, "result") == kind_of(name), name


def test_a_wrong_backend_would_be_seen(monkeypatch):
    def wrong(name):
        def compute(*a):
            right = bp.value_and_grad(table.function_of(name), table.differentiated(name))
            value, gradients = right(*a)
            return value, tuple(g * (1 + 1e-6) for g in gradients)

        return compute

    monkeypatch.setattr(table, "ways", lambda: {"wrong": wrong, "frozen": frozen})
    assert table.cell("exp", "wrong") == "wrong gradient"
    assert table.cell("exp", "frozen") == "wrong value"


def frozen(name):
    """Compute as for the first arguments, as a program would with baked numbers."""
    first = bp.value_and_grad(table.function_of(name), (0,))(*next(table.points(name)))
    return lambda *a: first


def test_a_refusal_is_the_reason(monkeypatch):
    def refusing(name):
        raise TypeError("compile: this | cannot be; do something else")

    monkeypatch.setattr(table, "ways", lambda: {"refusing": refusing})
    assert table.cell("exp", "refusing") == "this \\| cannot be"
