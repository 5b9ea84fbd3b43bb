"""`exercise`: a backward pass with one mistake in it, to be found."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from typing import Any

import numpy as np

from ..checking.compare import compare
from ..checking.comparison import Comparison
from ..diagnosing.diagnosis import Diagnosis
from ..diagnosing.quoting import in_full
from ..diagnosing.reconstruction import Reconstruction, derivation_of
from ..trees import flatten
from ..writing import Derivation
from ..writing.source import write_assignment
from .plants import Garden, Plant

#: What nobody has to look for: there is nothing to be read in the line.
_DULL = frozenset(["all-zero"])
#: In how many lines a mistake is tried: those that differ, each alone.
_TRIED = 3
_ASSIGNMENT = re.compile(r"(?P<start>\s*(?P<name>\w+) = )(?P<text>.*?)(?P<comment>  # .*)?")


@dataclass(frozen=True)
class Exercise:
    """A backward pass with exactly one mistake in it; made by `exercise`.

    Attributes
    ----------
    seed : int
        Its number among those of the same function.
    source : str
        A Python file that runs with NumPy alone: data, `params`, and a function of them that
        returns the loss and its gradients, some of which are wrong.
    function : str
        What that function is called.
    lines : tuple of int
        The lines of `source` with the mistake, counted from 1: one, or one for each pass of a
        loop.
    wrong, right : str
        The first of these lines, and what should stand there.
    mistake : str
        The identifier of the mistake, as in `Diagnosis`.
    parameters : tuple of str
        The parameters whose gradients are wrong.
    hint : str
        Where to look, but not what is wrong.
    solution : str
        The line, what should stand there, and why.
    """

    seed: int
    source: str
    function: str
    lines: tuple[int, ...]
    wrong: str
    right: str
    mistake: str
    parameters: tuple[str, ...]
    hint: str
    solution: str
    _fun: Callable[[Any], Any] = field(repr=False, compare=False)
    _params: Any = field(repr=False, compare=False)

    def check(self, answer: str | Callable[[Any], Any]) -> Comparison:
        """Compare the gradients of an answer with the right ones.

        Parameters
        ----------
        answer : str or callable
            The whole source as it was put right; or a line of it, ``d_w = x.T @ d_o``, or several,
            that take the places of those for the same variables; or a function of the parameters
            that returns the gradients, or the loss and the gradients. Text is run as Python.

        Returns
        -------
        Comparison
            True where all gradients are right. Else it has a diagnosis, as always.

        Raises
        ------
        ValueError
            If the text is no line of the exercise, and defines no such function.
        Exception
            Whatever the text raises when it is run.
        """
        return compare(self._fun, self._params, _gradients(self._function(answer), self._params))

    def _function(self, answer: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
        if callable(answer):
            return answer
        if "def " not in answer:
            answer = self._corrected(answer)
        return _run(answer, self.function)

    def _corrected(self, answer: str) -> str:
        """Put lines in the places of those for the same variables."""
        source = self.source
        for line in filter(None, map(str.strip, answer.splitlines())):
            name, equals, text = line.partition(" = ")
            found = _lines_for(source, name)
            if not equals or not found:
                raise ValueError(
                    f"expected lines of the exercise, such as {self.wrong!r}, or a whole source "
                    f"with a function {self.function!r}, got {line!r}"
                )
            source = _with_line(source, found[-1], text)
        return source

    def to_json(self) -> str:
        """Return all fields as JSON."""
        return json.dumps({k: v for k, v in vars(self).items() if k[0] != "_"}, indent=2)

    def __str__(self) -> str:
        return self.source


def exercise(fun: Callable[[Any], Any], params: Any, *, seed: int = 0) -> Exercise:
    """Write a backward pass with exactly one mistake in it, as a file for a learner.

    Parameters
    ----------
    fun : callable
        ``fun(params)`` gives a scalar, the loss, as for `compare`.
    params : array_like, nested dicts, lists and tuples of them
        Where the gradients are taken.
    seed : int, optional
        Which exercise, counted from 0. Each number gives another one, and always the same.

    Returns
    -------
    Exercise
        With its source, a hint, the solution, and `check` for answers.

    Raises
    ------
    ValueError
        If there are not so many exercises: the text says how many there are.
    TypeError
        If `fun` gives no real number, or its backward pass cannot be written out.

    Notes
    -----
    The text is that of `derive`, with one line of the backward pass replaced, or the same line in
    every pass of a loop. The mistake shows: `compare` calls the gradients wrong at `params`. And
    it has one answer: the diagnosis names this one line and no other.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> x, t = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 1.5]]), np.array([[1.0], [0.0], [2.0]])
    >>> params = {"w": np.array([[0.5], [-0.3]]), "b": np.array([0.1])}
    >>> def loss(p):
    ...     o = x @ p["w"] + p["b"]
    ...     return np.sum((o - t) ** 2)
    >>> task = bp.exercise(loss, params, seed=0)
    >>> bool(task.check(task.source)), bool(task.check(task.right))
    (False, True)
    """
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    return exercises(fun, params, count=seed + 1)[seed]


def exercises(fun: Callable[[Any], Any], params: Any, *, count: int) -> list[Exercise]:
    """Write several different exercises of one function: those with the seeds 0, 1, 2 ...

    Parameters
    ----------
    fun, params
        As for `exercise`.
    count : int
        How many.

    Returns
    -------
    list of Exercise
        The k-th is that with ``seed=k``. Different mistakes come first, then the same ones at
        other places.

    Raises
    ------
    ValueError
        If there are not so many: the text says how many there are.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> params = {"w": np.array([0.5, -0.3]), "v": np.array([1.5, 2.0])}
    >>> def loss(p):
    ...     return np.sum((np.tanh(p["w"]) * p["v"]) ** 2)
    >>> len({task.source for task in bp.exercises(loss, params, count=3)})
    3
    """
    workshop = _Workshop(fun, params)
    made = list(islice(workshop.all(), count))
    if not made and count:
        raise ValueError(
            "no mistake in the backward pass of this function shows at these parameters and has "
            "one answer; take other parameters: bp.blind_spots says which"
        )
    if len(made) < count:
        raise ValueError(
            f"asked for {count} exercises, but of this function there are {len(made)} different "
            f"ones, with the seeds 0 to {len(made) - 1}; a longer function has more"
        )
    return made


class _Workshop:
    """Makes the exercises of one function, one after the other."""

    def __init__(self, fun: Callable[[Any], Any], params: Any) -> None:
        self._garden = garden = Garden(fun, params)
        if not garden.lines.steady:
            raise TypeError(
                "the backward pass of fun cannot be written out, as bp.derive(fun, params) says; "
                "without a text there is no exercise"
            )
        self._right = Derivation(derivation_of(garden.lines, {}), {})
        self._text = self._right.complete_source
        self._function = re.findall(r"^def (\w+)", self._text, re.M)[-1]

    def all(self) -> Iterator[Exercise]:
        """Yield all of them."""
        seen: set[str] = set()
        for plant in _in_turns(self._garden.plants):
            made = self._make(plant, len(seen))
            if made is not None and made.source not in seen:
                seen.add(made.source)
                yield made

    def _make(self, plant: Plant, seed: int) -> Exercise | None:
        """Make an exercise of a mistake; None where it does not show, or has no one line."""
        changes = plant.edit.changes
        if not self._garden.points.here.shows(changes):
            return None
        try:
            traced = derivation_of(self._garden.lines, changes)
            pairs = [
                (self._in_right_names(wrong, Derivation(traced, {}).source), right)
                for wrong, right in Reconstruction(traced, self._right).pairs
            ]
        except Exception:  # what cannot be written is no exercise
            return None
        for some in [pairs] if plant.edit.group else [[pair] for pair in pairs[:_TRIED]]:
            text = self._planted(some)
            if text is not None and self._computes(text, plant):
                diagnosis = self._only_answer(text, some)
                return diagnosis and self._exercise(seed, text, diagnosis)
        return None

    def _in_right_names(self, line: str, source: str) -> str:
        """Put in what the right text has no variable for."""
        known = {_name_of(each) for each in self._text.splitlines()}
        found = filter(None, map(_assignment, source.splitlines()))
        others = {each["name"]: each["text"] for each in found if each["name"] not in known}
        name, _, expression = line.partition(" = ")
        return f"{name} = {in_full(expression, others)}"

    def _planted(self, pairs: list[tuple[str, str]]) -> str | None:
        """Replace lines of the right text by wrong ones; None where there are none to replace."""
        text = self._text
        for wrong, _ in pairs:
            name, _, expression = wrong.partition(" = ")
            found = _lines_for(text, name)
            if len(found) != 1 or "np.array(" in expression:  # numbers that were computed before
                return None
            before = self._text.splitlines()[: found[0] - 1]
            text = _with_line(text, found[0], _shortened(expression, before))
        return text if text != self._text else None

    def _computes(self, text: str, plant: Plant) -> bool:
        """Whether a text gives the gradients with the mistake, and no others."""
        point = self._garden.points.here
        wanted = point.gradients(plant.edit.changes)
        try:
            found = self._by_path(text)
        except Exception:  # a line may need what the right text does not have
            return False
        names = self._garden.lines.names
        return wanted is not None and all(
            not point.differ(np.asarray(found[name]), gradient)
            for name, gradient in zip(names, wanted, strict=True)
        )

    def _by_path(self, text: str) -> Mapping[str, Any]:
        run = _gradients(_run(text, self._function), self._garden.params)
        return {path or "params": leaf for path, leaf in flatten(run(self._garden.params))}

    def _only_answer(self, text: str, pairs: list[tuple[str, str]]) -> Diagnosis | None:
        """Return the diagnosis of a text, if it is one, and names these lines."""
        garden = self._garden
        run = _gradients(_run(text, self._function), garden.params)
        comparison = compare(garden.program, garden.params, run)
        found = comparison.reconstruction
        if comparison or found is None or len(comparison.diagnosis) != 1:
            return None
        (diagnosis,) = comparison.diagnosis
        return diagnosis if _words(diagnosis.line) == _words(pairs[0][1]) else None

    def _exercise(self, seed: int, text: str, diagnosis: Diagnosis) -> Exercise:
        imports, _, rest = text.partition("import numpy as np\n")
        params = write_assignment("params", self._garden.params)
        head = _head(seed, self._function)
        source = f"{head}{imports}import numpy as np\n\n{params}\n{rest}"
        names = [
            _name_of(mine)
            for mine, right in zip(text.splitlines(), self._text.splitlines(), strict=True)
            if mine != right
        ]
        numbers = [_lines_for(source, name)[0] for name in names]
        first = source.splitlines()[numbers[0] - 1]
        right = self._text.splitlines()[_lines_for(self._text, _name_of(first))[0] - 1]
        return Exercise(
            seed=seed,
            source=source,
            function=self._function,
            lines=tuple(numbers),
            wrong=_bare(first),
            right=_bare(right),
            mistake=diagnosis.mistake,
            parameters=diagnosis.parameters,
            hint=self._hint(diagnosis),
            solution=_solution(numbers, _bare(first), _bare(right), diagnosis),
            _fun=self._garden.program,
            _params=self._garden.params,
        )

    def _hint(self, diagnosis: Diagnosis) -> str:
        """Say which gradients are wrong, and at which step of the forward pass to look."""
        wrong = diagnosis.parameters
        right = [name for name in self._garden.lines.names if name not in wrong]
        said = f"Wrong: {_gradients_of(wrong)}."
        said += f" Right: {_gradients_of(right)}." if right else ""
        return f"{said} Derive the step of {diagnosis.node} again."


def _gradients_of(names: Sequence[str]) -> str:
    noun = "gradient" if len(names) == 1 else "gradients"
    return f"the {noun} of {', '.join(names)}"


def _in_turns(plants: list[Plant]) -> Iterator[Plant]:
    """Yield one of each mistake, then the next of each."""
    kinds: dict[str, list[Plant]] = {}
    for plant in plants:
        if plant.edit.mistake not in _DULL:
            kinds.setdefault(plant.edit.mistake, []).append(plant)
    rng = np.random.default_rng(0)
    mixed = [[found[k] for k in rng.permutation(len(found))] for found in kinds.values()]
    for turn in zip_longest(*mixed):
        yield from (plant for plant in turn if plant is not None)


def _words(line: str) -> list[str]:
    """Return what a line is made of; variables of one name are numbered in another order."""
    return sorted(re.sub(r"_\d+$", "", word) for word in re.findall(r"\w+", line))


# --- text ----------------------------------------------------------------------------------------


def _head(seed: int, function: str) -> str:
    return (
        f'"""Exercise {seed}: one line of the backward pass is wrong. Find it, and put it right.\n\n'
        "In a loop that is the line of every pass.\n\n"
        f"To check this file: tinygrad-bp check FILE --loss {function}\n"
        '"""\n\n'
    )


