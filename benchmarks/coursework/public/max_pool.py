"""Max pooling with overlapping windows: three mistakes that were reported.

0809zheng/CS231n-assignment2019#19 (so FluxML/NNlib.jl#205), ahrefs/ocannl#512,
riccardoandreoni0/CNN-from-scratch#1.
"""

import numpy as np

rng = np.random.RandomState(104)
N, L, size, stride = 3, 9, 3, 2
starts = range(0, L - size + 1, stride)
probe = rng.randn(N, len(starts))

params = {"x": rng.randn(N, L)}


def loss(params):
    pooled = np.stack([np.max(params["x"][:, s : s + size], axis=1) for s in starts], axis=1)
    return np.sum(pooled**2 * probe)


def manual_gradients(params, mistake=None):
    x = params["x"]
    dx = np.zeros_like(x)
    for n in range(N):
        for i, s in enumerate(starts):
            window = x[n, s : s + size]
            top = np.max(window)
            g = 2 * top * probe[n, i]
            if mistake == "overlapping windows overwritten":
                dx[n, s : s + size] = (window == top) * g
            elif mistake == "the last element that was the largest so far":
                # the gate of a running maximum, each element compared with the one before
                gate = np.array([True, *(window[1:] > window[:-1])])
                dx[n, s + np.flatnonzero(gate)[-1]] += g
            else:
                dx[n, s : s + size] += (window == top) * g
            if mistake == "returns after the first window":
                break
    return {"x": dx}


MISTAKES = {
    "overlapping windows overwritten": ("index-overwritten fan-out-overwritten term-missing", "x"),
    "the last element that was the largest so far": ("mask-replaced index-overwritten", "x pooled"),
    "returns after the first window": ("term-missing", "x pooled"),
}
