"""Every row of the table: value, derivatives, texts, and each backend; one sample for all."""

import re
import warnings

import numpy as np
import pytest

import tinygrad_bp as bp
from docs.ops_backends import YES, cell, told, ways
from tests.exploring.test_mathml import TAGS, tags
from tests.gradients import assert_right, five_point
from tests.samples import SAMPLES, rows
from tinygrad_bp.exploring.mathml import mathml
from tinygrad_bp.exploring.recording import record
from tinygrad_bp.exploring.rules import name_terms, write_op, write_rule
from tinygrad_bp.viewing.graph import describe
from tinygrad_bp.writing.latex_text import latex


def test_each_row_has_a_sample_and_each_sample_a_row():
    assert set(SAMPLES) == set(rows())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_meets_its_row(name):
    fun, arguments = SAMPLES[name].fun, SAMPLES[name].arguments()
    used = [node.op for node in bp.topological_order(fun(*map(bp.Value, arguments)))]
    used += [step.op for step in bp.derive(fun, *arguments).program.instructions]
    assert rows()[name] in used


@pytest.mark.parametrize("name", SAMPLES)
def test_value(name):
    sample = SAMPLES[name]
    arguments = sample.arguments()
    found = sample.fun(*map(bp.Value, arguments))
    assert found.requires_grad
    expected = (sample.reference or sample.fun)(*arguments)
    np.testing.assert_allclose(found.data, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", SAMPLES)
def test_first_and_second_derivative(name):
    sample = SAMPLES[name]
    assert_right(sample.fun, *sample.arguments(), analytic=sample.analytic)


ELEMENTWISE = [
    name for name in SAMPLES if rows()[name].elementwise and name not in ("root", "where")
]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives_at_other_shapes(name):
    sample = SAMPLES[name]
    for one, other in (((), ()), ((1, 2), (2, 1)), ((), (3,)), ((2, 1, 2), (2,)), ((0, 2), (2,))):
        shapes = (one, other)[: len(sample.shapes)]
        given = sample._replace(shapes=shapes).arguments()
        assert_right(sample.fun, *given, analytic=sample.analytic)


@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if rows()[n].arity == 2])
def test_whether_operands_may_change_places(name):
    a, b = np.array([0.3, 0.8, 0.5]), np.array([0.6, 0.1, 0.9])
    op = rows()[name]
    assert op.commutes == np.array_equal(op.forward(a, b), op.forward(b, a))


@pytest.mark.parametrize("name", SAMPLES)
def test_forward_mode(name):
    sample = SAMPLES[name]
    arguments = sample.arguments()
    tangents = [np.cos(1.0 + np.arange(np.size(a))).reshape(np.shape(a)) for a in arguments]
    value, tangent = bp.jvp(sample.fun, tuple(arguments), tuple(tangents))
    weights = np.sin(1.0 + np.arange(np.size(value))).reshape(np.shape(value))

    def along(t):
        moved = [a + t * da for a, da in zip(arguments, tangents, strict=True)]
        return np.sum(sample.fun(*moved) * weights)

    (slope,) = five_point(lambda t: along(t * 0.1), [np.array(0.0)])
    np.testing.assert_allclose(np.sum(tangent * weights), slope * 10, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", SAMPLES)
def test_formulas_and_lines_of_the_page(name):
    sample = SAMPLES[name]
    arguments = [bp.Value(a, name=f"x_{k}") for k, a in enumerate(sample.arguments())]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        total = np.sum(sample.fun(*arguments) ** 2)
        terms = name_terms(describe(total).nodes)
        for visit in record(total).visits:
            written = [write_op(visit.node, terms)]
            for each in visit.contributions:
                written.append(write_rule(visit.node, each.position, visit.upstream, terms))
            for each in written:
                is_formula(each.math)
                assert not any("vjp" in line for line in each.code)


def is_formula(layout):
    """Check that braces match, that commands are known, and that browsers draw it."""
    text = latex(layout)
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert tags(mathml(layout)) <= TAGS


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("way", ways())
def test_each_way_to_write_or_run_it(name, way):
    assert cell(name, way) == told(name, way) == YES


@pytest.mark.parametrize(
    ("check", "forward", "rule"),
    [
        (test_value, np.expm1, lambda g, y, a: g * np.exp(a)),
        (test_first_and_second_derivative, np.exp, lambda g, y, a: g * y / 2),
        (test_first_and_second_derivative, np.exp, lambda g, y, a: g * np.exp(bp.Value(a).data)),
        (test_forward_mode, np.exp, lambda g, y, a: g * y / 2),
    ],
)
def test_a_wrong_row_is_caught(monkeypatch, check, forward, rule):
    wrong = bp.Op("exp", forward, rule)
    sample = SAMPLES["exp"]._replace(
        fun=lambda a: wrong(a) if isinstance(a, bp.Value) else np.exp(a)
    )
    check("exp")
    monkeypatch.setitem(SAMPLES, "exp", sample)
    with pytest.raises((AssertionError, TypeError)):
        check("exp")


def test_a_layout_that_nobody_can_print_is_caught():
    with pytest.raises(AssertionError):
        is_formula(("text", "{"))
    with pytest.raises(KeyError):
        is_formula(("unknown", "a"))
