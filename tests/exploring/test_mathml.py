"""Formulas as elements: every element is one that browsers draw, and no text is lost."""

import pytest

from tinygrad_bp.exploring.mathml import mathml
from tinygrad_bp.writing.latex_text import symbol

_TAGS = "mrow mi mn mo mtext msub msup msubsup mfrac msqrt mtable mtr mtd"
TAGS = frozenset(_TAGS.split())


def text(tree):
    return "".join(child if isinstance(child, str) else text(child) for child in tree[1:])


def tags(tree):
    return {tree[0]}.union(*(tags(child) for child in tree[1:] if not isinstance(child, str)))


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{a}{b}", ["mrow", ["mfrac", ["mi", "a"], ["mi", "b"]]]),
        (r"w_{1}^{\top}", ["mrow", ["msubsup", ["mi", "w"], ["mn", "1"], ["mtext", "⊤"]]]),
        (r"\sqrt{2.5}", ["mrow", ["msqrt", ["mn", "2.5"]]]),
        (r"-\sigma", ["mrow", ["mo", "−"], ["mi", "σ"]]),
        (r"e^{-a}", ["mrow", ["msup", ["mi", "e"], ["mrow", ["mo", "−"], ["mi", "a"]]]]),
    ],
)
def test_elements(latex, expected):
    assert mathml(latex) == expected


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (
            r"\delta_{\mathit{out}_{h1}} \odot \left[\mathit{net}_{h1} > 0\right]",
            "δouth1⊙[neth1>0]",
        ),
        (r"\max\left(a, 0\right)", "max(a,0)"),
        (r"\sum_{\text{axis }0} x", "∑axis 0x"),
        (r"\operatorname{soft\_plus}\left(x\right)", "soft_plus(x)"),
        (r"1.5 \cdot 10^{-8}", "1.5·10−8"),
        (r"\begin{cases}a & b\\c & \text{otherwise}\end{cases}", "{abcotherwise"),
        (r"\left|a\right| \le \infty", "|a|≤∞"),
        (r"\lambda \Omega \epsilon", "λΩε"),
        (r"a[\ldots]", "a[…]"),
    ],
)
def test_texts(latex, expected):
    assert text(mathml(latex)) == expected
    assert tags(mathml(latex)) <= TAGS


@pytest.mark.parametrize(
    "name", ["a b", "50%", "x^2", "{braces}", "back\\slash", "a_b_c", "δ", "#$&~", "<b>", "_", "_a"]
)
def test_any_name_is_a_symbol(name):
    assert tags(mathml(symbol(name))) <= TAGS
    shown = text(mathml(symbol(name))).replace("\u00a0", " ")
    assert shown.replace("_", "") == name.replace("_", "")
