"""GRU over three steps, batch 3, a linear readout of the last state."""

import numpy as np

rng = np.random.RandomState(35)
N, T, D, H = 3, 3, 2, 4
xs = rng.randn(T, N, D)
h_start = 0.6 * rng.randn(N, H)
y = rng.randn(N, 2)


def init(*shape):
    return 0.6 * rng.randn(*shape)


params = {
    "Wz": init(D, H), "Uz": init(H, H), "bz": init(H),
    "Wr": init(D, H), "Ur": init(H, H), "br": init(H),
    "Wn": init(D, H), "Un": init(H, H), "bn": init(H),
    "Wy": init(H, 2),
}  # fmt: skip


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def step(p, x, h):
    z = sigmoid(x @ p["Wz"] + h @ p["Uz"] + p["bz"])
    r = sigmoid(x @ p["Wr"] + h @ p["Ur"] + p["br"])
    n = np.tanh(x @ p["Wn"] + (r * h) @ p["Un"] + p["bn"])
    return z, r, n, (1 - z) * h + z * n


def loss(params):
    h = h_start
    for t in range(T):
        z, r, n, h = step(params, xs[t], h)
    return 0.5 * np.sum((h @ params["Wy"] - y) ** 2)


def manual_gradients(params, mistake=None):
    p = params
    h, saved = h_start, []
    for t in range(T):
        z, r, n, new = step(p, xs[t], h)
        saved.append((xs[t], h, z, r, n))
        h = new
    g = {k: np.zeros_like(v) for k, v in p.items()}
    dy = h @ p["Wy"] - y
    g["Wy"] = h.T @ dy
    dh = dy @ p["Wy"].T
    for x, h, z, r, n in reversed(saved):
        if mistake == "dz without the old state":
            dz = dh * n
        elif mistake == "dz with the signs exchanged":
            dz = dh * (h - n)
        else:
            dz = dh * (n - h)
        dn = dh * (1 - z) if mistake == "1 - z for z in dn" else dh * z
        daz = dz * z * (1 - z)
        if mistake == "sigmoid' of z without 1 - z":
            daz = dz * z
        elif mistake == "tanh' for z's sigmoid'":
            daz = dz * (1 - z**2)
        dan = dn * (1 - n**2)
        if mistake == "tanh' forgotten in n":
            dan = dn
        elif mistake == "sigmoid' for n's tanh'":
            dan = dn * n * (1 - n)
        drh = dan @ p["Un"].T
        if mistake == "Un not transposed":
            drh = dan @ p["Un"]
        dr = drh * h
        if mistake == "dr without h":
            dr = drh
        elif mistake == "dr with n":
            dr = drh * n
        dar = dr * r * (1 - r)
        if mistake == "dar with z's sigmoid'":
            dar = dr * z * (1 - z)
        gates = (("z", daz), ("r", dar), ("n", dan))
        for k, da in gates:
            g["W" + k] += x.T @ da
            g["b" + k] += da.sum(axis=0)
        g["Uz"] += h.T @ daz
        g["Ur"] += h.T @ dar
        if mistake == "dUn without the reset gate":
            g["Un"] += h.T @ dan
        else:
            g["Un"] += (r * h).T @ dan
        dprev = dh * (1 - z)
        if mistake == "direct path forgotten":
            dprev = 0
        elif mistake == "direct path with z":
            dprev = dh * z
        if mistake == "reset path without r":
            dprev = dprev + drh
        elif mistake == "reset path forgotten":
            pass
        else:
            dprev = dprev + drh * r
        if mistake != "path through the update gate forgotten":
            dprev = dprev + daz @ p["Uz"].T
        if mistake != "path through the reset gate forgotten":
            dprev = dprev + dar @ p["Ur"].T
        if mistake == "only the last step":
            break
        dh = dprev
    return g


MISTAKES = {
    "dz without the old state": ("term-missing fan-out-overwritten", "z h"),
    "dz with the signs exchanged": ("constant-factor sign second-operand-sign", "z h"),
    "1 - z for z in dn": ("factor-replaced", "n h"),
    "sigmoid' of z without 1 - z": ("factor-missing", "z"),
    "tanh' for z's sigmoid'": (
        "activation-derivative-wrong-argument factor-replaced exponent",
        "z",
    ),
    "tanh' forgotten in n": ("missing-activation-derivative factor-missing", "n"),
    "sigmoid' for n's tanh'": ("activation-derivative-wrong-argument factor-replaced", "n"),
    "Un not transposed": ("transposed-weight transposed", "Un n"),
    "dr without h": ("factor-missing", "r"),
    "dr with n": ("factor-replaced", "r"),
    "dar with z's sigmoid'": ("activation-derivative-wrong-argument factor-replaced", "r"),
    "dUn without the reset gate": ("factor-missing factor-replaced", "Un"),
    "direct path forgotten": ("fan-out-overwritten term-missing treated-as-constant", "h"),
    "direct path with z": ("factor-replaced", "h"),
    "reset path without r": ("factor-missing", "h"),
    "reset path forgotten": ("fan-out-overwritten term-missing treated-as-constant", "h"),
    "path through the update gate forgotten": (
        "fan-out-overwritten term-missing treated-as-constant",
        "h z",
    ),
    "path through the reset gate forgotten": (
        "fan-out-overwritten term-missing treated-as-constant",
        "h r",
    ),
    "only the last step": ("term-missing treated-as-constant", "h"),
}
