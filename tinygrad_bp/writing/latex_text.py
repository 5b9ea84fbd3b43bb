"""The table of how each op is written in LaTeX, and names as symbols."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..programs.program import Instruction
from .expressions import ATOM, COMPARISON, POWER, PRODUCT, SUM, UNARY, Expr
from .literals import number_text

_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
_GREEK = frozenset(_LETTERS.split())
_SPECIAL = {
    "\\": r"\backslash{}",
    "{": r"\{",
    "}": r"\}",
    "^": r"\hat{}",
    "~": r"\sim{}",
    **{c: f"\\{c}" for c in "#$%&_"},
}
_INFIX = {
    "add": ("+", SUM),
    "sub": ("-", SUM),
    "matmul": (r"\,", PRODUCT),
    "greater": (">", COMPARISON),
    "greater_equal": (r"\ge", COMPARISON),
    "less": ("<", COMPARISON),
    "less_equal": (r"\le", COMPARISON),
    "equal": ("=", COMPARISON),
    "not_equal": (r"\ne", COMPARISON),
}
_FUNCTIONS = {
    "log": r"\ln",
    "tanh": r"\tanh",
    "sin": r"\sin",
    "cos": r"\cos",
    "tan": r"\tan",
    "sinh": r"\sinh",
    "cosh": r"\cosh",
    "sigmoid": r"\sigma",
    "maximum": r"\max",
    "minimum": r"\min",
    "max": r"\max",
    "min": r"\min",
    "det": r"\det",
}


def symbol(name: str) -> str:
    r"""Write a name as a symbol, what follows an underscore as its index.

    Examples
    --------
    >>> print(symbol("w_1"), symbol("net_h1"), symbol("delta"), symbol("50%"))
    w_{1} \mathit{net}_{h1} \delta \mathit{50\%}
    """
    base, _, index = name.partition("_")
    if not base or not index:
        return _word(name)
    return f"{_word(base)}_{{{_escaped(index)}}}"


def _word(name: str) -> str:
    if name in _GREEK:
        return f"\\{name}"
    return _escaped(name) if len(name) == 1 else rf"\mathit{{{_escaped(name)}}}"


def _escaped(text: str) -> str:
    plain = "".join(_SPECIAL.get(c, c) for c in text if c.isprintable())
    return plain.replace(" ", r"\ ")


def number(value: Any) -> Expr:
    """Write a number."""
    text = number_text(value).replace("np.nan", r"\mathrm{NaN}").replace("np.inf", r"\infty")
    text = re.sub(r"e([+-]?)0*(\d+)$", lambda m: rf" \cdot 10^{{{m[1].strip('+')}{m[2]}}}", text)
    return Expr(text, UNARY if text.startswith("-") else PRODUCT if " " in text else ATOM)


def formula(step: Instruction, operands: Sequence[Expr], shapes: Sequence[Any]) -> Expr:
    """Write an op of operands."""
    name = step.row
    if name in _INFIX:
        return _infix(name, operands)
    writer = _SPECIAL_FORMS.get(name)
    if writer is not None:
        return writer(step, operands, shapes)
    about = _FUNCTIONS.get(name, rf"\operatorname{{{_escaped(step.op_name)}}}")
    axis = step.metadata.get("axis")
    below = "" if axis is None else rf"_{{\text{{axis }}{_escaped(str(axis))}}}"
    return Expr(rf"{about}{below}\left({', '.join(map(str, operands))}\right)")


def _infix(name: str, operands: Sequence[Expr]) -> Expr:
    sign, level = _INFIX[name]
    left, right = operands
    text = f"{_inside(left, level)} {sign} {_inside(right, level + 1)}"
    if level == COMPARISON:  # Iverson's bracket: 1 where it is true
        return Expr(rf"\left[{text}\right]")
    return Expr(text, level)


def _inside(part: Expr, level: int) -> str:
    return part.text if part.level >= level else rf"\left({part.text}\right)"


def _mul(step: Instruction, operands: Sequence[Expr], shapes: Sequence[Any]) -> Expr:
    sign = r"\odot" if all(shape != () for shape in shapes) else r"\cdot"
    left, right = operands
    first = _inside(left, PRODUCT if left.symbol == sign else UNARY)
    return Expr(f"{first} {sign} {_inside(right, UNARY + 1)}", PRODUCT, sign)


def _div(step: Instruction, operands: Sequence[Expr], shapes: Sequence[Any]) -> Expr:
    return Expr(rf"\frac{{{operands[0]}}}{{{operands[1]}}}", PRODUCT)


def _pow(step: Instruction, operands: Sequence[Expr], shapes: Sequence[Any]) -> Expr:
    return Expr(f"{_inside(operands[0], ATOM)}^{{{operands[1]}}}", POWER)


def _neg(step: Instruction, operands: Sequence[Expr], shapes: Sequence[Any]) -> Expr:
    return Expr(f"-{_inside(operands[0], PRODUCT)}", UNARY if operands[0].level > SUM else PRODUCT)


def _transpose(step: Instruction, operands: Sequence[Expr], shapes: Sequence[Any]) -> Expr:
    return Expr(rf"{_inside(operands[0], ATOM)}^{{\top}}", POWER)


def _sum(step: Instruction, operands: Sequence[Expr], shapes: Sequence[Any]) -> Expr:
    axis = step.metadata["axis"]
    below = "" if axis is None else rf"_{{\text{{axis }}{str(axis).strip('(),')}}}"
    return Expr(rf"\sum{below} {_inside(operands[0], PRODUCT)}", SUM)


def _getitem(step: Instruction, operands: Sequence[Expr], shapes: Sequence[Any]) -> Expr:
    return Expr(rf"{_inside(operands[0], ATOM)}[\ldots]")


_SPECIAL_FORMS: Mapping[str, Callable[..., Expr]] = {
    "mul": _mul,
    "div": _div,
    "pow": _pow,
    "neg": _neg,
    "transpose": _transpose,
    "sum": _sum,
    "getitem": _getitem,
    "relu": lambda step, a, shapes: Expr(rf"\max\left({a[0]}, 0\right)"),
    "exp": lambda step, a, shapes: Expr(f"e^{{{a[0]}}}", POWER),
    "sqrt": lambda step, a, shapes: Expr(rf"\sqrt{{{a[0]}}}"),
    "abs": lambda step, a, shapes: Expr(rf"\left|{a[0]}\right|"),
    "broadcast_to": lambda step, a, shapes: a[0],
    "astype": lambda step, a, shapes: a[0],
    "where": lambda step, a, shapes: Expr(
        rf"\begin{{cases}}{a[1]} & {a[0]}\\{a[2]} & \text{{otherwise}}\end{{cases}}"
    ),
}
