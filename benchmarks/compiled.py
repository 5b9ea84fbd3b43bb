"""Compiled steps beside hand-written NumPy and the engine, and what making a program costs."""

from collections.abc import Callable
from functools import partial
from time import process_time
from typing import Any

import numpy as np

import tinygrad_bp as bp
from tinygrad_bp.compiling.backends import find_backend
from tinygrad_bp.compiling.rewriting import rewrite
from tinygrad_bp.programs.trace import trace

from . import mlp_step, net7652_step
from .mlp_step import BATCH, SIZES, Layer
from .net7652_step import RATE, Arrays
from .report import OURS, Row, time_rows
from .timing import Builder, Program, built, interleaved

TITLE = "compiled"
NET = "7-6-5-2 net, compiled step"
LOOP = "7-6-5-2 net, a step in a compiled loop"
MLP = f"MLP {'-'.join(map(str, SIZES))}, batch {BATCH}, compiled step"
TRACING = "tracing and code of a chain, processor time"
BY_HAND = "NumPy by hand, buffers reused"
EAGER = "tinygrad_bp, not compiled"
COPIES = "tinygrad_bp, results copied"
LOOP_STEPS = 1000


# --- the notebook's net ------------------------------------------------------------------------


def step(params: Arrays) -> Arrays:
    gradients = bp.grad(bp.net7652.loss)(params)
    return {name: params[name] - RATE * gradients[name] for name in params}


def ours(*, copy: bool) -> Program:
    compiled, params = bp.compile(step, argnums=None, copy=copy), bp.net7652.initial_parameters()

    def run() -> None:
        nonlocal params
        params = compiled(params)

    return Program(run, lambda: list(params.values()))


def loop(steps: int) -> Program:
    repeated = bp.compile(step, argnums=None).repeat(steps)
    params = bp.net7652.initial_parameters()

    def run() -> None:
        nonlocal params
        params = repeated(params)

    return Program(run, lambda: list(params.values()))


def eager() -> Program:
    program = net7652_step.ours()
    return Program(program.run, lambda: program.result()[1:])


def by_hand(steps: int = 1) -> Program:
    """Write everything into arrays that are there, parameters and gradients one vector each.

    Numbers are arrays of shape (), which ufuncs take faster than Python's. Columns are
    multiplied as rows, so that no matrix has to be transposed.
    """
    initial = bp.net7652.initial_parameters()
    flat = np.concatenate([a.ravel() for a in initial.values()])
    gradient = np.empty_like(flat)
    w_1, b_1, w_2, b_2, w_3, b_3 = _parts(flat, initial)
    d_w_1, d_1, d_w_2, d_2, d_w_3, d_3 = _parts(gradient, initial)
    x, t = bp.net7652.SAMPLE.copy(), bp.net7652.TARGET
    zero, one, rate = np.array(0.0), np.array(1.0), np.array(RATE)
    z_1, a_1, a_2, a_3, s_2, s_3 = (np.empty((n, 1)) for n in (6, 6, 5, 2, 5, 2))
    positive = np.empty((6, 1), bool)
    a_1_row, a_2_row, x_row = a_1.T, a_2.T, x.T
    d_1_row, d_2_row, d_3_row = d_1.T, d_2.T, d_3.T
    exp, add, subtract, multiply = np.exp, np.add, np.subtract, np.multiply
    negative, reciprocal, maximum, greater = np.negative, np.reciprocal, np.maximum, np.greater

    def run() -> None:
        for _ in range(steps):
            w_1.dot(x, z_1)
            add(z_1, b_1, z_1)
            maximum(z_1, zero, out=a_1)
            w_2.dot(a_1, a_2)
            add(a_2, b_2, a_2)
            negative(a_2, a_2)
            exp(a_2, a_2)
            add(a_2, one, a_2)
            reciprocal(a_2, a_2)
            w_3.dot(a_2, a_3)
            add(a_3, b_3, a_3)
            negative(a_3, a_3)
            exp(a_3, a_3)
            add(a_3, one, a_3)
            reciprocal(a_3, a_3)
            subtract(a_3, t, d_3)
            multiply(d_3, a_3, d_3)
            subtract(one, a_3, s_3)
            multiply(d_3, s_3, d_3)
            d_3_row.dot(w_3, d_2_row)
            multiply(d_2, a_2, d_2)
            subtract(one, a_2, s_2)
            multiply(d_2, s_2, d_2)
            d_2_row.dot(w_2, d_1_row)
            greater(z_1, zero, positive)
            z_1[...] = positive
            multiply(d_1, z_1, d_1)
            d_1.dot(x_row, d_w_1)
            d_2.dot(a_1_row, d_w_2)
            d_3.dot(a_2_row, d_w_3)
            multiply(gradient, rate, gradient)
            subtract(flat, gradient, flat)

    return Program(run, lambda: [w_1, b_1, w_2, b_2, w_3, b_3])


