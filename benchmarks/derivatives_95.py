"""The Jacobian of the 7-6-5-2 net's outputs and the Hessian of its loss, by 95 parameters."""

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_bp as bp

from .report import OURS, Row, time_rows
from .timing import Builder, Program, built, interleaved

TITLE = "Jacobian and Hessian by 95 parameters"
AUTOGRAD = "HIPS autograd"
SHAPES = [array.shape for array in bp.net7652.initial_parameters().values()]
START = np.concatenate([array.ravel() for array in bp.net7652.initial_parameters().values()])


def output(xp: Any, theta: Any) -> Any:
    """Compute the net's output from all parameters as one vector, with NumPy or its double."""
    params, start = [], 0
    for shape in SHAPES:
        end = start + shape[0] * shape[1]
        params.append(xp.reshape(theta[start:end], shape))
        start = end
    w_1, b_1, w_2, b_2, w_3, b_3 = params
    h_1 = xp.maximum(xp.dot(w_1, bp.net7652.SAMPLE) + b_1, 0.0)
    h_2 = 1 / (1 + xp.exp(-(xp.dot(w_2, h_1) + b_2)))
    return 1 / (1 + xp.exp(-(xp.dot(w_3, h_2) + b_3)))


def loss(xp: Any, theta: Any) -> Any:
    return xp.sum((bp.net7652.TARGET - output(xp, theta)) ** 2) / 2


def program(jacobian: Callable[..., Any], hessian: Callable[..., Any], xp: Any, fun: Any) -> Any:
    derivative = (jacobian if fun is output else hessian)(lambda theta: fun(xp, theta))
    result: list[Any] = []

    def run() -> None:
        result[:] = [derivative(START)]

    return Program(run, lambda: result)


def ours(fun: Any) -> Program:
    return program(bp.jacobian, bp.hessian, np, fun)


def autograd(fun: Any) -> Program:
    import autograd
    import autograd.numpy

    return program(autograd.jacobian, autograd.hessian, autograd.numpy, fun)


def builders(fun: Any) -> dict[str, Builder]:
    return {OURS: lambda: ours(fun), AUTOGRAD: lambda: autograd(fun)}


def rows(quick: bool) -> list[Row]:
    found = []
    for name, fun in (("Jacobian (2, 1, 95)", output), ("Hessian (95, 95)", loss)):
        seconds = interleaved(built(builders(fun)), repetitions=2 if quick else 40)
        found += time_rows(f"{TITLE}: {name}", seconds, {AUTOGRAD: 0.5})
    return found
