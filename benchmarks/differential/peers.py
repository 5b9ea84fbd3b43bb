"""What judges: JAX, HIPS autograd and PyTorch, as far as they are installed and have a function."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import numpy as np

from .programs import Generated


class Found(NamedTuple):
    """What a library says of a program."""

    value: Any
    gradients: list[Any]
    hvp: list[Any] | None = None


class Peer(Protocol):
    """Runs a program and differentiates it; raises whatever it raises for what it has not."""

    def __call__(self, program: Generated, args: list[Any], along: list[Any]) -> Found: ...


def jax_peer() -> Peer:
    """Return JAX in float64."""
    import jax
    import jax.numpy as jnp

    nn = SimpleNamespace(
        sigmoid=jax.nn.sigmoid,
        relu=jax.nn.relu,
        softmax=jax.nn.softmax,
        log_softmax=jax.nn.log_softmax,
        logsumexp=jax.nn.logsumexp,
    )

    def judge(program: Generated, args: list[Any], along: list[Any]) -> Found:
        fun = program.function(jnp, nn, functional=True)
        both = jax.value_and_grad(fun, tuple(range(len(args))))

        @jax.jit  # one program to compile instead of one for each op
        def turn(arrays: Any, tangents: Any) -> Any:
            return jax.jvp(both, arrays, tangents)

        with jax.enable_x64(True):
            arrays, tangents = tuple(map(jnp.asarray, args)), tuple(map(jnp.asarray, along))
            (value, found), (_, turned) = turn(arrays, tangents)
        return Found(np.asarray(value), [*map(np.asarray, found)], [*map(np.asarray, turned)])

    return judge


def autograd_peer() -> Peer:
    """Return HIPS autograd, which gives no number of shape () a dtype of its own."""
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp

    nn = SimpleNamespace(
        sigmoid=lambda a: 1 / (1 + anp.exp(-a)),
        relu=lambda a: anp.where(a > 0, a, 0.0),
        logsumexp=logsumexp,
    )

    def judge(program: Generated, args: list[Any], along: list[Any]) -> Found:
        if any(step.text != step.functional for step in program.steps):
            raise NotImplementedError("autograd takes no assignment")
        fun = program.function(anp, nn)
        argnums = list(range(len(args)))
        value, found = autograd.value_and_grad(fun, argnums)(*args)
        return Found(value, list(found))

    return judge


def torch_peer() -> Peer:
    """Return PyTorch, behind the array API's names of NumPy's functions."""
    import array_api_compat.torch as xp
    import torch

    torch.set_default_dtype(torch.float64)  # of what a program makes of Python's numbers
    nn = SimpleNamespace(
        sigmoid=torch.sigmoid,
        relu=torch.relu,
        softmax=torch.softmax,
        log_softmax=torch.log_softmax,
    )

    def judge(program: Generated, args: list[Any], along: list[Any]) -> Found:
        fun = program.function(xp, nn)
        leaves = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in args]
        value = fun(*leaves)
        found = torch.autograd.grad(value, leaves, allow_unused=True, materialize_grads=True)
        return Found(value.detach().numpy(), [g.numpy() for g in found])

    return judge


PEERS: dict[str, Callable[[], Peer]] = {
    "jax": jax_peer,
    "autograd": autograd_peer,
    "torch": torch_peer,
}


def installed(names: list[str] | None = None) -> dict[str, Peer]:
    """Return the peers that can be imported, all or those of some names."""
    found = {}
    for name in names or PEERS:
        try:
            found[name] = PEERS[name]()
        except ImportError:
            if names:
                raise
    return found
