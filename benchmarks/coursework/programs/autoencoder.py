"""Sparse autoencoder: sigmoid code, linear decoder, a KL penalty on the mean activations."""

import numpy as np

rng = np.random.RandomState(53)
m, n, hidden = 7, 5, 3
X = rng.rand(m, n)
rho, beta = 0.2, 0.3

params = {
    "W1": 0.6 * rng.randn(n, hidden),
    "b1": 0.2 * rng.randn(hidden),
    "W2": 0.6 * rng.randn(hidden, n),
    "b2": 0.2 * rng.randn(n),
}


def loss(params):
    code = 1 / (1 + np.exp(-(X @ params["W1"] + params["b1"])))
    output = code @ params["W2"] + params["b2"]
    rho_hat = np.mean(code, axis=0)
    kl = np.sum(rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat)))
    return np.sum((output - X) ** 2) / (2 * m) + beta * kl


def manual_gradients(params, mistake=None):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    code = 1 / (1 + np.exp(-(X @ W1 + b1)))
    output = code @ W2 + b2
    rho_hat = np.mean(code, axis=0)
    delta3 = (output - X) / m
    if mistake == "sigmoid at the linear output":
        delta3 = (output - X) * output * (1 - output) / m
    elif mistake == "output alone":
        delta3 = output / m
    sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat)) / m
    if mistake == "sparsity forgotten":
        sparsity = 0
    elif mistake == "sparsity without 1/m":
        sparsity = sparsity * m
    elif mistake == "sparsity's second sign":
        sparsity = beta * (-rho / rho_hat - (1 - rho) / (1 - rho_hat)) / m
    elif mistake == "sparsity's first term alone":
        sparsity = beta * -rho / rho_hat / m
    elif mistake == "sparsity of each activation":
        sparsity = beta * (-rho / code + (1 - rho) / (1 - code)) / m
    elif mistake == "rho and rho_hat exchanged":
        sparsity = beta * (-rho_hat / rho + (1 - rho_hat) / (1 - rho)) / m
    elif mistake == "beta forgotten":
        sparsity = sparsity / beta
    delta2 = delta3 @ W2.T + sparsity
    if mistake == "sparsity after the sigmoid's derivative":
        delta2 = delta3 @ W2.T * code * (1 - code) + sparsity
    elif mistake == "code for its derivative":
        delta2 = delta2 * code
    elif mistake == "1 - code for its derivative":
        delta2 = delta2 * (1 - code)
    elif mistake == "tanh's derivative":
        delta2 = delta2 * (1 - code**2)
    else:
        delta2 = delta2 * code * (1 - code)
    dW2 = code.T @ delta3
    if mistake == "dW2 transposed and reshaped":
        dW2 = (delta3.T @ code).reshape(hidden, n)
    db1 = delta2.sum(axis=0)
    if mistake == "db1 is a mean":
        db1 = delta2.mean(axis=0)
    dW1 = X.T @ delta2
    if mistake == "dW1 from the output":
        dW1 = output.T @ delta2
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": delta3.sum(axis=0)}


MISTAKES = {
    "sigmoid at the linear output": ("activation-derivative-twice factor-added", "output"),
    "output alone": ("target-missing term-missing", "output"),
    "sparsity forgotten": ("term-missing fan-out-overwritten treated-as-constant", "code rho_hat"),
    "sparsity without 1/m": ("constant-factor factor-missing", "rho_hat kl"),
    "sparsity's second sign": ("second-operand-sign constant-factor sign", "rho_hat"),
    "sparsity's first term alone": ("term-missing fan-out-overwritten", "rho_hat"),
    "sparsity of each activation": ("factor-replaced not-reduced", "rho_hat"),
    "rho and rho_hat exchanged": ("swapped exponent factor-replaced", "rho_hat kl"),
    "beta forgotten": ("constant-factor factor-missing", "rho_hat kl"),
    "sparsity after the sigmoid's derivative": ("factor-missing order", "code rho_hat"),
    "code for its derivative": (
        "activation-derivative-wrong-argument factor-missing factor-replaced",
        "code",
    ),
    "1 - code for its derivative": (
        "activation-derivative-wrong-argument factor-missing factor-replaced",
        "code",
    ),
    "tanh's derivative": ("activation-derivative-wrong-argument factor-replaced exponent", "code"),
    "dW2 transposed and reshaped": ("transposed order", "W2"),
    "db1 is a mean": ("bias-mean constant-factor", "b1"),
    "dW1 from the output": ("factor-replaced wrong-matrix", "W1"),
}
