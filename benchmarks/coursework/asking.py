"""Ask the package about one case, with a limit on the processor's time."""

import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import tinygrad_bp as bp

from .corpus import Case, Program, Tree, differing, fresh

__all__ = ["LIMIT", "Answer", "Cause", "ask"]

#: Seconds of processor time after which nobody waits any longer.
LIMIT = 5.0
#: At how many fresh points a reconstruction has to give the same gradients.
POINTS = 5


@dataclass(frozen=True)
class Cause:
    """One diagnosis, as far as it is judged."""

    mistake: str
    node: str
    parameters: tuple[str, ...]
    alternatives: tuple[str, ...] = ()
    explanation: str = ""

    @property
    def explained(self) -> bool:
        return self.mistake != "unexplained"


@dataclass(frozen=True)
class Answer:
    """What came of one case.

    `ok` is None where there is no answer: it came too late, or the `error` says why not.
    `reconstructed` says whether the backward pass with the mistake in it, where one was given,
    gives the gradients that the case gives at fresh points; None where none was given.
    """

    seconds: float
    ok: bool | None
    causes: tuple[Cause, ...] = ()
    reconstructed: bool | None = None
    error: str = ""
    late: bool = False


class _TimeIsUp(BaseException):
    """Not an Exception: what is asked shall not take it for an error of the case."""


def ask(program: Program, case: Case, limit: float = LIMIT) -> Answer:
    """Compare the gradients of a case, and time that; only in the main thread of a process."""
    start = time.process_time()
    try:
        with _limited(limit), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            comparison = bp.compare(program.loss, program.params, case.gradients)
    except _TimeIsUp:
        return Answer(limit, None, late=True)
    except Exception as error:
        return Answer(time.process_time() - start, None, error=f"{type(error).__name__}: {error}")
    seconds = time.process_time() - start
    causes = tuple(
        Cause(d.mistake, d.node, tuple(d.parameters), tuple(d.alternatives), d.explanation)
        for d in comparison.diagnosis
    )
    reconstruction = getattr(comparison, "reconstruction", None)
    same = None if reconstruction is None else _reconstructs(reconstruction, program, case)
    return Answer(seconds, comparison.ok, causes, same, late=seconds > limit)


def _reconstructs(reconstruction: Any, program: Program, case: Case) -> bool:
    """Whether a reconstruction gives the wrong gradients of the case at fresh points."""
    points = [fresh(program.params, seed) for seed in range(1, 1 + POINTS)]
    return all(_same(reconstruction, point, case) for point in points)


def _same(reconstruction: Any, point: Tree, case: Case) -> bool:
    try:
        _, gradients = reconstruction(point)
    except Exception:
        return False
    return not differing(gradients, case.gradients(point))


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise `_TimeIsUp` in the body when its processor time is up.

    Again and again, should something swallow it; afterwards a signal that is still under way is
    ignored, where by default it would end the process.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise _TimeIsUp

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
