"""GRU over padded sequences: the reset gate stands outside, ended sequences keep their state."""

import numpy as np

rng = np.random.RandomState(107)
N, T, D, H = 3, 4, 2, 3
x = rng.randn(T, N, D)
lengths = np.array([4, 2, 3])
m = (np.arange(T)[:, None] < lengths)[:, :, None].astype(float)
y = rng.randn(N)

params = {
    "W": 0.7 * rng.randn(D, 3 * H), "U": 0.7 * rng.randn(H, 3 * H), "b": 0.3 * rng.randn(3 * H),
    "bn": 0.3 * rng.randn(H), "h0": 0.5 * rng.randn(N, H), "w": 0.8 * rng.randn(H),
}  # fmt: skip


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def step(p, x, h):
    a = x @ p["W"] + p["b"]
    c = h @ p["U"]
    z = sigmoid(a[:, :H] + c[:, :H])
    r = sigmoid(a[:, H : 2 * H] + c[:, H : 2 * H])
    q = c[:, 2 * H :] + p["bn"]
    n = np.tanh(a[:, 2 * H :] + r * q)
    return z, r, q, n


def loss(params):
    h = params["h0"]
    for t in range(T):
        z, r, q, n = step(params, x[t], h)
        new = z * h + (1 - z) * n
        h = m[t] * new + (1 - m[t]) * h
    return np.mean((h @ params["w"] - y) ** 2)


def manual_gradients(params, mistake=None):
    p = params
    h, tape = p["h0"], []
    for t in range(T):
        z, r, q, n = step(p, x[t], h)
        tape.append((h, z, r, q, n))
        h = m[t] * (z * h + (1 - z) * n) + (1 - m[t]) * h
    dy = 2 * (h @ p["w"] - y) / N
    g = {k: np.zeros_like(v) for k, v in p.items()}
    g["w"] = h.T @ dy
    dh = np.outer(dy, p["w"])
    for t in range(T - 1, -1, -1):
        h, z, r, q, n = tape[t]
        dnew = dh * m[t]
        carried = dh * (1 - m[t])
        if mistake == "padded steps are not masked":
            dnew, carried = dh, 0
        elif mistake == "ended sequences lose their gradient":
            carried = 0
        dz = dnew * (h - n)
        dn = dnew * (1 - z)
        dan = dn * (1 - n**2)
        dq = dan * r
        dr = dan * q
        if mistake == "reset gate from the state":
            dr = dan * h
        daz = dz * z * (1 - z)
        dar = dr * r * (1 - r)
        da = np.hstack([daz, dar, dan])
        dc = np.hstack([daz, dar, dq])
        if mistake == "recurrent candidate without the reset gate":
            dc = da
        g["W"] += x[t].T @ da
        g["b"] += da.sum(axis=0)
        g["U"] += h.T @ dc
        g["bn"] += dan.sum(axis=0) if mistake == "bn like the other biases" else dq.sum(axis=0)
        dh = dnew * z + dc @ p["U"].T + carried
    g["h0"] = dh
    return g


MISTAKES = {
    "padded steps are not masked": ("mask-missing factor-missing", "h new"),
    "ended sequences lose their gradient": ("term-missing fan-out-overwritten", "h"),
    "reset gate from the state": ("factor-replaced", "r q n"),
    "recurrent candidate without the reset gate": ("factor-missing", "q c n"),
    "bn like the other biases": ("factor-missing", "bn q"),
}
