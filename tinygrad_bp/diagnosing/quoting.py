"""Lines as a learner would write them: without the names that only the derivation has."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from fractions import Fraction

from ..writing.expressions import is_whole_argument

#: A word that is no attribute and no keyword of a call.
_VARIABLE = re.compile(r"(?<![\w.])[^\W\d]\w*(?!\s*=[^=])(?!\w)")
_ATOM = re.compile(r"[\w.]+(\([^()]*\)|\[[^\[\]]*\])?")
_POWER = re.compile(r"\w+ \*\* \d+")
_LONGEST, _TOO_LONG = 90, 300
#: How many terms of a long sum are shown of those in which two lines differ.
_MOST_TERMS = 2


def put_in(text: str, helpers: Mapping[str, str]) -> str:
    """Write in a text what variables stand for, in parentheses where it needs them."""

    def what(found: re.Match[str]) -> str:
        put, after = helpers.get(found[0], found[0]), found.string[found.end() :]
        alone = is_whole_argument(found.string[: found.start()], after)
        power = _POWER.fullmatch(put) and not after.startswith((" **", ".", "["))
        return put if alone or power or _ATOM.fullmatch(put) else f"({put})"

    return _VARIABLE.sub(what, text)


def in_full(text: str, helpers: Mapping[str, str]) -> str:
    """Put in what variables stand for that the user does not know, while the text stays short."""
    while (longer := put_in(text, helpers)) != text and len(longer) <= _LONGEST:
        text = longer
    return text


def find_variables(text: str) -> set[str]:
    """Return the variables in a text."""
    return {*_VARIABLE.findall(text)}


def align(
    one: str, other: str, helpers: tuple[Mapping[str, str], Mapping[str, str]]
) -> tuple[str, str]:
    """Put in what the texts of one line do not have in common, and the rest while it is short.

    What is left that the user does not know, and is the same in both, becomes ``...``.
    """
    texts = [one, other]
    while max(map(len, texts)) < _TOO_LONG:
        words = [find_variables(text) for text in texts]
        both = words[0] & words[1]
        longer = [
            put_in(text, {n: known[n] for n in mine - both if n in known})
            for text, mine, known in zip(texts, words, helpers, strict=True)
        ]
        if longer == texts:
            common = {n for n in both if n in helpers[0] and n in helpers[1]}
            for name in sorted(common, key=lambda n: len(helpers[0][n])):
                longer = [
                    put_in(text, {name: known[name]})
                    for text, known in zip(texts, helpers, strict=True)
                ]
                if max(map(len, longer)) <= _LONGEST:
                    break
            else:
                break
        texts = longer
    one, other = (put_in(t, dict.fromkeys(h, "...")) for t, h in zip(texts, helpers, strict=True))
    return one, other


def tidy(text: str, *, ties: bool = True) -> str:
    """Leave out of an expression what is 0, and write 1 / 3 for 0.3333333333333333.

    Examples
    --------
    >>> tidy("a * 0.3333333333333333 + (A.T.T @ np.zeros((3, 2))) / b")
    'a * (1 / 3)'
    >>> tidy("g * (x > 0) + g / 2 * (x == 0)", ties=False)
    'g * (x > 0)'
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return text
    before = ast.dump(tree)
    after = _Tidy(ties).visit(tree)
    return text if ast.dump(after) == before else ast.unparse(after)


def abridge(one: str, other: str) -> tuple[str, str]:
    """Leave out of two long sums the terms that they have in common, and some of many.

    Examples
    --------
    >>> abridge("a + " + 40 * "b" + " + c * d", "a + " + 40 * "b")
    ('... + c * d', '...')
    """
    if max(len(one), len(other)) <= _LONGEST:
        return one, other
    sides = [_terms(ast.parse(text, mode="eval").body) for text in (one, other)]
    same = {*sides[0]} & {*sides[1]}
    kept = [[term for term in terms if term not in same] for terms in sides]
    most = _MOST_TERMS if min(map(len, kept)) > _MOST_TERMS else max(map(len, kept))
    left_out = [same or len(terms) > most for terms in kept]
    one, other = (
        " + ".join([*(["..."] if more and same else []), *terms[:most]])
        + (" + ..." if len(terms) > most else "")
        for terms, more in zip(kept, left_out, strict=True)
    )
    return one, other


def _terms(node: ast.AST) -> list[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_terms(node.left), *_terms(node.right)]
    return [ast.unparse(node)]


class _Tidy(ast.NodeTransformer):
    """Rewrites an expression from inside out."""

    def __init__(self, ties: bool) -> None:
        self._ties = ties

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, float) or len(repr(node.value)) <= 8:
            return node
        near = Fraction(node.value).limit_denominator(1000)
        if abs(near - Fraction(node.value)) < 1e-13:
            return ast.parse(f"{near.numerator} / {near.denominator}", mode="eval").body
        return ast.Constant(float(f"{node.value:.6g}"))

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        return _ZERO if not self._ties and isinstance(node.ops[0], ast.Eq) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        inner = node.value
        twice = isinstance(inner, ast.Attribute) and (node.attr, inner.attr) == ("T", "T")
        return inner.value if twice else node  # type: ignore[attr-defined]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = ast.unparse(node.func)
        if name in ("np.reshape", "np.broadcast_to") and _is_full(node.args[0]):
            return node.args[0]
        return _ZERO if name == "np.zeros" else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        return _ZERO if _is_zero(node.operand) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.MatMult):
            node.left, node.right = _plain(node.left), _plain(node.right)
        if isinstance(node.op, ast.Add | ast.Sub):
            if _is_zero(node.right):
                return node.left
            if _is_zero(node.left):
                return (
                    node.right
                    if isinstance(node.op, ast.Add)
                    else ast.UnaryOp(ast.USub(), node.right)
                )
        if isinstance(node.op, ast.Mult) and _is_one(node.left):
            return node.right
        if _is_dots(node.left) and _is_dots(node.right):
            return node.left
        product = isinstance(node.op, ast.Mult | ast.MatMult) and _is_zero(node.right)
        return (
            _ZERO if product or (_is_zero(node.left) and not isinstance(node.op, ast.Pow)) else node
        )


_ZERO = ast.Constant(0)


def _is_one(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is float and node.value == 1.0


def _is_full(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "np.full"


def _plain(node: ast.expr) -> ast.expr:
    """Write the number alone for an array that is the same everywhere."""
    return node.args[1] if _is_full(node) else node  # type: ignore[attr-defined]


def _is_dots(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _is_zero(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is not True and node.value == 0
