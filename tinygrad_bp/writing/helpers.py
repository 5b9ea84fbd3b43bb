"""Definitions that stand above a derived text: the forward functions of ops, as they are.

So what is written computes the same as the engine, to the last bits.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from .. import ops

_OURS = ops.__name__


class _NoTextError(Exception):
    """A function uses what cannot be written down beside it."""


@cache
def write_helper(function: Callable[..., Any]) -> Mapping[str, str] | None:
    """Return the definition of a function of ours, after those of the functions that it calls.

    Parameters
    ----------
    function : callable
        Made of NumPy and of other functions of ours.

    Returns
    -------
    mapping of str to str or None
        From the name of each function to its definition, its own last. None for a function of
        somebody else, for a lambda, and for what uses one: no text that can stand on its own.
    """
    ours = isinstance(function, FunctionType) and function.__module__.startswith(_OURS)
    if not ours or function.__name__ == "<lambda>":
        return None
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef)
    found: dict[str, str] = {}
    try:
        plain = inspect.unwrap(function)
        local = plain.__code__.co_varnames
        known = {name: thing for name, thing in plain.__globals__.items() if name not in local}
        tree = _Plain(known, found).visit(tree)
    except _NoTextError:
        return None
    tree.name = _name(function)
    found[tree.name] = ast.unparse(tree).replace("'", '"')
    return found


def _name(function: Callable[..., Any]) -> str:
    return function.__name__.lstrip("_").removeprefix("forward_")


class _Plain(ast.NodeTransformer):
    """Leaves out annotations and docstrings, and calls other helpers by their names."""

    def __init__(self, known: Mapping[str, Any], found: dict[str, str]) -> None:
        self._known, self._found = known, found

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        if ast.get_docstring(node) is not None:
            del node.body[0]
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        thing = self._known.get(node.id)
        if thing is None or isinstance(thing, ModuleType) or isinstance(node.ctx, ast.Store):
            return node
        called = write_helper(thing)
        if called is None:
            raise _NoTextError
        self._found.update(called)
        return ast.Name(_name(thing), node.ctx)
