"""Group normalization: channels in groups, statistics over each group of each sample."""

import numpy as np

rng = np.random.RandomState(13)
N, C, G, L = 3, 4, 2, 3  # samples, channels, groups, length
x = rng.randn(N, C, L)
target = rng.randn(N, C)

params = {
    "k": 1 + 0.3 * rng.randn(C, C),
    "gamma": rng.uniform(0.6, 1.5, (1, C, 1)),
    "beta": 0.2 * rng.randn(1, C, 1),
}


def loss(params):
    z = np.einsum("oc,ncl->nol", params["k"], np.tanh(x))
    z = z + x
    groups = z.reshape(N, G, C // G * L)
    mean = groups.mean(axis=2, keepdims=True)
    var = groups.var(axis=2, keepdims=True)
    xhat = ((groups - mean) / np.sqrt(var + 1e-5)).reshape(N, C, L)
    out = xhat * params["gamma"] + params["beta"]
    pooled = np.mean(out**3, axis=2)
    return np.mean((pooled - target) ** 2)


def manual_gradients(params, mistake=None):
    k, gamma, beta = params["k"], params["gamma"], params["beta"]
    z = np.einsum("oc,ncl->nol", k, np.tanh(x)) + x
    groups = z.reshape(N, G, C // G * L)
    mean = groups.mean(axis=2, keepdims=True)
    var = groups.var(axis=2, keepdims=True)
    std = np.sqrt(var + 1e-5)
    xhat = ((groups - mean) / std).reshape(N, C, L)
    out = xhat * gamma + beta
    pooled = np.mean(out**3, axis=2)

    dpooled = 2 * (pooled - target) / pooled.size
    if mistake == "cube's exponent not reduced":
        dout = dpooled[:, :, None] * 3 * out**3 / L
    elif mistake == "cube's 3 forgotten":
        dout = dpooled[:, :, None] * out**2 / L
    elif mistake == "pooling without 1/L":
        dout = dpooled[:, :, None] * 3 * out**2
    else:
        dout = dpooled[:, :, None] * 3 * out**2 / L
    dgamma = (dout * xhat).sum(axis=(0, 2), keepdims=True)
    dbeta = dout.sum(axis=(0, 2), keepdims=True)
    if mistake == "dgamma over the samples, mean over the length":
        dgamma = (dout * xhat).sum(axis=0, keepdims=True).mean(axis=2, keepdims=True)
        dbeta = dout.sum(axis=0, keepdims=True).mean(axis=2, keepdims=True)
    elif mistake == "dbeta over all channels":
        dbeta = np.ones_like(beta) * dout.sum()
    dxhat = dout * gamma
    if mistake == "gamma forgotten":
        dxhat = dout
    if mistake == "statistics over the sample":
        d = dxhat.reshape(N, 1, -1)
        h = xhat.reshape(N, 1, -1)
    elif mistake == "statistics over the channel":
        d, h = dxhat, xhat
    else:
        d = dxhat.reshape(N, G, -1)
        h = xhat.reshape(N, G, -1)
    m1 = d.mean(axis=2, keepdims=True)
    m2 = (d * h).mean(axis=2, keepdims=True)
    if mistake == "mean is a constant":
        m1 = 0
    elif mistake == "variance is a constant":
        m2 = 0
    elif mistake == "both are constants":
        m1 = m2 = 0
    elif mistake == "the group's size is taken for C // G":
        m1 = m1 * L
        m2 = m2 * L
    dz = (d - m1 - h * m2).reshape(N, C, L)
    std = np.repeat(std, C // G, axis=1)
    if mistake == "variance for the deviation":
        dz = dz / std**2
    elif mistake == "deviation forgotten":
        pass
    elif mistake == "deviation of the other group":
        dz = dz / std[:, ::-1]
    else:
        dz = dz / std
    if mistake == "dk transposed":
        dk = np.einsum("nol,ncl->co", dz, np.tanh(x))
    elif mistake == "dk with x":
        dk = np.einsum("nol,ncl->oc", dz, x)
    else:
        dk = np.einsum("nol,ncl->oc", dz, np.tanh(x))
    return {"k": dk, "gamma": dgamma, "beta": dbeta}


MISTAKES = {
    "cube's exponent not reduced": ("exponent", "out pooled"),
    "cube's 3 forgotten": ("constant-factor factor-missing exponent", "out pooled"),
    "pooling without 1/L": ("constant-factor factor-missing", "out pooled"),
    "dgamma over the samples, mean over the length": (
        "constant-factor bias-mean",
        "gamma beta",
    ),
    "dbeta over all channels": ("bias-summed-over-units axis", "beta"),
    "gamma forgotten": ("factor-missing", "xhat out"),
    "statistics over the sample": ("axis", "groups mean var xhat"),
    "statistics over the channel": ("axis", "groups mean var xhat"),
    "mean is a constant": ("treated-as-constant term-missing", "mean groups"),
    "variance is a constant": ("treated-as-constant term-missing", "var groups"),
    "both are constants": ("treated-as-constant term-missing", "mean var groups"),
    "the group's size is taken for C // G": ("constant-factor", "mean var groups"),
    "variance for the deviation": ("exponent factor-twice factor-replaced", "xhat groups"),
    "deviation forgotten": ("factor-missing", "xhat groups"),
    "deviation of the other group": ("factor-replaced order", "xhat groups"),
    "dk transposed": ("transposed", "k"),
    "dk with x": ("weight-from-preactivation factor-replaced", "k"),
}
