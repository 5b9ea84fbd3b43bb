"""The time until a fresh interpreter has imported the package, and ended."""

from .report import OURS, Row, time_rows
from .timing import Program, in_subprocess, interleaved

TITLE = "import, in a fresh interpreter"


def importing(module: str) -> Program:
    return Program(lambda: in_subprocess(f"import {module}"), lambda: None)


def rows(quick: bool) -> list[Row]:
    programs = {OURS: importing("tinygrad_bp"), "numpy": importing("numpy")}
    return time_rows(TITLE, interleaved(programs, 2 if quick else 25), {"numpy": 1.2})
