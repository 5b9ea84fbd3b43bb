"""A 'same' convolution as a sum of shifted images, batch 1, leaky relu, global average pooling."""

import numpy as np

rng = np.random.RandomState(22)
image = rng.randn(1, 6, 6)
target = np.array([0.3, -0.2, 0.5])

params = {
    "kernel": 0.5 * rng.randn(3, 3, 3),  # filters, rows, columns
    "second": 0.5 * rng.randn(3, 3),
    "bias": 0.1 * rng.randn(3),
}


def loss(params):
    padded = np.pad(image[0], 1)
    conv = 0
    for i in range(3):
        for j in range(3):
            conv = conv + params["kernel"][:, i, j][:, None, None] * padded[i : i + 6, j : j + 6]
    act = np.where(conv > 0, conv, 0.1 * conv)
    mixed = np.einsum("gf,fhw->ghw", params["second"], act)
    pooled = mixed.mean(axis=(1, 2)) + params["bias"]
    return np.sum((pooled - target) ** 2)


def manual_gradients(params, mistake=None):
    kernel, second = params["kernel"], params["second"]
    padded = np.pad(image[0], 1)
    conv = np.zeros((3, 6, 6))
    for i in range(3):
        for j in range(3):
            conv += kernel[:, i, j][:, None, None] * padded[i : i + 6, j : j + 6]
    act = np.where(conv > 0, conv, 0.1 * conv)
    mixed = np.einsum("gf,fhw->ghw", second, act)
    pooled = mixed.mean(axis=(1, 2)) + params["bias"]

    dpooled = 2 * (pooled - target)
    if mistake == "square's 2 forgotten":
        dpooled = pooled - target
    dmixed = np.ones((3, 6, 6)) * dpooled[:, None, None] / 36
    if mistake == "average pooling not divided":
        dmixed = np.ones((3, 6, 6)) * dpooled[:, None, None]
    elif mistake == "average pooling divided by one side":
        dmixed = np.ones((3, 6, 6)) * dpooled[:, None, None] / 6
    elif mistake == "average pooling to the corner":
        dmixed = np.zeros((3, 6, 6))
        dmixed[:, 0, 0] = dpooled
    dsecond = np.einsum("ghw,fhw->gf", dmixed, act)
    if mistake == "dsecond transposed":
        dsecond = dsecond.T
    elif mistake == "dsecond from conv":
        dsecond = np.einsum("ghw,fhw->gf", dmixed, conv)
    if mistake == "second not transposed":
        dact = np.einsum("gf,fhw->ghw", second, dmixed)
    else:
        dact = np.einsum("gf,ghw->fhw", second, dmixed)
    if mistake == "leaky slope forgotten":
        dconv = dact * (conv > 0)
    elif mistake == "leaky slope on the wrong side":
        dconv = dact * np.where(conv > 0, 0.1, 1)
    elif mistake == "slope 0.01":
        dconv = dact * np.where(conv > 0, 1, 0.01)
    elif mistake == "leaky value for its slope":
        dconv = dact * np.where(conv > 0, 1, 0.1 * conv)
    else:
        dconv = dact * np.where(conv > 0, 1, 0.1)
    dkernel = np.zeros_like(kernel)
    for i in range(3):
        for j in range(3):
            window = padded[i : i + 6, j : j + 6]
            if mistake == "rows and columns exchanged":
                window = padded[j : j + 6, i : i + 6]
            elif mistake == "window from the other end":
                window = padded[2 - i : 8 - i, 2 - j : 8 - j]
            elif mistake == "window without the padding":
                window = np.roll(padded, (-1, -1), axis=(0, 1))[i : i + 6, j : j + 6]
            dkernel[:, i, j] = np.sum(dconv * window, axis=(1, 2))
    if mistake == "dkernel is a mean":
        dkernel /= 36
    return {"kernel": dkernel, "second": dsecond, "bias": dpooled}


MISTAKES = {
    "square's 2 forgotten": ("constant-factor factor-missing exponent", "pooled loss"),
    "average pooling not divided": ("constant-factor factor-missing", "mixed pooled"),
    "average pooling divided by one side": ("constant-factor", "mixed pooled"),
    "average pooling to the corner": (
        "routed-to-all index-overwritten index-shifted",
        "mixed pooled",
    ),
    "dsecond transposed": ("transposed", "second"),
    "dsecond from conv": ("weight-from-preactivation factor-replaced", "second"),
    "second not transposed": ("transposed-weight transposed", "second mixed"),
    "leaky slope forgotten": ("mask-replaced term-missing", "conv act"),
    "leaky slope on the wrong side": ("mask-replaced relu-mask-inverted", "conv act"),
    "slope 0.01": ("constant-factor factor-replaced", "conv act"),
    "leaky value for its slope": (
        "activation-derivative-wrong-argument factor-replaced",
        "conv act",
    ),
    "rows and columns exchanged": ("transposed axis order", "kernel conv"),
    "window from the other end": ("order index-shifted", "kernel conv"),
    "window without the padding": ("index-shifted", "kernel conv"),
    "dkernel is a mean": ("constant-factor bias-mean", "kernel conv"),
}
