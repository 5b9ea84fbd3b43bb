"""A net as in an online course: 1/m twice, and two faults planted in an exercise.

community.deeplearning.ai/t/63071, bighuang624/Andrew-Ng-Deep-Learning-notes#10.
"""

import numpy as np

rng = np.random.RandomState(110)
m = 7
X, Y = rng.randn(4, m), np.array([[1.0, 0, 0, 1, 1, 0, 1]])

params = {
    "W1": 0.6 * rng.randn(5, 4),
    "b1": 0.2 * rng.randn(5, 1),
    "W2": 0.6 * rng.randn(3, 5),
    "b2": 0.2 * rng.randn(3, 1),
    "W3": 0.6 * rng.randn(1, 3),
    "b3": 0.2 * rng.randn(1, 1),
}


def loss(params):
    A1 = np.maximum(params["W1"] @ X + params["b1"], 0)
    A2 = np.maximum(params["W2"] @ A1 + params["b2"], 0)
    Z3 = params["W3"] @ A2 + params["b3"]
    A3 = 1 / (1 + np.exp(-Z3))
    return np.sum(-np.log(A3) * Y - np.log(1 - A3) * (1 - Y)) / m


def manual_gradients(params, mistake=None):
    A1 = np.maximum(params["W1"] @ X + params["b1"], 0)
    A2 = np.maximum(params["W2"] @ A1 + params["b2"], 0)
    A3 = 1 / (1 + np.exp(-(params["W3"] @ A2 + params["b3"])))
    dZ3 = A3 - Y
    dW3 = 1 / m * dZ3 @ A2.T
    db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)
    dZ2 = params["W3"].T @ dZ3 * (A2 > 0)
    dW2 = 1 / m * dZ2 @ A1.T
    if mistake == "dW2 * 2 and 4/m in db1" or mistake == "dW2 * 2":
        dW2 = dW2 * 2
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = params["W2"].T @ dZ2 * (A1 > 0)
    if mistake == "1/m in dZ1 and again in dW1":
        dZ1 = dZ1 / m
    dW1 = 1 / m * dZ1 @ X.T
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    if mistake == "dW2 * 2 and 4/m in db1":
        db1 = 4 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}


MISTAKES = {
    "1/m in dZ1 and again in dW1": ("constant-factor factor-twice", "A1 W1 b1"),
    "dW2 * 2 and 4/m in db1": ("constant-factor", "W2 b1"),
    "dW2 * 2": ("constant-factor", "W2"),
}
