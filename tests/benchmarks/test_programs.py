"""What is expected of the programs is true, and it is what `check` says, but for those pending."""

import io
import json
import runpy
import warnings
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.programs.__main__ import main
from benchmarks.programs.expected import FOLDER, PROGRAMS
from benchmarks.programs.judge import Answer, ask, ask_here

RIGHT = next(p for p in PROGRAMS if p.name == "micrograd/expression.py")
WRONG = next(p for p in PROGRAMS if p.name == "micrograd/own_engine.py")


@pytest.fixture(autouse=True)
def what_programs_import(request):
    """Skip programs whose imports are not there; let none open a window or leave one."""
    callspec = getattr(request.node, "callspec", None)
    text = callspec.params["program"].path.read_text("utf-8") if callspec else ""
    if "scipy" in text:
        pytest.importorskip("scipy")
    if "matplotlib" not in text:
        yield
        return
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


def parameter(program):
    marks = [pytest.mark.xfail(reason="pending")] if program.pending else []
    return pytest.param(program, id=program.name, marks=marks)


@pytest.mark.parametrize("program", [parameter(p) for p in PROGRAMS])
def test_the_verdict_is_as_expected(program):
    answer = ask_here(program)
    assert answer.is_as_expected(program), answer


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_the_expected_verdict_is_that_of_differences(program):
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        assert wrong_by_differences(program) == list(program.wrong)


def test_every_program_has_an_expectation():
    files = {f"{path.parent.name}/{path.name}" for path in FOLDER.glob("*/*.*")}
    assert {p for p in files if not p.endswith(".pyc")} == {str(p) for p in PROGRAMS}


# --- the runner ----------------------------------------------------------------------------------


@pytest.mark.parametrize("program", [RIGHT, WRONG], ids=str)
def test_a_user_is_told_the_same(program):
    asked, here = ask(program), ask_here(program)
    assert (
        (asked.status, asked.wrong) == (here.status, here.wrong) == (program.status, program.wrong)
    )
    assert asked.seconds > 0


def test_what_could_not_be_checked_has_a_reason():
    nameless = replace(RIGHT, params="nothing")
    assert "defines no 'nothing'" in ask(nameless).message
    assert "defines no 'nothing'" in ask_here(nameless).message


def test_another_verdict_would_be_seen():
    assert not Answer("wrong", ("a",)).is_as_expected(RIGHT)
    assert not Answer("correct").is_as_expected(WRONG)
    assert not Answer("wrong", ("w", "b", "c")).is_as_expected(WRONG)
    assert not Answer("error", message="no").is_as_expected(WRONG)


def test_the_table_has_a_row_for_each(capsys):
    assert main(["--here", "--only", "micrograd/expr"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("| micrograd/expression.py | correct | correct | yes |")
    assert lines[-1] == "1 programs: 1 as expected"


def test_a_mistake_that_nobody_expects_would_be_seen():
    assert wrong_by_differences(replace(WRONG, wrong=())) == ["w", "b"]


# --- a verdict by plain NumPy and differences, which shares nothing with the package -------------


def wrong_by_differences(program):
    """Return the names of the parameters whose gradients are wrong."""
    namespace = loaded(program)
    params, loss = namespace[program.params], namespace[program.loss]
    box = {"params": params}
    names, starts, count = [], [], 0
    for name, leaf in leaves(params, ""):
        names.append(name or "params")
        starts.append(count)
        count += np.size(leaf)
    manual = namespace.get(program.manual, lambda params: loss(params)[1])
    given = flat(manual(deepcopy(params)) if callable(manual) else manual, params)
    assert len(given) == count
    numeric = np.array([slope(loss, box, i) for i in range(count)])
    off = np.abs(given - numeric) > 1e-7 * (1 + np.abs(numeric))
    ends = [*starts[1:], count]
    return [name for name, a, b in zip(names, starts, ends, strict=True) if off[a:b].any()]


def loaded(program):
    if program.path.suffix == ".py":
        return runpy.run_path(str(program.path))
    cells = json.loads(program.path.read_text("utf-8"))["cells"]
    lines = [line for c in cells if c["cell_type"] == "code" for line in [*c["source"], "\n"]]
    namespace = {}
    exec("".join(line for line in lines if line[0] not in "!%"), namespace)
    return namespace


def slope(loss, box, index):
    """Fourth-order central difference by the entry of that number."""
    h, values = 1e-4, []
    for k in (-2, -1, 1, 2):
        moved = deepcopy(box)
        move(moved, "params", index, k * h)
        result = loss(moved["params"])
        values.append(result[0] if isinstance(result, tuple) else result)
    return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)


def inside(tree):
    """Return the mapping of what is inside of a tree, or None for a leaf."""
    if isinstance(tree, list | tuple):
        return dict(enumerate(tree))
    if isinstance(tree, dict):
        return tree
    return vars(tree) if hasattr(tree, "__dict__") and not np.isscalar(tree) else None


def leaves(tree, name):
    children = inside(tree)
    if children is None:
        yield name, tree
        return
    for key, child in children.items():
        deeper = f"[{key}]" if isinstance(key, int) else f".{key}" if name else key
        yield from leaves(child, name + deeper)


def move(container, key, index, step):
    """Add to the entry of a number, counted through all leaves below; return what is left of it."""
    children = inside(container[key])
    if children is None:
        size = np.size(container[key])
        if 0 <= index < size:
            moved = np.array(container[key], float)
            moved.ravel()[index] += step
            container[key] = moved if moved.ndim else float(moved)
        return index - size
    below = container[key] if isinstance(container[key], list) else children
    for child in children:
        index = move(below, child, index, step)
    return index


def flat(gradients, params):
    """Lay gradients out as the parameters are, whatever they are called."""
    if isinstance(gradients, dict):
        names = [(key, f"d{key}", f"{key}_grad") for key in inside(params)]
        gradients = [next(gradients[n] for n in each if n in gradients) for each in names]
    return np.concatenate([np.ravel(leaf) for _, leaf in leaves(gradients, "")])
