"""Skip-gram with negative sampling over a few words; the same words come again and again."""

import numpy as np

rng = np.random.RandomState(51)
V, d, K = 6, 3, 3
centers = np.array([0, 2, 2, 4, 0, 5, 2])
contexts = np.array([1, 1, 3, 5, 2, 4, 0])
negatives = rng.randint(V, size=(len(centers), K))

params = {"Vc": 0.8 * rng.randn(V, d), "Uo": 0.8 * rng.randn(V, d)}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loss(params):
    v = params["Vc"][centers]
    u = params["Uo"][contexts]
    w = params["Uo"][negatives]
    positive = np.sum(u * v, axis=1)
    negative = np.einsum("nkd,nd->nk", w, v)
    return -np.mean(np.log(sigmoid(positive)) + np.sum(np.log(sigmoid(-negative)), axis=1))


def manual_gradients(params, mistake=None):
    Vc, Uo = params["Vc"], params["Uo"]
    n = len(centers)
    v, u, w = Vc[centers], Uo[contexts], Uo[negatives]
    s_pos = sigmoid(np.sum(u * v, axis=1))
    s_neg = sigmoid(np.einsum("nkd,nd->nk", w, v))
    dpos = (s_pos - 1) / n
    dneg = s_neg / n
    if mistake == "positive without its target":
        dpos = s_pos / n
    elif mistake == "negatives with the positive's target":
        dneg = (s_neg - 1) / n
    elif mistake == "negatives with the sign of the positive":
        dneg = -s_neg / n
    elif mistake == "1 - s for the negatives":
        dneg = (1 - s_neg) / n
    elif mistake == "sigmoid' left in the positive":
        dpos = (s_pos - 1) * s_pos / n
    elif mistake == "negatives averaged over K":
        dneg = s_neg / n / K
    elif mistake == "not averaged":
        dpos, dneg = s_pos - 1, s_neg
    du = dpos[:, None] * v
    dw = dneg[:, :, None] * v[:, None, :]
    dv = dpos[:, None] * u + np.einsum("nk,nkd->nd", dneg, w)
    if mistake == "center without the negatives":
        dv = dpos[:, None] * u
    elif mistake == "center with the negatives alone":
        dv = np.einsum("nk,nkd->nd", dneg, w)
    elif mistake == "center with the first negative":
        dv = dpos[:, None] * u + dneg[:, :1] * w[:, 0]
    elif mistake == "center's gradient with v":
        dv = dpos[:, None] * v + np.einsum("nk,nkd->nd", dneg, w)
    if mistake == "du with u":
        du = dpos[:, None] * u
    elif mistake == "dw with w":
        dw = dneg[:, :, None] * w
    dVc, dUo = np.zeros_like(Vc), np.zeros_like(Uo)
    if mistake == "repeated centers overwritten":
        dVc[centers] += dv
    elif mistake == "indexed by the contexts":
        np.add.at(dVc, contexts, dv)
    else:
        np.add.at(dVc, centers, dv)
    if mistake == "negatives' rows not updated":
        np.add.at(dUo, contexts, du)
    elif mistake == "contexts' rows not updated":
        np.add.at(dUo, negatives, dw)
    elif mistake == "repeated contexts and negatives overwritten":
        dUo[contexts] += du
        dUo[negatives] += dw
    else:
        np.add.at(dUo, contexts, du)
        np.add.at(dUo, negatives, dw)
    return {"Vc": dVc, "Uo": dUo}


MISTAKES = {
    "positive without its target": ("target-missing term-missing", "positive"),
    "negatives with the positive's target": ("term-added target-missing", "negative"),
    "negatives with the sign of the positive": (
        "constant-factor sign second-operand-sign",
        "negative",
    ),
    "1 - s for the negatives": ("factor-replaced activation-derivative-wrong-argument", "negative"),
    "sigmoid' left in the positive": (
        "activation-derivative-twice cross-entropy-twice factor-added",
        "positive",
    ),
    "negatives averaged over K": ("constant-factor", "negative"),
    "not averaged": ("constant-factor factor-missing", "positive negative loss"),
    "center without the negatives": ("fan-out-overwritten term-missing", "v Vc"),
    "center with the negatives alone": ("fan-out-overwritten term-missing", "v Vc"),
    "center with the first negative": ("not-reduced term-missing", "v Vc"),
    "center's gradient with v": ("factor-replaced", "v Vc"),
    "du with u": ("factor-replaced", "u Uo"),
    "dw with w": ("factor-replaced", "w Uo"),
    "repeated centers overwritten": ("index-overwritten term-missing", "Vc v"),
    "indexed by the contexts": ("index-shifted factor-replaced", "Vc v"),
    "negatives' rows not updated": ("fan-out-overwritten term-missing", "Uo w"),
    "contexts' rows not updated": ("fan-out-overwritten term-missing", "Uo u"),
    "repeated contexts and negatives overwritten": ("index-overwritten term-missing", "Uo u w"),
}
