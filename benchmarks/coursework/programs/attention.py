"""Single-head attention over four tokens of one sentence, with an output projection."""

import numpy as np

rng = np.random.RandomState(40)
T, d, dk = 4, 5, 3
X = rng.randn(T, d)
target = rng.randn(T, d)
scale = 1 / np.sqrt(dk)

params = {
    "Wq": 0.7 * rng.randn(d, dk),
    "Wk": 0.7 * rng.randn(d, dk),
    "Wv": 0.6 * rng.randn(d, dk),
    "Wo": 0.6 * rng.randn(dk, d),
}


def loss(params):
    Q, K, V = X @ params["Wq"], X @ params["Wk"], X @ params["Wv"]
    S = Q @ K.T * scale
    E = np.exp(S - S.max(axis=-1, keepdims=True))
    A = E / E.sum(axis=-1, keepdims=True)
    O = A @ V
    Y = O @ params["Wo"]
    return np.mean((Y - target) ** 2)


def manual_gradients(params, mistake=None):
    Wq, Wk, Wv, Wo = params["Wq"], params["Wk"], params["Wv"], params["Wo"]
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T * scale
    A = np.exp(S - S.max(axis=-1, keepdims=True))
    A /= A.sum(axis=-1, keepdims=True)
    O = A @ V
    Y = O @ Wo

    dY = 2 * (Y - target) / Y.size
    dWo = O.T @ dY
    if mistake == "dWo from V":
        dWo = V.T @ dY
    dO = dY @ Wo.T
    dA = dO @ V.T
    if mistake == "dA with K":
        dA = dO @ K.T
    dV = A.T @ dO
    if mistake == "A not transposed":
        dV = A @ dO
    elif mistake == "dV from the scores":
        dV = S.T @ dO
    if mistake == "softmax left out":
        dS = dA
    elif mistake == "softmax copied":
        dS = A * dA
    elif mistake == "softmax's diagonal":
        dS = A * (1 - A) * dA
    elif mistake == "softmax summed over the queries":
        dS = A * (dA - np.sum(A * dA, axis=0, keepdims=True))
    elif mistake == "softmax with the mean":
        dS = A * (dA - np.mean(A * dA, axis=-1, keepdims=True))
    elif mistake == "softmax without A inside the sum":
        dS = A * (dA - np.sum(dA, axis=-1, keepdims=True))
    elif mistake == "softmax without A outside":
        dS = dA - np.sum(A * dA, axis=-1, keepdims=True)
    elif mistake == "softmax sum is added":
        dS = A * (dA + np.sum(A * dA, axis=-1, keepdims=True))
    else:
        dS = A * (dA - np.sum(A * dA, axis=-1, keepdims=True))
    if mistake == "scale forgotten":
        pass
    elif mistake == "divided by dk":
        dS = dS / dk
    elif mistake == "scale in dQ alone":
        pass
    elif mistake == "scaled by sqrt(d)":
        dS = dS / np.sqrt(d)
    else:
        dS = dS * scale
    dQ = dS @ K
    if mistake == "scale in dQ alone":
        dQ = dQ * scale
    dK = dS.T @ Q
    if mistake == "dS not transposed":
        dK = dS @ Q
    elif mistake == "dK with K":
        dK = dS.T @ K
    if mistake == "dQ with V":
        dQ = dS @ V
    dWq, dWk, dWv = X.T @ dQ, X.T @ dK, X.T @ dV
    if mistake == "dWq and dWk exchanged":
        dWq, dWk = dWk, dWq
    elif mistake == "dWq of the first token":
        dWq = X[:1].T @ dQ[:1]
    return {"Wq": dWq, "Wk": dWk, "Wv": dWv, "Wo": dWo}


def right_row_by_row(params):
    """Each row's softmax by its whole Jacobian, each token by a loop."""
    Wq, Wk, Wv, Wo = params["Wq"], params["Wk"], params["Wv"], params["Wo"]
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    gradients = {name: np.zeros_like(value) for name, value in params.items()}
    dK, dV = np.zeros_like(K), np.zeros_like(V)
    for i in range(T):
        a = np.exp(K @ Q[i] * scale)
        a /= a.sum()
        dy = 2 * (a @ V @ Wo - target[i]) / target.size
        gradients["Wo"] += np.outer(a @ V, dy)
        do = Wo @ dy
        ds = (np.diag(a) - np.outer(a, a)) @ (V @ do)
        gradients["Wq"] += np.outer(X[i], ds @ K * scale)
        dK += np.outer(ds, Q[i]) * scale
        dV += np.outer(a, do)
    gradients["Wk"], gradients["Wv"] = X.T @ dK, X.T @ dV
    return gradients


MISTAKES = {
    "dWo from V": ("factor-missing factor-replaced weight-from-preactivation", "Wo"),
    "dA with K": ("wrong-matrix factor-replaced", "A O"),
    "A not transposed": ("transposed", "V O"),
    "dV from the scores": ("factor-replaced weight-from-preactivation", "V O"),
    "softmax left out": ("softmax-copied missing-activation-derivative factor-missing", "S A E"),
    "softmax copied": ("treated-as-constant term-missing", "S A E"),
    "softmax's diagonal": ("softmax-diagonal-only term-missing", "S A E"),
    "softmax summed over the queries": ("axis", "S A E"),
    "softmax with the mean": ("constant-factor", "S A E"),
    "softmax without A inside the sum": ("factor-missing", "S A E"),
    "softmax without A outside": ("factor-missing", "S A E"),
    "softmax sum is added": ("constant-factor sign second-operand-sign", "S A E"),
    "scale forgotten": ("constant-factor factor-missing", "S"),
    "divided by dk": ("constant-factor factor-twice exponent", "S"),
    "scale in dQ alone": ("constant-factor factor-missing", "K Wk"),
    "scaled by sqrt(d)": ("constant-factor", "S"),
    "dS not transposed": ("transposed", "K S"),
    "dK with K": ("factor-replaced wrong-matrix", "K S"),
    "dQ with V": ("factor-replaced wrong-matrix", "Q S"),
    "dWq and dWk exchanged": ("swapped order factor-replaced", "Wq Wk Q K"),
    "dWq of the first token": ("not-reduced index-overwritten term-missing", "Wq"),
}
