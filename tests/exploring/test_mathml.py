"""Formulas as elements: every element is one that browsers draw, and no text is lost."""

import numpy as np
import pytest

from tinygrad_bp.exploring.mathml import mathml
from tinygrad_bp.writing.latex_text import latex
from tinygrad_bp.writing.notation import number, symbol

_TAGS = "mrow mi mn mo mtext msub msup msubsup mfrac msqrt mtable mtr mtd"
TAGS = frozenset(_TAGS.split())


def text(tree):
    return "".join(child if isinstance(child, str) else text(child) for child in tree[1:])


def tags(tree):
    return {tree[0]}.union(*(tags(child) for child in tree[1:] if not isinstance(child, str)))


W, A = ("sub", ("name", "w"), ("plain", "1")), ("name", "a")


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (("frac", A, ("name", "b")), ["mfrac", ["mi", "a"], ["mi", "b"]]),
        (("sup", W, ("plain", "⊤")), ["msubsup", ["mi", "w"], ["mn", "1"], ["mtext", "⊤"]]),
        (("sqrt", ("plain", "2.5")), ["msqrt", ["mn", "2.5"]]),
        (("prefix", "-", ("name", "sigma")), ["mrow", ["mo", "−"], ["mi", "σ"]]),
        (
            ("sup", ("plain", "e"), ("prefix", "-", A)),
            ["msup", ["mi", "e"], ["mrow", ["mo", "−"], ["mi", "a"]]],
        ),
        (("infix", "", A, W), ["mrow", ["mi", "a"], ["mtext", "\u2009"], mathml(W)]),
    ],
)
def test_elements(layout, expected):
    assert mathml(layout) == expected


@pytest.mark.parametrize(
    ("layout", "expected", "latex_text"),
    [
        (("call", ("function", "max"), A, ("plain", "0")), "max(a,0)", r"\max\left(a, 0\right)"),
        (("call", ("function", "arctan"), A), "arctan(a)", r"\arctan\left(a\right)"),
        (("call", ("function", "exp"), A), "exp(a)", r"\exp\left(a\right)"),
        (
            ("call", ("function", "soft_plus"), A),
            "soft_plus(a)",
            r"\operatorname{soft\_plus}\left(a\right)",
        ),
        (
            ("sum", ("row", ("text", "axis "), ("plain", "0")), A),
            "∑axis 0a",
            r"\sum_{\text{axis }0} a",
        ),
        (number(1.5e-8).layout, "1.5·10−8", r"1.5 \cdot 10^{-8}"),
        (number(-np.inf).layout, "−∞", r"-\infty"),
        (
            ("cases", A, ("name", "b"), ("name", "c")),
            "{abcotherwise",
            r"\begin{cases}a & b\\c & \text{otherwise}\end{cases}",
        ),
        (("fence", "|", A, "|"), "|a|", r"\left|a\right|"),
        (("row", A, ("plain", "[…]")), "a[…]", r"a[\ldots]"),
        (("row", ("plain", "∂"), A), "∂a", r"\partial a"),
    ],
)
def test_texts(layout, expected, latex_text):
    assert text(mathml(layout)) == expected
    assert tags(mathml(layout)) <= TAGS
    assert latex(layout) == latex_text


@pytest.mark.parametrize(
    "name", ["a b", "50%", "x^2", "{braces}", "back\\slash", "a_b_c", "δ", "#$&~", "<b>", "_", "_a"]
)
def test_any_name_is_a_symbol(name):
    assert tags(mathml(symbol(name))) <= TAGS
    shown = text(mathml(symbol(name))).replace("\u00a0", " ")
    assert shown.replace("_", "") == name.replace("_", "")
