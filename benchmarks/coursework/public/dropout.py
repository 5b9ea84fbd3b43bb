"""Dropout with a fixed mask: a mask not applied, a mask and scale forgotten, a scale forgotten.

ddbourgin/numpy-ml#94, rohitg00/ai-engineering-from-scratch#17.
"""

import numpy as np

rng = np.random.RandomState(107)
N, D, H = 3, 3, 6
X = rng.randn(N, D)

keep = 0.6
mask = rng.rand(N, H) < keep
probe = rng.randn(N, H)

params = {"W": rng.randn(D, H), "b": rng.randn(H)}


def loss(params):
    h = np.maximum(X @ params["W"] + params["b"], 0)
    dropped = h * mask / keep
    return np.sum((dropped - probe) ** 2)


def manual_gradients(params, mistake=None):
    z = X @ params["W"] + params["b"]
    h = np.maximum(z, 0)
    dropped = h * mask / keep
    ddropped = 2 * (dropped - probe)
    if mistake == "divided by keep, mask not applied":
        dh = ddropped / keep
    elif mistake == "mask and scale forgotten":
        dh = ddropped
    elif mistake == "scale forgotten":
        dh = ddropped * mask
    else:
        dh = ddropped * mask / keep
    dz = dh * (z > 0)
    return {"W": X.T @ dz, "b": dz.sum(axis=0)}


MISTAKES = {
    "divided by keep, mask not applied": ("mask-missing factor-missing", "h dropped"),
    "mask and scale forgotten": ("mask-missing factor-missing", "h dropped"),
    "scale forgotten": ("constant-factor factor-missing", "h dropped"),
}
