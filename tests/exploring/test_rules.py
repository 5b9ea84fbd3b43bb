"""The lines that a page shows compute the numbers beside them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.samples import rows
from tests.writing.test_numpy_functions import FUNCTIONS
from tests.writing.test_random_graphs import STEPS, composed
from tinygrad_bp.exploring.mathml import mathml
from tinygrad_bp.exploring.recording import record
from tinygrad_bp.exploring.rules import name_terms, write_op, write_rule
from tinygrad_bp.viewing.graph import describe
from tinygrad_bp.writing.helpers import write_helper
from tinygrad_bp.writing.latex_text import latex


def run(written, inputs):
    """Run lines of code; None where a constant is too long to be told."""
    if any("= ...  #" in line for line in written.code):
        return None
    namespace = {"np": np, "math": math, **inputs}
    for op in rows().values():
        for definition in (write_helper(op.forward) or {}).values():
            exec(definition, namespace)
    for line in written.code[:-1]:
        exec(line, namespace)
    return eval(written.code[-1], namespace)


def check(value):
    """Run every line of a graph; return how many there were."""
    recording, terms = record(value), name_terms(describe(value).nodes)
    data = {terms[node].code: node.data for node in recording.nodes if not terms[node].is_number}
    ran = 0
    for visit in recording.visits:
        node = visit.node
        computed = run(write_op(node, terms), data)
        if computed is not None:
            np.testing.assert_allclose(computed, node.data, rtol=1e-12, atol=1e-14)
        for each in visit.contributions:
            written = write_rule(node, each.position, visit.upstream, terms)
            mathml(written.math)
            assert "vjp" not in latex(written.math)
            found = run(written, {**data, terms[node].gradient.code: visit.upstream})
            if found is not None:
                ran += 1
                scale = np.abs(each.delta).max(initial=0)
                np.testing.assert_allclose(found, each.delta, rtol=1e-12, atol=1e-13 * (1 + scale))
    return ran


@given(STEPS, st.integers(0, 2**32 - 1))
def test_random_graphs(steps, seed):
    a, b = np.random.default_rng(seed).normal(size=(2, 3, 3))
    assert check(composed(steps)(bp.Value(a, name="a"), bp.Value(b, name="b")))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    a = bp.Value(np.random.default_rng(2).normal(size=(3, 3)), name="a")
    assert check(np.sum(FUNCTIONS[name](a) ** 2))


def test_the_net_reads_like_a_textbook(net):
    terms = name_terms(describe(net).nodes)
    lines = {
        terms[each.operand].text: write_rule(v.node, each.position, v.upstream, terms)
        for v in record(net).visits
        for each in v.contributions
    }
    assert lines["net_o"].code == ("d_out_o * out_o * (1 - out_o)",)
    assert lines["net_h1"].code == ("d_out_h1 * (net_h1 > 0)",)
    assert lines["w_3"].code == ("d_product_3 @ out_h2.T",)
    assert latex(lines["net_h1"].math) == (
        r"\delta_{\mathit{out}_{h1}} \odot \left[\mathit{net}_{h1} > 0\right]"
    )


def test_names_are_told_apart():
    a, b, c = bp.Value(1.0, name="a b"), bp.Value(2.0, name="a_b"), bp.Value(3.0, name="w")
    other = bp.Value(4.0, name="w")
    terms = name_terms(describe(a * b + c * other + 2).nodes)
    codes = [term.code for term in terms.values() if not term.is_number]
    assert len(set(codes)) == len(codes)
    assert all(code.isidentifier() for code in codes)
    assert {terms[c].text, terms[other].text} == {"w_1", "w_2"}
    assert [term.text for term in terms.values() if term.is_number] == ["2"]


def test_an_op_of_ones_own_is_written_as_a_call():
    softplus = bp.Op("softplus", lambda a: np.logaddexp(0, a), lambda g, y, a: g * bp.sigmoid(a))
    opaque = bp.Op("my op!", np.cos, lambda g, y, a: -g * np.frompyfunc(np.sin, 1, 1)(a))
    x = bp.Value(0.5, name="x")
    y = bp.named(softplus(x), "y")
    terms = name_terms(describe(y).nodes)
    assert write_op(y, terms).code == ("softplus(x)",)
    assert write_rule(y, 0, np.float64(1), terms).code == ("d_y * sigmoid(x)",)
    z = bp.named(opaque(x), "z")
    terms = name_terms(describe(z).nodes)
    written = write_rule(z, 0, np.float64(1), terms)
    assert written.code == ("my_op__vjp_0(d_z, z, x)",)
    assert "my op!" in str(mathml(written.math))
