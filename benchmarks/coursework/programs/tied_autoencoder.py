"""Autoencoder whose decoder is the encoder's matrix transposed; tanh code, squared error."""

import numpy as np

rng = np.random.RandomState(54)
X = rng.randn(7, 5)
N = len(X)

params = {"W": 0.5 * rng.randn(5, 3), "b": 0.2 * rng.randn(3), "c": 0.2 * rng.randn(5)}


def loss(params):
    W, b, c = params["W"], params["b"], params["c"]
    code = np.tanh(X @ W + b)
    decoded = code @ W.T + c
    return np.sum((decoded - X) ** 2) / N


def manual_gradients(params, mistake=None):
    W, b, c = params["W"], params["b"], params["c"]
    code = np.tanh(X @ W + b)
    decoded = code @ W.T + c
    ddecoded = 2 * (decoded - X) / N
    if mistake == "mean over all entries":
        ddecoded = 2 * (decoded - X) / X.size
    elif mistake == "2 forgotten":
        ddecoded = (decoded - X) / N
    dcode = ddecoded @ W
    dpre = dcode * (1 - code**2)
    if mistake == "tanh' forgotten":
        dpre = dcode
    elif mistake == "tanh' with the sigmoid's form":
        dpre = dcode * code * (1 - code)
    elif mistake == "tanh' of tanh":
        dpre = dcode * (1 - np.tanh(code) ** 2)
    through_encoder = X.T @ dpre
    through_decoder = ddecoded.T @ code
    if mistake == "encoder's share alone":
        dW = through_encoder
    elif mistake == "decoder's share alone":
        dW = through_decoder
    elif mistake == "shares averaged":
        dW = (through_encoder + through_decoder) / 2
    elif mistake == "shares subtracted":
        dW = through_encoder - through_decoder
    elif mistake == "encoder's share twice":
        dW = 2 * through_encoder + through_decoder
    elif mistake == "decoder's share before tanh":
        dW = through_encoder + ddecoded.T @ (X @ W + b)
    elif mistake == "input in the decoder's place":
        dW = X.T @ dpre + X.T @ code * 2 / N
    elif mistake == "encoder's share from decoded":
        dW = decoded.T @ dpre + through_decoder
    else:
        dW = through_encoder + through_decoder
    db = dpre.sum(axis=0)
    if mistake == "b before tanh'":
        db = dcode.sum(axis=0)
    dc = ddecoded.sum(axis=0)
    if mistake == "c is a mean":
        dc = ddecoded.mean(axis=0)
    return {"W": dW, "b": db, "c": dc}


MISTAKES = {
    "mean over all entries": ("constant-factor", "decoded loss"),
    "2 forgotten": ("constant-factor factor-missing exponent", "decoded loss"),
    "tanh' forgotten": ("missing-activation-derivative factor-missing", "code"),
    "tanh' with the sigmoid's form": (
        "activation-derivative-wrong-argument factor-replaced",
        "code",
    ),
    "tanh' of tanh": ("activation-derivative-wrong-argument factor-replaced", "code"),
    "encoder's share alone": ("fan-out-overwritten term-missing", "W"),
    "decoder's share alone": ("fan-out-overwritten term-missing", "W"),
    "shares averaged": ("constant-factor", "W"),
    "shares subtracted": ("second-operand-sign constant-factor sign", "W"),
    "encoder's share twice": ("fan-out-counted-twice term-twice constant-factor", "W"),
    "decoder's share before tanh": ("weight-from-preactivation factor-replaced", "W"),
    "input in the decoder's place": ("factor-replaced", "W"),
    "encoder's share from decoded": ("factor-replaced wrong-matrix", "W"),
    "b before tanh'": ("leaf-without-activation-derivative factor-missing", "b"),
    "c is a mean": ("bias-mean constant-factor", "c"),
}