def _solution(numbers: list[int], wrong: str, right: str, diagnosis: Diagnosis) -> str:
    line = f"Line {numbers[0]}" if len(numbers) == 1 else f"Lines {', '.join(map(str, numbers))}"
    return (
        f"{line}: {wrong}\nright:  {right}\n"
        f"{diagnosis.explanation} {diagnosis.fix} ({diagnosis.mistake})"
    )


def _assignment(line: str) -> re.Match[str] | None:
    return _ASSIGNMENT.fullmatch(line)


def _name_of(line: str) -> str:
    found = _assignment(line)
    return found["name"] if found else ""


def _bare(line: str) -> str:
    """Return a line without its indentation and its comment."""
    found = _assignment(line)
    return f"{found['name']} = {found['text']}" if found else line.strip()


def _lines_for(text: str, name: str) -> list[int]:
    """Find the lines, counted from 1, in which a variable of the function is assigned."""
    start = f"    {name} = "
    return [k for k, line in enumerate(text.splitlines(), 1) if line.startswith(start)]


def _with_line(text: str, number: int, expression: str) -> str:
    """Put another expression in a line; its comment stays."""
    lines = text.splitlines()
    found = _assignment(lines[number - 1])
    assert found is not None
    lines[number - 1] = f"{found['start']}{expression}{found['comment'] or ''}"
    return "\n".join(lines) + "\n"


