"""The 7-6-5-2 net's training step compiled with Numba, beside JAX and loops written by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import tinygrad_bp as bp

from .report import OURS, Row, time_rows
from .timing import Builder, Program, built, interleaved

TITLE = "7-6-5-2 net, compiled with Numba"
RATE = 0.1
COPIED = "tinygrad_bp, every result copied"
JITTED = "jax.jit, donated, waiting at the end"
WAITING = "jax.jit, donated, waiting for each step"
FORI_LOOP = "jax.lax.fori_loop"
BY_HAND = "Numba loops by hand"
Params = dict[str, Any]


def step(params: Params) -> Params:
    gradients = bp.grad(bp.net7652.loss)(params)
    return {name: params[name] - RATE * gradients[name] for name in params}


def _traced() -> Any:
    from tinygrad_bp.programs.simplify import remove_dead_steps
    from tinygrad_bp.programs.trace import trace

    program = trace(step, (_initial(),), 0).program
    return remove_dead_steps(replace(program, seeds=(), gradients=(), wanted=()))


def _initial() -> Params:
    return bp.net7652.initial_parameters()


def _of(arrays: list[Any]) -> Callable[[], list[Any]]:
    """Return what returns the latest parameters."""
    return lambda: list(map(np.array, arrays))


# --- one step at a time ----------------------------------------------------------------------


def ours(calls: int, copied: bool = False) -> Program:
    from tinygrad_bp.compiling.numba_backend import build

    compiled, params = build(_traced()), list(_initial().values())

    def run() -> None:
        for _ in range(calls):
            found = compiled(*params)
            params[:] = [a.copy() for a in found] if copied else found

    return Program(run, _of(params))


def by_hand(steps: int, calls: int) -> Program:
    compiled, params = _loop_by_hand(), list(_initial().values())
    x, t = bp.net7652.SAMPLE, bp.net7652.TARGET

    def run() -> None:
        for _ in range(calls):
            compiled(*params, x, t, steps)

    return Program(run, _of(params))


def jax_jit(calls: int, waiting: bool) -> Program:
    jax, jax_step = _jax_step()
    compiled, params = jax.jit(jax_step, donate_argnums=0), _jax_initial(jax)

    def run() -> None:
        nonlocal params
        for _ in range(calls):
            params = compiled(params)
            if waiting:
                jax.block_until_ready(params)
        jax.block_until_ready(params)

    return Program(run, lambda: [np.asarray(params[name]) for name in _initial()])


# --- many steps as one loop ------------------------------------------------------------------


def our_loop(steps: int) -> Program:
    from tinygrad_bp.compiling.numba_backend import build_loop

    params = list(_initial().values())
    compiled = build_loop(_traced(), len(params))

    def run() -> None:
        params[:] = compiled(steps, *params)

    return Program(run, _of(params))


def fori_loop(steps: int) -> Program:
    jax, jax_step = _jax_step()

    def loop(params: Params) -> Any:
        return jax.lax.fori_loop(0, steps, lambda _, latest: jax_step(latest), params)

    compiled, params = jax.jit(loop, donate_argnums=0), _jax_initial(jax)

    def run() -> None:
        nonlocal params
        params = jax.block_until_ready(compiled(params))

    return Program(run, lambda: [np.asarray(params[name]) for name in _initial()])


# --- peers -----------------------------------------------------------------------------------


def _jax_step() -> tuple[Any, Callable[[Params], Params]]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    x, t = jnp.asarray(bp.net7652.SAMPLE), jnp.asarray(bp.net7652.TARGET)

    def loss(params: Params) -> Any:
        h_1 = jnp.maximum(params["w_1"] @ x + params["b_1"], 0)
        h_2 = jax.nn.sigmoid(params["w_2"] @ h_1 + params["b_2"])
        o = jax.nn.sigmoid(params["w_3"] @ h_2 + params["b_3"])
        return jnp.sum((t - o) ** 2) / 2

    def jax_step(params: Params) -> Params:
        gradients = jax.grad(loss)(params)
        return {name: params[name] - RATE * gradients[name] for name in params}

    return jax, jax_step


def _jax_initial(jax: Any) -> Params:
    return {name: jax.numpy.asarray(a) for name, a in _initial().items()}


def _loop_by_hand() -> Any:
    import numba

    @numba.njit(error_model="numpy")
    def run(w_1, b_1, w_2, b_2, w_3, b_3, x, t, steps):  # type: ignore[no-untyped-def]
        a_1, a_2, d_1, d_2, d_3 = (np.empty(6), np.empty(5), np.empty(6), np.empty(5), np.empty(2))
        for _ in range(steps):
            for i in range(6):
                z = b_1[i, 0]
                for j in range(7):
                    z += w_1[i, j] * x[j, 0]
                a_1[i] = max(z, 0.0)
            for i in range(5):
                z = b_2[i, 0]
                for j in range(6):
                    z += w_2[i, j] * a_1[j]
                a_2[i] = 1 / (1 + np.exp(-z))
            for i in range(2):
                z = b_3[i, 0]
                for j in range(5):
                    z += w_3[i, j] * a_2[j]
                o = 1 / (1 + np.exp(-z))
                d_3[i] = (o - t[i, 0]) * o * (1 - o)
            for j in range(5):
                d_2[j] = 0.0
                for i in range(2):
                    d_2[j] += w_3[i, j] * d_3[i]
                d_2[j] *= a_2[j] * (1 - a_2[j])
            for j in range(6):
                d_1[j] = 0.0
                for i in range(5):
                    d_1[j] += w_2[i, j] * d_2[i]
                d_1[j] *= a_1[j] > 0
            for i in range(6):
                for j in range(7):
                    w_1[i, j] -= RATE * d_1[i] * x[j, 0]
                b_1[i, 0] -= RATE * d_1[i]
            for i in range(5):
                for j in range(6):
                    w_2[i, j] -= RATE * d_2[i] * a_1[j]
                b_2[i, 0] -= RATE * d_2[i]
            for i in range(2):
                for j in range(5):
                    w_3[i, j] -= RATE * d_3[i] * a_2[j]
                b_3[i, 0] -= RATE * d_3[i]

    return run


# ---------------------------------------------------------------------------------------------


def step_builders(calls: int) -> dict[str, Builder]:
    """Return what makes the programs that are called for each step."""
    return {
        OURS: lambda: ours(calls),
        COPIED: lambda: ours(calls, copied=True),
        BY_HAND: lambda: by_hand(1, calls),
        JITTED: lambda: jax_jit(calls, waiting=False),
        WAITING: lambda: jax_jit(calls, waiting=True),
    }


def loop_builders(steps: int) -> dict[str, Builder]:
    """Return what makes the programs that are called once for all steps."""
    return {
        OURS: lambda: our_loop(steps),
        BY_HAND: lambda: by_hand(steps, 1),
        FORI_LOOP: lambda: fori_loop(steps),
    }


def rows(quick: bool) -> list[Row]:
    repetitions, steps = (3, 2) if quick else (100, 2000)
    one_by_one = interleaved(built(step_builders(steps)), repetitions)
    as_a_loop = interleaved(built(loop_builders(steps)), repetitions)
    return [
        *time_rows(f"{TITLE}, {steps} calls", one_by_one, {JITTED: 0.3, WAITING: 0.3}),
        *time_rows(f"{TITLE}, a loop of {steps}", as_a_loop, {FORI_LOOP: 0.6}),
    ]
