"""Three layers, samples as columns, tanh and relu below a sigmoid and binary cross-entropy, 1/m."""

import numpy as np

np_random = np.random.RandomState(1)
n_x, n_h1, n_h2, m = 4, 5, 3, 7
X = np_random.randn(n_x, m)
Y = np.array([[1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]])

params = {
    "W1": np_random.randn(n_h1, n_x) * 0.5,
    "b1": np_random.randn(n_h1, 1) * 0.2,
    "W2": np_random.randn(n_h2, n_h1) * 0.6,
    "b2": np_random.randn(n_h2, 1) * 0.2,
    "W3": np_random.randn(1, n_h2) * 0.7,
    "b3": np_random.randn(1, 1) * 0.2,
}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(params):
    Z1 = params["W1"] @ X + params["b1"]
    A1 = np.tanh(Z1)
    Z2 = params["W2"] @ A1 + params["b2"]
    A2 = np.maximum(Z2, 0)
    Z3 = params["W3"] @ A2 + params["b3"]
    A3 = sigmoid(Z3)
    return Z1, A1, Z2, A2, Z3, A3


def loss(params):
    A3 = forward(params)[-1]
    logprobs = Y * np.log(A3) + (1 - Y) * np.log(1 - A3)
    return -np.sum(logprobs) / m


def manual_gradients(params, mistake=None):
    W2, W3 = params["W2"], params["W3"]
    Z1, A1, Z2, A2, Z3, A3 = forward(params)

    if mistake == "the sigmoid's derivative once more":
        dZ3 = (A3 - Y) * A3 * (1 - A3)
    elif mistake == "Y - A3":
        dZ3 = Y - A3
    else:
        dZ3 = A3 - Y
    if mistake == "1/m in dZ3 as well":
        dZ3 = dZ3 / m
    dW3 = 1 / m * dZ3 @ A2.T
    if mistake == "db3 from A3":
        db3 = 1 / m * np.sum(A3, axis=1, keepdims=True)
    elif mistake == "no 1/m in db3":
        db3 = np.sum(dZ3, axis=1, keepdims=True)
    else:
        db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)

    dA2 = W3.T @ dZ3
    if mistake == "mask from A1's first rows":
        dZ2 = dA2 * (Z1[:n_h2] > 0)
    elif mistake == "dZ2 times A2":
        dZ2 = dA2 * A2
    else:
        dZ2 = dA2 * (Z2 > 0)
    if mistake == "1/m in dZ2 and in dW2":
        dZ2 = dZ2 / m
    dW2 = 1 / m * dZ2 @ A1.T
    if mistake == "dW2 doubled":
        dW2 = dW2 * 2
    if mistake == "dW2 from Z1":
        dW2 = 1 / m * dZ2 @ Z1.T
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    if mistake == "db2 summed over the units":
        db2 = 1 / m * np.sum(dZ2) * np.ones((n_h2, 1))

    dA1 = W2.T @ dZ2
    if mistake == "tanh' of A1":
        dZ1 = dA1 * (1 - np.tanh(A1) ** 2)
    elif mistake == "1 - A1":
        dZ1 = dA1 * (1 - A1)
    elif mistake == "1 + A1**2":
        dZ1 = dA1 * (1 + A1**2)
    elif mistake == "sigmoid's derivative for tanh":
        dZ1 = dA1 * A1 * (1 - A1)
    elif mistake == "1 - Z1**2":
        dZ1 = dA1 * (1 - Z1**2)
    elif mistake == "no tanh":
        dZ1 = dA1
    elif mistake == "W2 after its update":
        dZ1 = ((W2 - 0.5 * dW2).T @ dZ2) * (1 - A1**2)
    else:
        dZ1 = dA1 * (1 - A1**2)
    dW1 = 1 / m * dZ1 @ X.T
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    if mistake == "4/m in db1":
        db1 = 4 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}


MISTAKES = {
    "the sigmoid's derivative once more": (
        "cross-entropy-twice activation-derivative-twice factor-twice",
        "Z3 A3",
    ),
    "Y - A3": ("constant-factor sign", "Z3 A3 loss"),
    "1/m in dZ3 as well": ("constant-factor factor-twice", "Z3 A3 loss"),
    "db3 from A3": ("target-missing term-missing", "b3"),
    "no 1/m in db3": ("constant-factor factor-missing bias-mean", "b3"),
    "mask from A1's first rows": ("relu-mask-wrong-source mask-replaced", "Z2 A2"),
    "dZ2 times A2": ("activation-derivative-wrong-argument mask-replaced factor-replaced", "Z2 A2"),
    "1/m in dZ2 and in dW2": ("constant-factor factor-twice", "Z2 A2"),
    "dW2 doubled": ("constant-factor", "W2"),
    "dW2 from Z1": ("weight-from-preactivation factor-replaced", "W2"),
    "db2 summed over the units": ("bias-summed-over-units axis", "b2"),
    "tanh' of A1": ("activation-derivative-wrong-argument factor-replaced", "Z1 A1"),
    "1 - A1": ("exponent factor-replaced activation-derivative-wrong-argument", "Z1 A1"),
    "1 + A1**2": ("sign factor-replaced constant-factor", "Z1 A1"),
    "sigmoid's derivative for tanh": (
        "activation-derivative-wrong-argument factor-replaced",
        "Z1 A1",
    ),
    "1 - Z1**2": ("activation-derivative-wrong-argument factor-replaced", "Z1 A1"),
    "no tanh": ("missing-activation-derivative factor-missing", "Z1 A1"),
    "W2 after its update": ("update-before-propagate", "W2 A1"),
    "4/m in db1": ("constant-factor", "b1"),
}
