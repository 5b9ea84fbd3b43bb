"""The programs of the guide give the same numbers in every library that is installed."""

import ast
import doctest
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parent.parent / "docs" / "coming_from.md"
SECTIONS = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
PEERS = {"autograd": "autograd", "JAX": "jax", "PyTorch": "torch", "micrograd": "micrograd"}
#: Of higher order: micrograd has none.
ABSENT = {("micrograd", 5), ("micrograd", 7)}


def run(source, names):
    """Execute a program, and return what its last line is."""
    *body, last = ast.parse(source).body
    exec(compile(ast.Module(body, []), "guide", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "guide", "eval"), names)
    exec(compile(ast.Module([last], []), "guide", "exec"), names)
    return None


def program(section, peer):
    found = re.search(rf"^\*\*{peer}\*\*\n\n```python\n(.*?)```", SECTIONS[section], re.S | re.M)
    return found.group(1) if found else None


def ours(section):
    return "".join(
        example.source for example in doctest.DocTestParser().get_examples(SECTIONS[section])
    )


def numbers(result):
    """Return all numbers in a result, in order."""
    if isinstance(result, dict):
        return [number for name in sorted(result) for number in numbers(result[name])]
    if isinstance(result, tuple | list):
        return [number for part in result for number in numbers(part)]
    return np.ravel(np.asarray(result, float)).tolist()


def compare(peer, section, change=lambda source: source):
    names, own_names = {}, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the peer
        run(program(0, peer), names)
        result = run(change(program(section, peer)), names)
    run(ours(0), own_names)
    own = run(ours(section), own_names)
    if result is not None:  # a check that raises
        np.testing.assert_allclose(numbers(result), numbers(own), rtol=2e-6)


@pytest.mark.parametrize("section", range(1, 11))
@pytest.mark.parametrize("peer", PEERS)
def test_the_numbers_agree(peer, section):
    assert (program(section, peer) is None) == ((peer, section) in ABSENT)
    if (peer, section) not in ABSENT:
        pytest.importorskip(PEERS[peer], reason=f"{peer} is not installed")
        compare(peer, section)


def test_ten_programs():
    assert len(SECTIONS) == 11
    assert [s[: s.index(" ")] for s in SECTIONS[1:]] == [f"{k}." for k in range(1, 11)]


def test_another_number_would_be_seen():
    pytest.importorskip("autograd", reason="autograd is not installed")
    with pytest.raises(AssertionError):
        compare("autograd", 1, lambda source: source.replace("x**2", "x**3"))
