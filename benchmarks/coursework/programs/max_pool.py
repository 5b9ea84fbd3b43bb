"""Max pooling of overlapping windows (size 3, stride 2) over an affine map of an image."""

import numpy as np

rng = np.random.RandomState(23)
N, S, size, stride = 3, 7, 3, 2
OUT = (S - size) // stride + 1
images = rng.randn(N, S, S)
target = rng.randn(N, 4)

params = {
    "A": 0.5 * rng.randn(S, S) + np.eye(S),
    "W": 0.4 * rng.randn(OUT * OUT, 4),
    "b": 0.1 * rng.randn(4),
}


def windows(z):
    corners = [(i * stride, j * stride) for i in range(OUT) for j in range(OUT)]
    return [z[:, i : i + size, j : j + size].reshape(N, -1) for i, j in corners]


def loss(params):
    z = images @ params["A"]
    pooled = np.stack([np.max(window, axis=1) for window in windows(z)], axis=1)
    scores = pooled @ params["W"] + params["b"]
    return np.mean(np.sum((scores - target) ** 2, axis=1))


def manual_gradients(params, mistake=None):
    A, W, b = params["A"], params["W"], params["b"]
    z = images @ A
    pooled = np.stack([window.max(axis=1) for window in windows(z)], axis=1)
    scores = pooled @ W + b
    dscores = 2 * (scores - target) / N
    dW = pooled.T @ dscores
    db = dscores.sum(axis=0)
    dpooled = (dscores @ W.T).reshape(N, OUT, OUT)
    if mistake == "dpooled with rows and columns exchanged":
        dpooled = dpooled.transpose(0, 2, 1)

    dz = np.zeros_like(z)
    for n in range(N):
        for i in range(OUT):
            for j in range(OUT):
                h, w = i * stride, j * stride
                if mistake == "windows with stride = size":
                    h, w = min(i * size, S - size), min(j * size, S - size)
                window = z[n, h : h + size, w : w + size]
                mask = window == np.max(window)
                if mistake == "to all":
                    mask = np.ones((size, size))
                elif mistake == "shared like an average":
                    mask = np.ones((size, size)) / size**2
                elif mistake == "to the minimum":
                    mask = window == np.min(window)
                elif mistake == "to the first of the window":
                    mask = np.zeros((size, size))
                    mask[0, 0] = 1
                elif mistake == "to all but the maximum":
                    mask = window != np.max(window)
                elif mistake == "times the maximum":
                    mask = mask * window
                elif mistake == "to the positive ones":
                    mask = window > 0
                if mistake == "windows overwritten":
                    dz[n, h : h + size, w : w + size] = mask * dpooled[n, i, j]
                elif mistake == "the maximum's place overwritten":
                    dz[n, h : h + size, w : w + size][mask] = dpooled[n, i, j]
                elif mistake == "the first window's upstream":
                    dz[n, h : h + size, w : w + size] += mask * dpooled[n, 0, 0]
                else:
                    dz[n, h : h + size, w : w + size] += mask * dpooled[n, i, j]
                if mistake == "breaks after the first column":
                    break
        if mistake == "only the first image":
            break
    if mistake == "dA of images not transposed":
        dA = np.einsum("nij,njk->ik", images, dz)
    else:
        dA = np.einsum("nji,njk->ik", images, dz)
    return {"A": dA, "W": dW, "b": db}


def right_by_argmax(params):
    z = images @ params["A"]
    flat = [window.argmax(axis=1) for window in windows(z)]
    pooled = np.stack([window.max(axis=1) for window in windows(z)], axis=1)
    dscores = 2 * (pooled @ params["W"] + params["b"] - target) / N
    dpooled = dscores @ params["W"].T
    dz = np.zeros_like(z)
    for k, largest in enumerate(flat):
        rows = k // OUT * stride + largest // size
        columns = k % OUT * stride + largest % size
        np.add.at(dz, (np.arange(N), rows, columns), dpooled[:, k])
    dA = images.reshape(-1, S).T @ dz.reshape(-1, S)
    return {"A": dA, "W": pooled.T @ dscores, "b": dscores.sum(axis=0)}


MISTAKES = {
    "dpooled with rows and columns exchanged": ("transposed order axis", "pooled"),
    "windows with stride = size": ("index-shifted mask-replaced", "pooled z"),
    "to all": ("routed-to-all mask-missing factor-missing", "pooled z"),
    "shared like an average": ("routed-to-all mask-replaced", "pooled z"),
    "to the minimum": ("mask-replaced", "pooled z"),
    "to the first of the window": ("mask-replaced index-shifted", "pooled z"),
    "to all but the maximum": ("mask-replaced relu-mask-inverted", "pooled z"),
    "times the maximum": (
        "activation-derivative-wrong-argument factor-replaced factor-added",
        "pooled z",
    ),
    "to the positive ones": ("mask-replaced", "pooled z"),
    "windows overwritten": ("index-overwritten fan-out-overwritten term-missing", "z"),
    "the maximum's place overwritten": ("index-overwritten fan-out-overwritten term-missing", "z"),
    "the first window's upstream": ("index-shifted factor-replaced", "pooled"),
    "breaks after the first column": ("term-missing index-overwritten", "pooled z"),
    "only the first image": ("term-missing not-reduced", "z pooled"),
    "dA of images not transposed": ("transposed transposed-weight", "A"),
}
