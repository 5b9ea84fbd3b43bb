"""The corpus of coursework is what it says: right where right, wrong where wrong, plain NumPy."""

import ast
import importlib
import sys
import types
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.coursework import corpus
from benchmarks.coursework.corpus import differing, fresh, load, names
from benchmarks.coursework.judge import ALSO

#: The identifiers that a file may call its mistakes by.
IDENTIFIERS = {
    *ALSO,
    *(name for others in ALSO.values() for name in others),
    "all-zero",
    "clipped",
    "exponent",
    "factor-added",
    "index-overwritten",
    "index-shifted",
    "mask-added",
    "rounded",
    "routed-to-all",
    "target-replaced",
    "term-added",
    "term-replaced",
    "update-before-propagate",
    "weight-decay-missing-or-extra",
}
#: For differences of the fourth order, of losses of about 1.
STEP = 1e-4


def points(program):
    return program.params, fresh(program.params, 0)


def differences(program, params):
    """Compute the gradients from values of the loss alone."""
    gradients = {}
    for name, value in params.items():
        gradients[name] = np.zeros(np.shape(value))
        for index in np.ndindex(np.shape(value)):
            values = []
            for steps in (-2, -1, 1, 2):
                moved = np.array(value, float)
                moved[index] += steps * STEP
                moved = float(moved) if isinstance(value, float) else moved
                values.append(float(program.loss({**params, name: moved})))
            gradients[name][index] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (
                12 * STEP
            )
    return gradients


@pytest.mark.parametrize("name", names())
def test_right_is_right_and_wrong_is_wrong(name):
    program = load(name)
    for params in points(program):
        numeric = differences(program, params)
        for case in program.cases:
            assert bool(differing(case.gradients(params), numeric)) is case.wrong, case.mistake


@pytest.mark.parametrize("name", names())
def test_mistakes_are_told_apart(name):
    program = load(name)
    params = fresh(program.params, 0)
    known = [(case.mistake, case.gradients(params)) for case in program.cases if case.wrong]
    for k, (mistake, gradients) in enumerate(known):
        for other, others in known[:k]:
            assert differing(gradients, others), f"{mistake} is {other}"


@pytest.mark.parametrize("name", names())
def test_every_mistake_has_names_and_a_place(name):
    program = load(name)
    source = Path(
        importlib.import_module(f"{corpus.__package__}.{name.replace('/', '.')}").__file__
    )
    words = set(source.read_text(encoding="utf-8").split('"'))
    assert program.about.endswith(".")
    for case in program.cases:
        assert {*case.names} <= IDENTIFIERS
        assert bool(case.where) is case.wrong
        assert case.mistake in words or not case.wrong


@pytest.mark.parametrize("name", names())
def test_a_file_knows_nothing_of_the_package(name):
    source = Path(
        importlib.import_module(f"{corpus.__package__}.{name.replace('/', '.')}").__file__
    )
    tree = ast.parse(source.read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported <= {"numpy", "math"}


def test_the_corpus_is_large_enough():
    counts = Counter()
    for name in names():
        program = load(name)
        counts[program.folder] += sum(case.wrong for case in program.cases)
    assert len(names(("programs",))) >= 32
    assert counts["programs"] >= 330
    assert counts["public"] >= 25
    assert counts["kernels"] >= 28
    assert counts["unseen"] >= 100


def test_a_wrong_gradient_that_is_right_would_be_seen():
    program = load("programs/svm")
    right = program.right.gradients(program.params)
    assert not differing(right, right)
    off = {**right, "b": right["b"] * (1 + 1e-5)}
    assert differing(off, right) == {"b"}
    assert differing({**right, "b": right["b"][:1]}, right) == {"b"}
    assert differing({"W": right["W"]}, right) == {"b"}


def test_fresh_points_keep_shapes_types_and_signs():
    params = {"a": np.array([[1.0, -2.0]]), "b": 3.0}
    moved = fresh(params, 4)
    assert type(moved["b"]) is float
    assert moved["a"].shape == (1, 2)
    assert np.all(np.sign(moved["a"]) == np.sign(params["a"]))
    assert moved["b"] != fresh(params, 5)["b"]


def test_a_program_gets_the_numpy_that_it_is_given(monkeypatch):
    module = f"{corpus.__package__}.programs.svm"
    importlib.import_module(module)
    other = types.ModuleType("other_numpy")
    vars(other).update(vars(np))
    monkeypatch.setitem(sys.modules, "other_numpy", other)
    monkeypatch.delitem(sys.modules, module)
    assert load("programs/svm", "other_numpy").loss.__globals__["np"] is other
    assert sys.modules["numpy"] is np
