"""Elementwise silu(a) * b, as in the gated MLP of language models."""

import numpy as np

rng = np.random.RandomState(202)

inputs = {"a": rng.randn(3, 5), "b": rng.randn(3, 5)}
upstream = rng.randn(3, 5)


def forward(inputs):
    a, b = inputs["a"], inputs["b"]
    return a / (1 + np.exp(-a)) * b


def backward(inputs, dc, mistake=None):
    a, b = inputs["a"], inputs["b"]
    sig = 1 / (1 + np.exp(-a))
    silu = a * sig
    db = dc * silu
    da = dc * (silu * (1 - sig) + sig) * b
    if mistake == "a's second term left out":
        da = dc * sig * b
    elif mistake == "silu (1 - silu)":
        da = dc * (silu * (1 - silu) + sig) * b
    elif mistake == "sigmoid's derivative":
        da = dc * sig * (1 - sig) * b
    elif mistake == "b forgotten":
        da = dc * (silu * (1 - sig) + sig)
    elif mistake == "db already written over b":
        da = dc * (silu * (1 - sig) + sig) * db
    elif mistake == "db by the sigmoid":
        db = dc * sig
    elif mistake == "db by a":
        db = dc * a
    elif mistake == "sign inside the slope":
        da = dc * (silu * (1 + sig) + sig) * b
    elif mistake == "halves exchanged":
        da, db = db, da
    return {"a": da, "b": db}


MISTAKES = {
    "a's second term left out": ("fan-out-overwritten term-missing treated-as-constant", "a"),
    "silu (1 - silu)": ("factor-replaced", "a"),
    "sigmoid's derivative": (
        "activation-derivative-wrong-argument factor-missing term-missing",
        "a",
    ),
    "b forgotten": ("factor-missing", "a"),
    "db already written over b": ("factor-replaced wrong-matrix", "a"),
    "db by the sigmoid": ("factor-missing", "b"),
    "db by a": ("factor-missing factor-replaced wrong-matrix", "b"),
    "sign inside the slope": ("sign constant-factor", "a"),
    "halves exchanged": ("swapped order factor-replaced", "a b"),
}
