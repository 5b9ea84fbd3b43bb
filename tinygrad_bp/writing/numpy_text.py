"""How each op is written in NumPy: read from its row.

A row says what its text is, or which of NumPy's functions it is; else it is a call of its forward
function, which then stands above as a helper.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from string import Formatter
from typing import Any, NamedTuple

from ..kernel import Op
from ..kernel.op import HOMES
from ..ops.lookups import add_at, at, fill_in
from ..ops.shaping import _transpose, indexing, scatter_add
from ..programs.expanding import expand
from ..programs.program import Instruction, Program
from .expressions import (
    ATOM,
    COMPARISON,
    POWER,
    PRODUCT,
    SUM,
    UNARY,
    Expr,
    infix,
    inside,
    is_whole_argument,
)
from .helpers import write_helper
from .literals import Keep, index_text, literal

Write = Callable[[Instruction, Sequence[Expr], Keep], Expr]

#: How tightly Python's operators bind.
LEVELS: Mapping[str, int] = {
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys("*/@%", PRODUCT),
    "**": POWER,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), COMPARISON),
}
#: Options of reductions that are off.
_OFF = {"axis": None, "keepdims": False}


class Spelling(NamedTuple):
    """How an op is written, what its result may be called, and the helpers that it calls."""

    write: Write
    word: str
    helpers: Mapping[str, str] = {}


@lru_cache(maxsize=4096)
def entry_of(op: Op) -> Spelling | None:
    """Return how an op is written; None where its row does not say so."""
    word = op.word or op.name
    if op is _transpose:
        return Spelling(_write_transposed, word)
    if op in _AT_PLAIN_PLACES:
        return _write_places(entry_of(_AT_PLAIN_PLACES[op]))
    if op.text is not None:
        return Spelling(_fill_template(op.text), word)
    if op.symbol:
        is_mask = LEVELS[op.symbol] == COMPARISON
        write = _negative if op.arity == 1 else _operator(op.symbol)
        return Spelling(write, "mask" if is_mask else word)
    if op.numpy is not None:
        return Spelling(_call(_full_name(op), _OFF if op.reduces else {}), word)
    helpers = write_helper(op.forward)
    return None if helpers is None else Spelling(_call([*helpers][-1], {}), word, helpers)


def from_template(template: str) -> Spelling:
    """Make an entry of a text with ``{0}``, ``{1}`` for operands and ``{axis}`` for options."""
    return Spelling(_fill_template(template), "result")


def make_readable(program: Program, texts: Mapping[str, Spelling]) -> Program:
    """Replace ops of which it is not known how they are written by what they are composed of."""
    return expand(program, lambda step: entry_for(step, texts) is not None)


def entry_for(step: Instruction, texts: Mapping[str, Spelling]) -> Spelling | None:
    """Return how a step is written: a user's own op by the text that came with it."""
    assert step.op is not None
    return texts.get(step.op.name) or entry_of(step.op)


# --- calls and operators -----------------------------------------------------------------------


def _full_name(op: Op) -> str:
    """Write a function of NumPy's or SciPy's, by the name of the op where that is one, too."""
    function: Any = op.numpy
    names = (op.name, function.__name__)
    return next(
        f"{text}.{name}"
        for home, text in HOMES.items()
        for name in names
        if getattr(home, name, None) is function
    )


def _call(function: str, off: Mapping[str, Any]) -> Write:
    """Write a call: the operands, then the options that are not off."""

    def write(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
        options = [
            f"{key}={_option(key, item, keep)}"
            for key, item in step.metadata.items()
            if key not in off or item is not off[key]
        ]
        return Expr(f"{function}({', '.join([*map(str, operands), *options])})")

    return write


def _option(key: str, item: Any, keep: Keep) -> str:
    """Write an option; one axis without parentheses, an index as such."""
    if key == "axis" and isinstance(item, tuple) and len(item) == 1:
        return literal(item[0], keep)
    if key == "indices" and isinstance(item, tuple):
        return f"[{', '.join(_option('', each, keep) for each in item)}]"
    parts = item if isinstance(item, tuple) else (item,)
    if any(isinstance(part, slice) for part in parts):
        return f"np.s_[{index_text(item, keep)}]"
    return literal(item, keep)


def _operator(symbol: str) -> Write:
    return lambda step, operands, keep: infix(symbol, LEVELS[symbol], operands)


def _negative(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    return Expr(f"-{inside(operands[0], POWER)}", UNARY)


def _write_transposed(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    axes = step.metadata["axes"]
    if axes is None or tuple(axes) == tuple(range(len(step.shape)))[::-1]:
        return Expr(f"{inside(operands[0], ATOM)}.T")
    return Expr(f"np.transpose({operands[0]}, {literal(tuple(axes), keep)})")


#: Ops some of whose places are operands, and those that are written alike.
_AT_PLAIN_PLACES: Mapping[Op, Op] = {at: indexing, add_at: scatter_add}


def _write_places(plain: Spelling | None) -> Spelling:
    """Write an op with the texts of operands in its index."""
    assert plain is not None

    def write(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
        index: Any = fill_in(step.metadata["index"], operands[1:])
        metadata = {**step.metadata, "index": index if len(index) > 1 else index[0]}
        return plain.write(replace(step, metadata=metadata), operands[:1], keep)

    return plain._replace(write=write)


# --- templates ---------------------------------------------------------------------------------


def _fill_template(template: str) -> Write:
    parts = list(Formatter().parse(template))
    level = _level(template)

    def write(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
        text = ""
        for k, (before, field, form, _) in enumerate(parts):
            text += before
            after = parts[k + 1][0] if k + 1 < len(parts) else ""
            if field == "*":
                text += ", ".join(map(str, operands))
            elif field is not None and field.isdigit():
                alone = is_whole_argument(text, after)
                text += inside(operands[int(field)], 0 if alone else ATOM)
            elif field is not None:
                text += _write_field(step, field, form or "", keep, text.endswith("["))
        return Expr(text, level)

    return write


def _write_field(step: Instruction, key: str, form: str, keep: Keep, in_brackets: bool) -> str:
    """Write an option; with a form, only where it is on, and after what the form says."""
    item = tuple(step.shape) if key == "shape" else step.metadata[key]
    if form:
        return f"{form}{literal(item, keep)}" if item else ""
    if in_brackets:
        return index_text(_without_ellipsis(item, len(step.shape)), keep)
    return literal(item, keep)


def _without_ellipsis(index: Any, ndim: int) -> Any:
    """Write [:, None] for [..., None], where the dots stand for one axis."""
    if not isinstance(index, tuple) or not any(part is ... for part in index):
        return index
    plain = all(part is ... or part is None or isinstance(part, slice) for part in index)
    if not plain or len(index) != ndim:
        return index
    return tuple(slice(None) if part is ... else part for part in index)


@cache
def _level(template: str) -> int:
    """Find out how tightly a text binds."""
    text = "".join(_pieces(template))
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return COMPARISON - 1
    if isinstance(node, ast.Call | ast.Subscript | ast.Attribute | ast.Name | ast.Constant):
        return ATOM
    return COMPARISON - 1


def _pieces(template: str) -> Iterator[str]:
    for before, field, form, _ in Formatter().parse(template):
        yield before
        if field is not None and not form:
            yield "x"
