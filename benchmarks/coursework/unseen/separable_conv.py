"""A small mobile net: pointwise stem, depthwise 3x3, relu, pointwise, global mean, softmax."""

import numpy as np

rng = np.random.RandomState(108)
images = rng.randn(2, 5, 5, 2)  # batch, rows, columns, channels
labels = np.array([1, 0])

params = {
    "stem": 0.8 * rng.randn(2, 2),
    "depth": 0.5 * rng.randn(3, 3, 2),
    "bias": 0.2 * rng.randn(2),
    "point": 0.9 * rng.randn(2, 2),
}


def depthwise(h, kernel):
    out = np.zeros((len(h), 3, 3, 2))
    for i in range(3):
        for j in range(3):
            out[:, i, j, :] = np.sum(h[:, i : i + 3, j : j + 3, :] * kernel, axis=(1, 2))
    return out


def loss(params):
    h = images @ params["stem"]
    conv = depthwise(h, params["depth"]) + params["bias"]
    act = np.maximum(conv, 0)
    scores = np.mean(act @ params["point"], axis=(1, 2))
    scores = scores - np.max(scores, axis=1, keepdims=True)
    logp = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    return -np.sum(logp[np.arange(2), labels]) / 2


def manual_gradients(params, mistake=None):
    h = images @ params["stem"]
    conv = depthwise(h, params["depth"]) + params["bias"]
    act = np.maximum(conv, 0)
    scores = np.mean(act @ params["point"], axis=(1, 2))
    probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)

    dscores = probs.copy()
    dscores[np.arange(2), labels] -= 1
    dscores /= 2
    dmaps = np.zeros((2, 3, 3, 2)) + dscores[:, None, None, :] / 9
    if mistake == "global mean taken for a sum":
        dmaps = np.zeros((2, 3, 3, 2)) + dscores[:, None, None, :]
    dpoint = np.einsum("nijc,nijk->ck", act, dmaps)
    dact = dmaps @ params["point"].T
    if mistake == "pointwise not transposed":
        dact = dmaps @ params["point"]
    dconv = dact * (conv > 0)
    ddepth = np.zeros_like(params["depth"])
    dh = np.zeros_like(h)
    for i in range(3):
        for j in range(3):
            patch = h[:, i : i + 3, j : j + 3, :]
            d = dconv[:, i, j, :]
            if mistake == "kernel's gradient over all channels":
                ddepth += np.einsum("nabc,nk->abc", patch, d)
            else:
                ddepth += np.einsum("nabc,nc->abc", patch, d)
            spread = params["depth"] * d[:, None, None, :]
            if mistake == "kernel turned over":
                spread = params["depth"][::-1, ::-1] * d[:, None, None, :]
            if mistake == "the last window wins":
                dh[:, i : i + 3, j : j + 3, :] = spread
            else:
                dh[:, i : i + 3, j : j + 3, :] += spread
    dstem = np.einsum("nijc,nijk->ck", images, dh)
    return {"stem": dstem, "depth": ddepth, "bias": dconv.sum(axis=(0, 1, 2)), "point": dpoint}


MISTAKES = {
    "global mean taken for a sum": ("constant-factor factor-missing", "scores act"),
    "pointwise not transposed": ("transposed-weight transposed", "point act"),
    "kernel's gradient over all channels": ("axis not-reduced", "depth"),
    "kernel turned over": ("order factor-replaced", "h"),
    "the last window wins": ("index-overwritten fan-out-overwritten", "h"),
}
