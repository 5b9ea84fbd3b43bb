"""`Workshop`: makes exercises of a function, and keeps those that are good ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any

import numpy as np

from ..diagnosing.diagnose import diagnose
from ..diagnosing.diagnosis import Diagnosis
from ..diagnosing.quoting import in_full
from ..diagnosing.reconstruction import Reconstruction, derivation_of
from ..trees import flatten
from ..writing import Derivation
from ..writing.source import write_assignment
from .plants import Garden, Plant
from .task import Exercise, gradients_of, load
from .texts import find_lines, list_words, match_assignment, name_of, put_line, shorten, strip

#: What nobody has to look for: there is nothing to be read in the line.
_DULL = frozenset(["all-zero"])
#: In how many lines a mistake is tried: those that differ, each alone.
_TRIED = 3


class Workshop:
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
            text = self._plant_lines(some)
            if text is not None and self._computes(text, plant):
                diagnosis = self._only_answer(text, some)
                return None if diagnosis is None else self._exercise(seed, text, diagnosis)
        return None

    def _in_right_names(self, line: str, source: str) -> str:
        """Put in what the right text has no variable for."""
        known = {name_of(each) for each in self._text.splitlines()}
        found = filter(None, map(match_assignment, source.splitlines()))
        others = {each["name"]: each["text"] for each in found if each["name"] not in known}
        name, _, expression = line.partition(" = ")
        return f"{name} = {in_full(expression, others)}"

    def _plant_lines(self, pairs: list[tuple[str, str]]) -> str | None:
        """Replace lines of the right text by wrong ones; None where there are none to replace."""
        text = self._text
        for wrong, _ in pairs:
            name, _, expression = wrong.partition(" = ")
            found = find_lines(text, name)
            computed = "np.array(" in expression or "np.full(" in expression  # before, as numbers
            if len(found) != 1 or computed:
                return None
            before = self._text.splitlines()[: found[0] - 1]
            text = put_line(text, found[0], shorten(expression, before))
        return text if text != self._text else None

    def _computes(self, text: str, plant: Plant) -> bool:
        """Whether a text gives the gradients with the mistake, and no others."""
        point = self._garden.points.here
        wanted = point.gradients(plant.edit.changes)
        try:
            found = self._by_path(text, self._garden.params)
        except Exception:  # a line may need what the right text does not have
            return False
        names = self._garden.lines.names
        return wanted is not None and all(
            not point.differ(np.asarray(found[name]), gradient)
            for name, gradient in zip(names, wanted, strict=True)
        )

    def _by_path(self, text: str, at: Any) -> dict[str, Any]:
        """Run a text, and return its gradients by parameter."""
        run = gradients_of(load(text, self._function), self._garden.params)
        return {path or "params": leaf for path, leaf in flatten(run(at))}

    def _only_answer(self, text: str, pairs: list[tuple[str, str]]) -> Diagnosis | None:
        """Return the diagnosis of a text, if it is one, and names these lines."""
        garden = self._garden
        run = partial(self._by_path, text)
        try:
            found = diagnose(garden.program, garden.params, run(garden.params), again=run)
        except Exception:  # a diagnosis that fails names no line
            return None
        if found.reconstruction is None or len(found.diagnoses) != 1:
            return None
        (diagnosis,) = found.diagnoses
        lines = [right for _, right in found.reconstruction.pairs[:1]]
        return diagnosis if [*map(list_words, lines)] == [list_words(pairs[0][1])] else None

    def _exercise(self, seed: int, text: str, diagnosis: Diagnosis) -> Exercise:
        both = zip(text.splitlines(), self._text.splitlines(), strict=True)
        names = [name_of(mine) for mine, right in both if mine != right]
        imports, _, rest = text.partition("import numpy as np\n")
        params = write_assignment("params", self._garden.params)
        head = _head(seed, self._function, in_loop=len(names) > 1)
        source = f"{head}{imports}import numpy as np\n\n{params}\n{rest}"
        numbers = [find_lines(source, name)[0] for name in names]
        first = source.splitlines()[numbers[0] - 1]
        right = self._text.splitlines()[find_lines(self._text, name_of(first))[0] - 1]
        return Exercise(
            seed=seed,
            source=source,
            function=self._function,
            lines=tuple(numbers),
            wrong=strip(first),
            right=strip(right),
            mistake=diagnosis.mistake,
            parameters=diagnosis.parameters,
            hint=self._hint(diagnosis),
            solution=_solution(numbers, strip(first), strip(right), diagnosis),
            _fun=self._garden.program,
            _params=self._garden.params,
        )

    def _hint(self, diagnosis: Diagnosis) -> str:
        """Say which gradients are wrong, and at which step of the forward pass to look."""
        wrong = diagnosis.parameters
        right = [name for name in self._garden.lines.names if name not in wrong]
        said = f"Wrong: {list_gradients(wrong)}."
        said += f" Right: {list_gradients(right)}." if right else ""
        return f"{said} Derive the step of {diagnosis.node} again."


def list_gradients(names: Sequence[str]) -> str:
    """Name the gradients of parameters."""
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


def _head(seed: int, function: str, *, in_loop: bool) -> str:
    where = ", in every pass of a loop" if in_loop else ""
    return (
        f'"""Exercise {seed}: one line of the backward pass is wrong{where}.\n\n'
        f"Find it, and put it right. To check: tinygrad-bp check FILE --loss {function}\n"
        '"""\n\n'
    )


def _solution(numbers: list[int], wrong: str, right: str, diagnosis: Diagnosis) -> str:
    line = f"Line {numbers[0]}" if len(numbers) == 1 else f"Lines {', '.join(map(str, numbers))}"
    return (
        f"{line}: {wrong}\nright:  {right}\n"
        f"{diagnosis.explanation} {diagnosis.fix} ({diagnosis.mistake})"
    )