def _parts(flat: np.ndarray, like: Arrays) -> list[np.ndarray]:
    """Cut a vector into arrays of the shapes of others."""
    ends = np.cumsum([a.size for a in like.values()])[:-1]
    return [
        part.reshape(a.shape) for part, a in zip(np.split(flat, ends), like.values(), strict=True)
    ]


NET_BUILDERS: dict[str, Builder] = {
    OURS: partial(ours, copy=False),
    COPIES: partial(ours, copy=True),
    EAGER: eager,
    BY_HAND: by_hand,
}


def loop_builders(steps: int) -> dict[str, Builder]:
    return {OURS: lambda: loop(steps), BY_HAND: lambda: by_hand(steps)}


# --- the MLP -----------------------------------------------------------------------------------


def mlp(layers: list[Layer], x: np.ndarray, labels: np.ndarray) -> Program:
    def loss(params: list[Layer], x: Any, labels: Any) -> Any:
        for k, (weight, bias) in enumerate(params):
            x = x @ weight.T + bias
            if k < len(params) - 1:
                x = bp.relu(x)
        return bp.cross_entropy(x, labels)

    def step(params: list[Layer], x: Any, labels: Any) -> tuple[Any, list[Layer]]:
        value, gradients = bp.value_and_grad(loss)(params, x, labels)
        rate = mlp_step.RATE
        return value, [
            (weight - rate * d_weight, bias - rate * d_bias)
            for (weight, bias), (d_weight, d_bias) in zip(params, gradients, strict=True)
        ]

    compiled = bp.compile(step, argnums=None, copy=False)
    value, params = None, layers

    def run() -> None:
        nonlocal value, params
        value, params = compiled(params, x, labels)

    return Program(run, lambda: [value, *(a for pair in params for a in pair)])


def mlp_builders(sizes: list[int], batch: int) -> dict[str, Builder]:
    given = mlp_step.problem(sizes, batch)
    return {
        OURS: lambda: mlp(*given),
        EAGER: lambda: mlp_step.ours(*given),
        mlp_step.BY_HAND: lambda: mlp_step.numpy_by_hand(*given),
    }


# --- what a program costs ----------------------------------------------------------------------


def chain(ops: int) -> Callable[[Any], Any]:
    def fun(x: Any) -> Any:
        y = x
        for _ in range(ops // 3):
            y = np.tanh(y * 0.999 + x)
        return np.sum(y)

    return fun


def seconds_to_make(ops: int, repetitions: int) -> float:
    """Trace a chain, forward and backward, and write its code: the least time of a processor."""
    build, times = find_backend("numpy").build, []
    for _ in range(repetitions):
        start = process_time()
        build(rewrite(trace(chain(ops), [np.ones(5)], 0).program))
        times.append(process_time() - start)
    return min(times)


def _tracing(quick: bool) -> list[Row]:
    sizes = (10, 100) if quick else (100, 1_000, 10_000)
    seconds = {ops: seconds_to_make(ops, 1 if quick else 3) for ops in sizes}
    rows = []
    for ops, time in seconds.items():
        limit = 0.5 if ops == 1_000 else None
        rows.append(
            Row(
                TRACING,
                f"{ops:,} ops",
                f"{time:.3f} s, {time / ops * 1e6:.0f} µs an op",
                target="" if limit is None else f"≤ {limit} s",
                met=None if limit is None else time <= limit,
            )
        )
    return rows


def rows(quick: bool) -> list[Row]:
    repetitions, calls, steps = (3, 2, 3) if quick else (300, 20, LOOP_STEPS)
    net = interleaved(built(NET_BUILDERS), repetitions, calls, process_time)
    loops = interleaved(built(loop_builders(steps)), 3 if quick else 100, clock=process_time)
    per_step = {name: time and time / steps for name, time in loops.items()}
    given = ([7, 6, 5], 4) if quick else (SIZES, BATCH)
    large = interleaved(built(mlp_builders(*given)), 3 if quick else 60)
    return [
        *time_rows(NET, net, {BY_HAND: 1.0, EAGER: 0.45}),
        *time_rows(LOOP, per_step, {BY_HAND: 1.0}),
        *time_rows(MLP, large, {mlp_step.BY_HAND: 1.0}),
        *_tracing(quick),
    ]
