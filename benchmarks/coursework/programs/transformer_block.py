"""A pre-norm transformer block (one head, relu MLP) on one sequence of three tokens."""

import numpy as np

rng = np.random.RandomState(43)
T, C, F = 3, 4, 6
x0 = rng.randn(T, C)
target = rng.randn(T, C)

params = {
    "g1": rng.uniform(0.6, 1.5, C), "b1": 0.2 * rng.randn(C),
    "Wq": 0.6 * rng.randn(C, C), "Wk": 0.6 * rng.randn(C, C),
    "Wv": 0.6 * rng.randn(C, C), "Wo": 0.6 * rng.randn(C, C),
    "g2": rng.uniform(0.6, 1.5, C), "b2": 0.2 * rng.randn(C),
    "Wup": 0.5 * rng.randn(C, F), "bup": 0.2 * rng.randn(F),
    "Wdown": 0.5 * rng.randn(F, C),
}  # fmt: skip


def layernorm(x, g, b):
    mu = x.mean(-1, keepdims=True)
    var = ((x - mu) ** 2).mean(-1, keepdims=True)
    xhat = (x - mu) / np.sqrt(var + 1e-5)
    return xhat * g + b, (xhat, var)


def softmax(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def forward(p):
    n1, cache1 = layernorm(x0, p["g1"], p["b1"])
    q, k, v = n1 @ p["Wq"], n1 @ p["Wk"], n1 @ p["Wv"]
    a = softmax(q @ k.T / np.sqrt(C))
    o = a @ v
    x1 = x0 + o @ p["Wo"]
    n2, cache2 = layernorm(x1, p["g2"], p["b2"])
    up = n2 @ p["Wup"] + p["bup"]
    act = np.maximum(up, 0)
    x2 = x1 + act @ p["Wdown"]
    return n1, cache1, q, k, v, a, o, x1, n2, cache2, up, act, x2


def loss(params):
    x2 = forward(params)[-1]
    return 0.5 * np.sum((x2 - target) ** 2)


def layernorm_backward(dout, cache, g, mistake):
    xhat, var = cache
    dxhat = dout if mistake == "gamma forgotten in both norms" else dout * g
    m1 = dxhat.mean(-1, keepdims=True)
    m2 = (dxhat * xhat).mean(-1, keepdims=True)
    if mistake == "mean a constant in both norms":
        m1 = 0
    elif mistake == "variance a constant in both norms":
        m2 = 0
    elif mistake == "variance for the deviation in both norms":
        return (dxhat - m1 - xhat * m2) / (var + 1e-5)
    return (dxhat - m1 - xhat * m2) / np.sqrt(var + 1e-5)


def manual_gradients(params, mistake=None):
    p = params
    n1, cache1, q, k, v, a, o, x1, n2, cache2, up, act, x2 = forward(p)
    g = {}
    dx2 = x2 - target
    g["Wdown"] = act.T @ dx2
    dact = dx2 @ p["Wdown"].T
    if mistake == "relu forgotten":
        dup = dact
    elif mistake == "relu mask of the upstream":
        dup = dact * (dact > 0)
    else:
        dup = dact * (up > 0)
    g["Wup"] = n2.T @ dup
    if mistake == "dWup from x1":
        g["Wup"] = x1.T @ dup
    g["bup"] = dup.sum(0)
    if mistake == "dbup is a mean":
        g["bup"] = dup.mean(0)
    dn2 = dup @ p["Wup"].T
    g["g2"] = (dn2 * cache2[0]).sum(0)
    if mistake == "dg2 with n2":
        g["g2"] = (dn2 * n2).sum(0)
    g["b2"] = dn2.sum(0)
    dnorm2 = layernorm_backward(dn2, cache2, p["g2"], mistake)
    if mistake == "second residual forgotten":
        dx1 = dnorm2
    elif mistake == "second residual twice":
        dx1 = 2 * dx2 + dnorm2
    elif mistake == "second residual alone":
        dx1 = dx2
    elif mistake == "second residual multiplied into the norm":
        dx1 = layernorm_backward(dn2 + dx2, cache2, p["g2"], mistake)
    else:
        dx1 = dx2 + dnorm2
    g["Wo"] = o.T @ dx1
    do = dx1 @ p["Wo"].T
    if mistake == "Wo not transposed":
        do = dx1 @ p["Wo"]
    da = do @ v.T
    dv = a.T @ do
    if mistake == "a not transposed":
        dv = a @ do
    ds = a * (da - (da * a).sum(-1, keepdims=True))
    if mistake == "softmax's normaliser a constant":
        ds = a * da
    elif mistake == "softmax over the wrong axis":
        ds = a * (da - (da * a).sum(0, keepdims=True))
    if mistake == "scale forgotten":
        dq, dk = ds @ k, ds.T @ q
    else:
        dq, dk = ds @ k / np.sqrt(C), ds.T @ q / np.sqrt(C)
    g["Wq"], g["Wk"], g["Wv"] = n1.T @ dq, n1.T @ dk, n1.T @ dv
    if mistake == "q, k, v from x0":
        g["Wq"], g["Wk"], g["Wv"] = x0.T @ dq, x0.T @ dk, x0.T @ dv
    dn1 = dq @ p["Wq"].T + dk @ p["Wk"].T + dv @ p["Wv"].T
    if mistake == "dn1 keeps the last":
        dn1 = dv @ p["Wv"].T
    g["g1"] = (dn1 * cache1[0]).sum(0)
    g["b1"] = dn1.sum(0)
    return g


MISTAKES = {
    "gamma forgotten in both norms": ("factor-missing", "x1 n2 xhat"),
    "mean a constant in both norms": ("treated-as-constant term-missing", "x1 n2 mu"),
    "variance a constant in both norms": ("treated-as-constant term-missing", "x1 n2 var"),
    "variance for the deviation in both norms": (
        "exponent factor-twice factor-replaced",
        "x1 n2 var xhat",
    ),
    "relu forgotten": ("relu-mask-missing factor-missing", "up act"),
    "relu mask of the upstream": (
        "relu-mask-wrong-source mask-replaced",
        "up act",
    ),
    "dWup from x1": ("weight-from-preactivation factor-replaced", "Wup"),
    "dbup is a mean": ("bias-mean constant-factor", "bup"),
    "dg2 with n2": ("factor-replaced", "g2"),
    "second residual forgotten": ("fan-out-overwritten term-missing", "x1"),
    "second residual twice": ("fan-out-counted-twice term-twice", "x1"),
    "second residual alone": ("fan-out-overwritten term-missing", "x1"),
    "second residual multiplied into the norm": ("order term-replaced", "x1 n2"),
    "Wo not transposed": ("transposed-weight transposed", "Wo o"),
    "a not transposed": ("transposed", "v"),
    "softmax's normaliser a constant": ("treated-as-constant term-missing", "a"),
    "softmax over the wrong axis": ("axis", "a"),
    "scale forgotten": ("constant-factor factor-missing", "a q k"),
    "q, k, v from x0": ("weight-from-preactivation factor-replaced", "Wq Wk Wv"),
    "dn1 keeps the last": ("fan-out-overwritten term-missing", "n1"),
}
