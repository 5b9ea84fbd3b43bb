"""Graph convolutional network: two layers over six nodes, three of them labelled."""

import numpy as np

rng = np.random.RandomState(103)
edges = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 2), (1, 4)]
n, D, H, C = 6, 3, 4, 2
A = np.eye(n)
for i, j in edges:
    A[i, j] = A[j, i] = 1
A = A / A.sum(axis=1, keepdims=True)  # each node takes the mean of its neighbours
X = rng.randn(n, D)
labels = np.array([0, 1, 1, 0, 1, 0])
train = np.array([True, False, True, False, True, False])
onehot = np.eye(C)[labels]

params = {
    "W0": 0.8 * rng.randn(D, H), "b0": 0.2 * rng.randn(H),
    "W1": 0.8 * rng.randn(H, C), "b1": 0.2 * rng.randn(C),
}  # fmt: skip


def loss(params):
    H1 = np.maximum(A @ (X @ params["W0"]) + params["b0"], 0)
    Z = A @ (H1 @ params["W1"]) + params["b1"]
    Z = Z - Z.max(axis=1, keepdims=True)
    logp = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    return -np.mean(logp[train, labels[train]])


def manual_gradients(params, mistake=None):
    pre = A @ (X @ params["W0"]) + params["b0"]
    H1 = np.maximum(pre, 0)
    Z = A @ (H1 @ params["W1"]) + params["b1"]
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)

    dZ = P - onehot
    if mistake == "unlabelled nodes too":
        dZ = dZ / n
    elif mistake == "divided by all nodes":
        dZ = dZ * train[:, None] / n
    else:
        dZ = dZ * train[:, None] / train.sum()
    dS = A.T @ dZ
    if mistake == "adjacency not transposed":
        dS = A @ dZ
    dW1 = H1.T @ dS
    if mistake == "dW1 without the neighbours":
        dW1 = H1.T @ dZ
    dH1 = dS @ params["W1"].T
    dpre = dH1 * (pre > 0)
    dW0 = X.T @ (A.T @ dpre)
    if mistake == "first layer's adjacency forgotten":
        dW0 = X.T @ dpre
    return {"W0": dW0, "b0": dpre.sum(axis=0), "W1": dW1, "b1": dZ.sum(axis=0)}


MISTAKES = {
    "unlabelled nodes too": ("mask-missing routed-to-all factor-missing", "Z logp"),
    "divided by all nodes": ("constant-factor", "logp loss Z"),
    "adjacency not transposed": ("transposed", "Z H1"),
    "dW1 without the neighbours": ("factor-missing", "W1"),
    "first layer's adjacency forgotten": ("factor-missing", "W0"),
}
