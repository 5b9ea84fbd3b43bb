"""Checking a hand-derived gradient of the 7-6-5-2 net, and saying why it is wrong."""

from typing import Literal

import tinygrad_bp as bp

from .compare_95 import GRADCHECK, gradcheck
from .report import OURS, Row, time_rows
from .timing import Builder, Program, built, interleaved

TITLE = "check of the 95 gradients, with diagnosis"
Order = Literal["propagate-then-update", "update-then-propagate"]
#: The right order, and the notebook's.
CASES: dict[str, tuple[Order, float]] = {
    "right": ("propagate-then-update", 0.5),
    "wrong": ("update-then-propagate", 40.0),
}


def ours(order: Order) -> Program:
    params, found = bp.net7652.initial_parameters(), []
    manual = bp.net7652.manual_gradients(params, order=order)

    def run() -> None:
        comparison = bp.compare(bp.net7652.loss, params, manual)
        found[:] = [diagnosis.mistake for diagnosis in comparison.diagnosis]

    return Program(run, lambda: found)


def builders(order: Order) -> dict[str, Builder]:
    return {OURS: lambda: ours(order), GRADCHECK: gradcheck}


def rows(quick: bool) -> list[Row]:
    found = []
    for name, (order, limit) in CASES.items():
        seconds = interleaved(built(builders(order)), repetitions=2 if quick else 40)
        found += time_rows(f"{TITLE}: gradients {name}", seconds, {GRADCHECK: limit})
    return found
