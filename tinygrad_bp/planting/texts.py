"""Lines of a source text: found, replaced, written as their neighbours are."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

_ASSIGNMENT = re.compile(r"(?P<start>\s*(?P<name>\w+) = )(?P<text>.*?)(?P<comment>  # .*)?")


def match_assignment(line: str) -> re.Match[str] | None:
    """Take an assignment apart, into start, name, text and comment."""
    return _ASSIGNMENT.fullmatch(line)


def name_of(line: str) -> str:
    """Return which variable a line assigns to; "" for no assignment."""
    found = match_assignment(line)
    return found["name"] if found else ""


def strip(line: str) -> str:
    """Return a line without its indentation and its comment."""
    found = match_assignment(line)
    return f"{found['name']} = {found['text']}" if found else line.strip()


def find_lines(text: str, name: str) -> list[int]:
    """Find the lines, counted from 1, in which a variable of the function is assigned."""
    start = f"    {name} = "
    return [k for k, line in enumerate(text.splitlines(), 1) if line.startswith(start)]


def put_line(text: str, number: int, expression: str) -> str:
    """Put another expression in a line; its comment stays."""
    lines = text.splitlines()
    found = match_assignment(lines[number - 1])
    assert found is not None
    lines[number - 1] = f"{found['start']}{expression}{found['comment'] or ''}"
    return "\n".join(lines) + "\n"


def shorten(expression: str, before: Sequence[str]) -> str:
    """Write variables for what the lines before have computed, as other lines do."""
    for line in before:
        found = match_assignment(line)
        if found and found["start"].startswith("    "):
            name, text = found["name"], found["text"]
            expression = expression.replace(f"({text})", name)
            if expression == text:
                expression = name
            elif _is_one_thing(text):
                expression = re.sub(rf"(?<![\w.]){re.escape(text)}(?!\w)", name, expression)
    whole = expression.removeprefix("(").removesuffix(")")
    return whole if expression == f"({whole})" and _is_python(whole) else expression


def _is_python(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


def _is_one_thing(text: str) -> bool:
    """Whether a text can be replaced wherever it stands: a call, or a power."""
    if not _is_python(text):  # the first line of a long array
        return False
    tree = ast.parse(text, mode="eval").body
    power = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow)
    return power or isinstance(tree, ast.Call)


def list_words(line: str) -> list[str]:
    """Return what a line is made of; variables of one name are numbered in another order."""
    return sorted(re.sub(r"_\d+$", "", word) for word in re.findall(r"\w+", line))
