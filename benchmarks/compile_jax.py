"""One step of training an MLP in float32 on JAX: what was traced, beside what is written by hand.

Unlike the other benchmarks it uses all cores: JAX takes what there is, for both.
"""

from itertools import chain
from typing import Any

import numpy as np

import tinygrad_bp as bp

from .mlp_step import BATCH, RATE, SIZES, Layer, problem
from .report import OURS, Row, time_rows
from .timing import Builder, Program, built, interleaved

TITLE = f"jax backend: MLP {'-'.join(map(str, SIZES))}, batch {BATCH}, one step"
BY_HAND = "JAX by hand, float32"


def stepping(step: Any, layers: list[Layer], *data: np.ndarray) -> Program:
    """Keep parameters and data on the device, as a training loop does."""
    import jax

    parameters = [jax.numpy.asarray(array) for array in chain.from_iterable(layers)]
    given = [jax.numpy.asarray(array) for array in data]

    def run() -> None:
        nonlocal parameters
        parameters = jax.block_until_ready(list(step(parameters, *given)))

    return Program(run, lambda: parameters)


def ours(layers: list[Layer], x: np.ndarray, targets: np.ndarray) -> Program:
    def loss(parameters: list[Any], x: Any, targets: Any) -> Any:
        for k in range(0, len(parameters), 2):
            x = (bp.relu(x) if k else x) @ parameters[k].T + parameters[k + 1]
        return bp.cross_entropy(x, targets)

    def step(parameters: list[Any], x: Any, targets: Any) -> Any:
        gradients = bp.grad(loss)(parameters, x, targets)
        return [a - RATE * g for a, g in zip(parameters, gradients, strict=True)]

    compiled = bp.compile(step, argnums=None, backend="jax")
    return stepping(compiled, layers, x, targets)


def by_hand(layers: list[Layer], x: np.ndarray, targets: np.ndarray) -> Program:
    import jax

    def loss(parameters: list[Any], x: Any, targets: Any) -> Any:
        for k in range(0, len(parameters), 2):
            x = (jax.nn.relu(x) if k else x) @ parameters[k].T + parameters[k + 1]
        return -(targets * jax.nn.log_softmax(x)).sum(axis=1).mean()

    @jax.jit
    def step(parameters: list[Any], x: Any, targets: Any) -> Any:
        gradients = jax.grad(loss)(parameters, x, targets)
        return [a - RATE * g for a, g in zip(parameters, gradients, strict=True)]

    return stepping(step, layers, x, targets)


def builders(sizes: list[int], batch: int) -> dict[str, Builder]:
    layers, x, labels = problem(sizes, batch)
    targets = np.eye(sizes[-1], dtype=np.float32)[labels]
    return {
        OURS: lambda: ours(layers, x, targets),
        BY_HAND: lambda: by_hand(layers, x, targets),
    }


def rows(quick: bool) -> list[Row]:
    sizes, batch, repetitions = ([7, 6, 5], 4, 3) if quick else (SIZES, BATCH, 100)
    seconds = interleaved(built(builders(sizes, batch)), repetitions)
    return time_rows(TITLE, seconds, {BY_HAND: 1.05})