def _shortened(expression: str, before: Sequence[str]) -> str:
    """Write variables for what the lines before have computed, as other lines do."""
    for line in before:
        found = _assignment(line)
        if found and found["start"].startswith("    "):
            name, text = found["name"], found["text"]
            expression = expression.replace(f"({text})", name)
            if expression == text:
                expression = name
            elif _is_one_thing(text):
                expression = re.sub(rf"(?<![\w.]){re.escape(text)}(?!\w)", name, expression)
    return expression


def _is_one_thing(text: str) -> bool:
    """Whether a text can be replaced wherever it stands: a call, or a power."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:  # the first line of a long array
        return False
    power = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow)
    return power or isinstance(tree, ast.Call)


# --- running ---------------------------------------------------------------------------------------


def _run(text: str, function: str) -> Callable[[Any], Any]:
    """Run a text, and return its function."""
    namespace: dict[str, Any] = {"__name__": "exercise"}
    exec(compile(text, "<exercise>", "exec"), namespace)
    if not callable(namespace.get(function)):
        raise ValueError(f"the text defines no function {function!r}")
    found: Callable[[Any], Any] = namespace[function]
    return found


def _gradients(function: Callable[[Any], Any], params: Any) -> Callable[[Any], Any]:
    """Return what gives the gradients alone."""
    paths = [path for path, _ in flatten(params)]

    def gradients(at: Any) -> Any:
        found = function(at)
        if isinstance(found, tuple) and len(found) == 2:
            if [path for path, _ in flatten(found[1])] == paths:
                return found[1]
        return found

    return gradients
