"""Embeddings, gathers and repeated indices: three mistakes that were reported.

HIPS/autograd#39 and #136, pytorch/pytorch#1528, ooples/AiDotNet.Tensors#894.
"""

import numpy as np

rng = np.random.RandomState(106)
V, E = 5, 3
idx = np.array([1, 3, 1, 0, 3, 3, 4])
probe = rng.randn(len(idx), E)

params = {"table": rng.randn(V, E), "scale": rng.uniform(0.5, 1.5, len(idx))}


def loss(params):
    rows = params["table"][idx]
    scaled = rows * params["scale"][:, None]
    return np.sum(np.exp(0.5 * scaled) * probe)


def manual_gradients(params, mistake=None):
    table, scale = params["table"], params["scale"]
    rows = table[idx]
    dscaled = 0.5 * np.exp(0.5 * rows * scale[:, None]) * probe
    dscale = np.sum(dscaled * rows, axis=1)
    drows = dscaled * scale[:, None]
    dtable = np.zeros_like(table)
    if mistake == "g[idx] += d":
        dtable[idx] += drows
    elif mistake == "only the first copy":
        for row in range(len(idx)):
            if idx[row] not in idx[:row]:
                dtable[idx[row]] = drows[row]
    elif mistake == "gather for scatter-add":
        dtable = drows[np.minimum(np.arange(V), len(idx) - 1)]
    else:
        np.add.at(dtable, idx, drows)
    return {"table": dtable, "scale": dscale}


MISTAKES = {
    "g[idx] += d": ("index-overwritten term-missing", "table rows"),
    "only the first copy": ("index-overwritten term-missing", "table rows"),
    "gather for scatter-add": ("index-shifted index-overwritten", "table rows"),
}
