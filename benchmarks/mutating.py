"""Every mutant of a module: one thing changed in what it says."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

#: What an operator may be mistaken for.
SWAPPED: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}


#: Keyword arguments that tell what holds anyway, how much to remember, or a type.
NEEDLESS = ("strict", "maxsize", "stacklevel", "bound")


class Mutant(NamedTuple):
    """A module with one thing changed.

    Attributes
    ----------
    span, statement : tuple of int
        The first and the last line of what is changed, and of the statement around it: of a
        whole function where that is its head.
    before, after : str
        The text that was changed.
    tree : ast.Module
        The whole module.
    """

    span: tuple[int, int]
    statement: tuple[int, int]
    before: str
    after: str
    tree: ast.Module


def mutants(text: str, sample: int | None = None, seed: str = "") -> Iterator[Mutant]:
    """Yield every mutant of a module, or so many that are drawn, in the order of its lines.

    Changed are operators, conditions, numbers, truth values, default values, what is returned,
    statements that are left out, and keyword arguments that are.
    Annotations, docstrings and texts of errors are left alone.

    Examples
    --------
    >>> [mutant.after for mutant in mutants("def f(a): return a < 1")]
    ['return None', 'a <= 1', '2']
    """
    tree = ast.parse(text)
    places = [(path, change) for path in _paths(tree) for change in _changes(_at(tree, path))]
    if sample is not None and sample < len(places):
        drawn = sorted(random.Random(seed).sample(range(len(places)), sample))
        places = [places[k] for k in drawn]
    for path, change in places:
        node = _at(tree, path)
        around = [_at(tree, path[:k]) for k in range(len(path) + 1)]
        statement = [each for each in around if isinstance(each, ast.stmt)][-1]
        changed = ast.parse(text)
        change(_at(changed, path))
        ast.fix_missing_locations(changed)
        after = _shown(_at(changed, path))
        whole = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        about = (statement.lineno, statement.end_lineno) if whole else _lines(statement)
        yield Mutant(_lines(node), about, _shown(node), after, changed)


Way = tuple[tuple[str, int | None], ...]


def _paths(node: ast.AST, path: Way = ()) -> Iterator[Way]:
    """Yield how to find each node that may be changed, from the root."""
    if hasattr(node, "lineno") and not _is_for_types(node):
        yield path
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "op", "ops", "ctx"):
            continue
        if isinstance(node, ast.Raise) or _is_docstring(value) or _is_for_types(node):
            continue
        if isinstance(node, ast.keyword) and node.arg in NEEDLESS:
            continue
        if isinstance(value, ast.AST):
            yield from _paths(value, (*path, (field, None)))
        elif isinstance(value, list):
            for k, each in enumerate(value):
                if isinstance(each, ast.AST) and not _is_docstring(each):
                    yield from _paths(each, (*path, (field, k)))


def _at(root: ast.AST, path: Way) -> Any:
    node: Any = root
    for field, k in path:
        node = getattr(node, field)
        node = node if k is None else node[k]
    return node


def _lines(node: Any) -> tuple[int, int]:
    """Return the lines of a node; of a statement with others in it, those of its head."""
    inside = getattr(node, "body", None)
    if isinstance(inside, list):
        return node.lineno, max(node.lineno, inside[0].lineno - 1)
    return node.lineno, node.end_lineno


def _is_docstring(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _shown(node: ast.AST) -> str:
    lines = ast.unparse(node).splitlines()
    return lines[0] + (" ..." if len(lines) > 1 else "")


def _changes(node: Any) -> Iterator[Callable[[Any], None]]:
    """Yield what may be done to a node; each changes it where it stands."""
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in SWAPPED:
        yield lambda n: setattr(n, "op", SWAPPED[type(n.op)]())
    if isinstance(node, ast.Compare):
        yield lambda n: n.ops.__setitem__(0, SWAPPED[type(n.ops[0])]())
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not _is_choice(node.test):
        yield lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield lambda n: _become(n, n.operand)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield lambda n: setattr(n, "value", n.value + 1)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield lambda n: setattr(n, "value", not n.value)
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield lambda n: setattr(n, "value", ast.Constant(None))
    if isinstance(node, ast.Expr | ast.Raise | ast.AugAssign | ast.Break | ast.Continue):
        yield lambda n: _become(n, ast.Pass())
    if isinstance(node, ast.Call):
        for k, keyword in enumerate(node.keywords):
            if keyword.arg is not None and keyword.arg not in NEEDLESS:
                yield lambda n, k=k: n.keywords.pop(k)
    for place, loop in enumerate(getattr(node, "generators", ())):
        for k in range(len(loop.ifs)):
            yield lambda n, place=place, k=k: n.generators[place].ifs.pop(k)


def _is_choice(node: Any) -> bool:
    """Say whether the operator of a condition swapped is the condition negated."""
    return isinstance(node, ast.Compare) and isinstance(
        node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn
    )


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _become(node: Any, other: ast.AST) -> None:
    """Put another node where one stands: the tree holds on to the same object."""
    ast.copy_location(other, node)
    node.__class__ = type(other)
    node.__dict__.clear()
    node.__dict__.update(other.__dict__)
