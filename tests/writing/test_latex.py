"""Formulas against what one writes by hand."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.writing.latex_text import latex
from tinygrad_bp.writing.notation import symbol


@pytest.fixture(scope="module")
def net():
    return bp.derive(bp.net7652.loss, bp.net7652.initial_parameters())


def d(above, below):
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


NET_O, OUT_O = r"\mathit{net}_{o}", r"\mathit{out}_{o}"


def test_one_weight(net):
    factors = [d("L", f"{OUT_O}[1,0]"), d(f"{OUT_O}[1,0]", f"{NET_O}[1,0]")]
    product = r" \, ".join([*factors, d(f"{NET_O}[1,0]", "w_{3}[1,0]")])
    by_hand = f"\\begin{{aligned}}\n{d('L', 'w_{3}[1,0]')} &= {product}\n\\end{{aligned}}"
    assert net.latex_for(("w_3", (1, 0))) == by_hand
    assert net.latex_for(("w_3", (-1, -5))) == by_hand


def test_a_weight_with_ten_paths(net):
    rows = net.latex_for(("w_1", (1, 0))).splitlines()[1:-1]
    assert len(rows) == 10  # five neurons of layer 2 times two outputs
    assert len(set(rows)) == 10
    assert all(r"\mathit{out}_{h1}[1,0]" in row for row in rows)


def test_the_vector_form(net):
    product = r" \, ".join([d("L", OUT_O), d(OUT_O, NET_O), d(NET_O, "w_{3}")])
    assert net.latex_for("w_3") == (
        f"\\begin{{aligned}}\n{d('L', 'w_{3}')} &= {product} \\\\\n"
        rf"&= \delta_{{{NET_O}}} \, \mathit{{out}}_{{h2}}^{{\top}}" + "\n\\end{aligned}"
    )
    assert rf"&= \delta_{{{NET_O}}}" in net.latex_for("b_3")


def test_all_of_it(net):
    mask = r"\odot \left[\mathit{net}_{h1} > 0\right]"
    assert mask in net.latex
    assert net.latex.count(r"\begin{aligned}") == net.latex.count(r"\end{aligned}") == 1
    assert net.latex.count("{") == net.latex.count("}")


def test_sums_over_paths():
    def f(a):
        left, right = bp.named(a * 2, "left"), bp.named(np.exp(a), "right")
        return left * right

    text = bp.derive(f, 1.0).latex_for("a")
    left, right = r"\mathit{left}", r"\mathit{right}"
    assert f"&= {d('L', left)} \\, {d(left, 'a')}" in text
    assert f"&\\quad + {d('L', right)} \\, {d(right, 'a')}" in text


def test_a_parameter_that_does_not_matter():
    text = bp.derive(lambda a, b: np.sum(a), np.ones(2), 1.0).latex_for("b")
    assert f"{d('L', 'b')} &= 0" in text


def test_what_there_is_not(net):
    with pytest.raises(KeyError, match=r"no parameter 'w_4', expected one of w_1"):
        net.latex_for("w_4")
    for index in ((6, 0), (0,), 0):
        with pytest.raises(IndexError, match="has no entry"):
            net.latex_for(("w_1", index))


def test_symbols():
    assert latex(symbol("w_1")) == "w_{1}"
    assert latex(symbol("sigma")) == r"\sigma"
    assert latex(symbol(r"a\b{c}_$")) == r"\mathit{a\backslash{}b\{c\}}_{\$}"
