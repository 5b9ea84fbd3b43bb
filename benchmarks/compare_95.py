"""Checking the 95 gradients of the 7-6-5-2 net against numeric ones."""

from typing import Any

import tinygrad_bp as bp

from .report import OURS, Row, time_rows
from .timing import Builder, Program, built, interleaved, one_thread

TITLE = "check of the 95 gradients"
GRADCHECK = "torch.autograd.gradcheck, slow mode"


def ours() -> Program:
    params, verdict = bp.net7652.initial_parameters(), []

    def run() -> None:
        verdict[:] = [bool(bp.compare(bp.net7652.loss, params))]

    return Program(run, lambda: verdict)


def gradcheck() -> Program:
    torch = one_thread()
    arrays = bp.net7652.initial_parameters().values()
    params = [torch.tensor(a, requires_grad=True) for a in arrays]
    x, t = torch.tensor(bp.net7652.SAMPLE), torch.tensor(bp.net7652.TARGET)
    verdict: list[bool] = []

    def loss(w_1: Any, b_1: Any, w_2: Any, b_2: Any, w_3: Any, b_3: Any) -> Any:
        h_1 = torch.relu(w_1 @ x + b_1)
        h_2 = torch.sigmoid(w_2 @ h_1 + b_2)
        o = torch.sigmoid(w_3 @ h_2 + b_3)
        return ((t - o) ** 2).sum() / 2

    def run() -> None:
        verdict[:] = [torch.autograd.gradcheck(loss, params, fast_mode=False)]

    return Program(run, lambda: verdict)


BUILDERS: dict[str, Builder] = {OURS: ours, GRADCHECK: gradcheck}


def rows(quick: bool) -> list[Row]:
    seconds = interleaved(built(BUILDERS), repetitions=2 if quick else 60)
    return time_rows(TITLE, seconds, {GRADCHECK: 0.35})
