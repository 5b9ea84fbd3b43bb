"""`Exercise`: a backward pass with one mistake in it, and what is an answer to it."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..checking.compare import compare
from ..checking.comparison import Comparison
from ..trees import flatten
from .texts import find_lines, put_line


@dataclass(frozen=True, repr=False)
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
    _fun: Callable[[Any], Any] = field(compare=False)
    _params: Any = field(compare=False)

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
        return compare(self._fun, self._params, gradients_of(self._function(answer), self._params))

    def _function(self, answer: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
        if callable(answer):
            return answer
        if "def " not in answer:
            answer = self._correct(answer)
        return load(answer, self.function)

    def _correct(self, answer: str) -> str:
        """Put lines in the places of those for the same variables."""
        source = self.source
        for line in filter(None, map(str.strip, answer.splitlines())):
            name, equals, text = line.partition(" = ")
            found = find_lines(source, name)
            if not equals or not found:
                raise ValueError(
                    f"expected lines of the exercise, such as {self.wrong!r}, or a whole source "
                    f"with a function {self.function!r}, got {line!r}"
                )
            source = put_line(source, found[-1], text)
        return source

    def to_json(self) -> str:
        """Return all fields as JSON."""
        return json.dumps({k: v for k, v in vars(self).items() if k[0] != "_"}, indent=2)

    def __repr__(self) -> str:
        return f"<Exercise {self.seed}: {len(self.source.splitlines())} lines to be read>"

    def __str__(self) -> str:
        return self.source

    def _repr_html_(self) -> str:
        return f"<pre><code>{html.escape(self.source)}</code></pre>"


def load(text: str, function: str) -> Callable[[Any], Any]:
    """Run a text, and return its function."""
    namespace: dict[str, Any] = {"__name__": "exercise"}
    exec(compile(text, "<exercise>", "exec"), namespace)
    if not callable(namespace.get(function)):
        raise ValueError(f"the text defines no function {function!r}")
    found: Callable[[Any], Any] = namespace[function]
    return found


def gradients_of(function: Callable[[Any], Any], params: Any) -> Callable[[Any], Any]:
    """Return what gives the gradients alone."""
    paths = [path for path, _ in flatten(params)]

    def gradients(at: Any) -> Any:
        found = function(at)
        two = isinstance(found, tuple) and len(found) == 2
        return found[1] if two and [path for path, _ in flatten(found[1])] == paths else found

    return gradients
