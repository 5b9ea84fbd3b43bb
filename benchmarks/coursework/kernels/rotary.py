"""Rotary position embedding, halves rotated by an angle for each position and pair."""

import numpy as np

rng = np.random.RandomState(204)
T, heads, d = 4, 2, 6
half = d // 2
angle = np.arange(1, T + 1)[:, None] / 3.0 ** (np.arange(half) / half)
cos, sin = np.cos(angle)[:, None, :], np.sin(angle)[:, None, :]

inputs = {"x": rng.randn(T, heads, d), "scale": rng.uniform(0.6, 1.5, (heads, 1))}
upstream = rng.randn(T, heads, d)


def forward(inputs):
    x1, x2 = inputs["x"][..., :half], inputs["x"][..., half:]
    rotated = np.concatenate([x1 * cos - x2 * sin, x2 * cos + x1 * sin], axis=-1)
    return rotated * inputs["scale"]


def backward(inputs, dy, mistake=None):
    x, scale = inputs["x"], inputs["scale"]
    x1, x2 = x[..., :half], x[..., half:]
    rotated = np.concatenate([x1 * cos - x2 * sin, x2 * cos + x1 * sin], axis=-1)
    dscale = np.sum(dy * rotated, axis=(0, 2)).reshape(heads, 1)
    if mistake == "dscale from x":
        dscale = np.sum(dy * x, axis=(0, 2)).reshape(heads, 1)
    elif mistake == "dscale over the heads too":
        dscale = np.full((heads, 1), np.sum(dy * rotated))
    dr = dy * scale
    if mistake == "scale forgotten":
        dr = dy
    d1, d2 = dr[..., :half], dr[..., half:]
    if mistake == "rotated forwards again":
        parts = d1 * cos - d2 * sin, d2 * cos + d1 * sin
    elif mistake == "sine's half forgotten":
        parts = d1 * cos, d2 * cos
    elif mistake == "minus of the second half forgotten":
        parts = d1 * cos + d2 * sin, d2 * cos + d1 * sin
    elif mistake == "angles of the position before":
        c, s = np.roll(cos, 1, axis=0), np.roll(sin, 1, axis=0)
        parts = d1 * c + d2 * s, d2 * c - d1 * s
    elif mistake == "halves packed the other way round":
        parts = d2 * cos - d1 * sin, d1 * cos + d2 * sin
    elif mistake == "pairs interleaved":
        e1, e2 = dr[..., ::2], dr[..., 1::2]
        parts = e1 * cos + e2 * sin, e2 * cos - e1 * sin
    elif mistake == "sine and cosine exchanged":
        parts = d1 * sin + d2 * cos, d2 * sin - d1 * cos
    else:
        parts = d1 * cos + d2 * sin, d2 * cos - d1 * sin
    return {"x": np.concatenate(parts, axis=-1), "scale": dscale}


MISTAKES = {
    "dscale from x": ("factor-replaced weight-from-preactivation", "scale"),
    "dscale over the heads too": ("axis bias-summed-over-units", "scale"),
    "scale forgotten": ("factor-missing", "rotated x"),
    "rotated forwards again": ("transposed sign constant-factor second-operand-sign", "x1 x2 x"),
    "sine's half forgotten": ("fan-out-overwritten term-missing", "x1 x2 x"),
    "minus of the second half forgotten": ("constant-factor sign", "x1 x2 x"),
    "angles of the position before": ("index-shifted factor-replaced", "x1 x2 x"),
    "halves packed the other way round": ("order swapped", "x1 x2 x"),
    "pairs interleaved": ("order index-shifted axis", "x1 x2 x rotated"),
    "sine and cosine exchanged": ("swapped factor-replaced", "x1 x2 x"),
}
