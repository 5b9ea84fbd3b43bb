"""Model of characters in names: embeddings, batch-normalized tanh layer, cross-entropy."""

import numpy as np

rng = np.random.RandomState(50)
n, block, vocab, n_embd, n_hidden = 7, 3, 5, 2, 4
Xb = rng.randint(vocab, size=(n, block))
Yb = rng.randint(vocab, size=n)

params = {
    "C": rng.randn(vocab, n_embd),
    "W1": 0.5 * rng.randn(n_embd * block, n_hidden),
    "W2": 0.5 * rng.randn(n_hidden, vocab),
    "b2": 0.1 * rng.randn(vocab),
    "bngain": rng.uniform(0.7, 1.4, (1, n_hidden)),
    "bnbias": 0.2 * rng.randn(1, n_hidden),
}


def loss(params):
    emb = params["C"][Xb]
    embcat = emb.reshape(n, -1)
    hprebn = embcat @ params["W1"]
    bnmeani = np.sum(hprebn, axis=0, keepdims=True) / n
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = np.sum(bndiff2, axis=0, keepdims=True) / (n - 1)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = params["bngain"] * bnraw + params["bnbias"]
    h = np.tanh(hpreact)
    logits = h @ params["W2"] + params["b2"]
    logit_maxes = np.max(logits, axis=1, keepdims=True)
    norm_logits = logits - logit_maxes
    counts = np.exp(norm_logits)
    counts_sum = np.sum(counts, axis=1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = np.log(probs)
    return -np.mean(logprobs[np.arange(n), Yb])


def manual_gradients(params, mistake=None):
    C, W1, W2, b2 = params["C"], params["W1"], params["W2"], params["b2"]
    bngain, bnbias = params["bngain"], params["bnbias"]
    embcat = C[Xb].reshape(n, -1)
    hprebn = embcat @ W1
    bndiff = hprebn - hprebn.mean(0, keepdims=True)
    bnvar = (bndiff**2).sum(0, keepdims=True) / (n - 1)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    h = np.tanh(bngain * bnraw + bnbias)
    logits = h @ W2 + b2
    counts = np.exp(logits - logits.max(1, keepdims=True))
    counts_sum_inv = counts.sum(1, keepdims=True) ** -1
    probs = counts * counts_sum_inv

    dlogprobs = np.zeros_like(probs)
    dlogprobs[np.arange(n), Yb] = -1.0 / n
    if mistake == "dlogprobs without 1/n":
        dlogprobs[np.arange(n), Yb] = -1.0
    dprobs = 1 / probs * dlogprobs
    if mistake == "log's derivative of the counts":
        dprobs = 1 / counts * dlogprobs
    dcounts_sum_inv = (counts * dprobs).sum(1, keepdims=True)
    dcounts = counts_sum_inv * dprobs
    dcounts_sum = -(counts_sum_inv**2) * dcounts_sum_inv
    if mistake == "counts_sum exponent":
        dcounts_sum = -counts_sum_inv * dcounts_sum_inv
    elif mistake == "counts_sum sign":
        dcounts_sum = counts_sum_inv**2 * dcounts_sum_inv
    if mistake == "dcounts overwritten":
        dcounts = np.ones_like(counts) * dcounts_sum
    elif mistake == "dcounts of the product alone":
        pass
    else:
        dcounts = dcounts + dcounts_sum
    dlogits = dcounts if mistake == "exp forgotten" else counts * dcounts
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1.0 - h**2) * dh
    if mistake == "tanh' unsquared":
        dhpreact = (1.0 - h) * dh
    elif mistake == "tanh' of the preactivation":
        dhpreact = (1.0 - (bngain * bnraw + bnbias) ** 2) * dh
    dbngain = (bnraw * dhpreact).sum(0, keepdims=True)
    if mistake == "dbngain with bndiff":
        dbngain = (bndiff * dhpreact).sum(0, keepdims=True)
    dbnbias = dhpreact.sum(0, keepdims=True)
    if mistake == "dbnbias is a mean":
        dbnbias = dhpreact.mean(0, keepdims=True)
    dbnraw = bngain * dhpreact
    if mistake == "bngain forgotten":
        dbnraw = dhpreact
    dbndiff = bnvar_inv * dbnraw
    dbnvar_inv = (bndiff * dbnraw).sum(0, keepdims=True)
    dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv
    if mistake == "power -0.5 not reduced":
        dbnvar = -0.5 * (bnvar + 1e-5) ** -0.5 * dbnvar_inv
    dbndiff2 = (1.0 / (n - 1)) * np.ones_like(bndiff) * dbnvar
    if mistake == "Bessel's correction forgotten":
        dbndiff2 = (1.0 / n) * np.ones_like(bndiff) * dbnvar
    if mistake == "bndiff overwritten by the square's path":
        dbndiff = 2 * bndiff * dbndiff2
    elif mistake == "variance path missing":
        pass
    elif mistake == "square's 2":
        dbndiff = dbndiff + bndiff * dbndiff2
    else:
        dbndiff = dbndiff + 2 * bndiff * dbndiff2
    dhprebn = dbndiff.copy()
    if mistake == "mean's path with the wrong sign":
        dhprebn += dbndiff.sum(0) / n
    elif mistake != "mean's path missing":
        dhprebn -= dbndiff.sum(0) / n
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    demb = dembcat.reshape(n, block, n_embd)
    if mistake == "demb reshaped without its order":
        demb = dembcat.reshape(n, n_embd, block).transpose(0, 2, 1)
    dC = np.zeros_like(C)
    for k in range(n):
        for j in range(block):
            ix = Xb[k, j]
            if mistake == "dC overwritten":
                dC[ix] = demb[k, j]
            elif mistake == "dC of the first character":
                dC[ix] += demb[k, 0]
            else:
                dC[ix] += demb[k, j]
    return {"C": dC, "W1": dW1, "W2": dW2, "b2": db2, "bngain": dbngain, "bnbias": dbnbias}


MISTAKES = {
    "dlogprobs without 1/n": ("constant-factor factor-missing", "logprobs loss"),
    "log's derivative of the counts": ("factor-replaced factor-missing", "probs logprobs"),
    "counts_sum exponent": ("exponent factor-missing", "counts_sum counts_sum_inv"),
    "counts_sum sign": ("constant-factor sign", "counts_sum counts_sum_inv"),
    "dcounts overwritten": ("fan-out-overwritten term-missing", "counts"),
    "dcounts of the product alone": (
        "fan-out-overwritten term-missing treated-as-constant",
        "counts",
    ),
    "exp forgotten": ("missing-activation-derivative factor-missing", "norm_logits counts logits"),
    "tanh' unsquared": ("exponent factor-replaced", "hpreact h"),
    "tanh' of the preactivation": (
        "activation-derivative-wrong-argument factor-replaced",
        "hpreact h",
    ),
    "dbngain with bndiff": ("factor-replaced factor-missing", "bngain"),
    "dbnbias is a mean": ("bias-mean constant-factor", "bnbias"),
    "bngain forgotten": ("factor-missing", "bnraw hpreact"),
    "power -0.5 not reduced": ("exponent", "bnvar bnvar_inv"),
    "Bessel's correction forgotten": ("constant-factor", "bnvar bndiff2"),
    "bndiff overwritten by the square's path": ("fan-out-overwritten term-missing", "bndiff"),
    "variance path missing": (
        "fan-out-overwritten treated-as-constant term-missing",
        "bndiff bnvar",
    ),
    "square's 2": ("constant-factor factor-missing exponent", "bndiff bndiff2"),
    "mean's path with the wrong sign": (
        "second-operand-sign constant-factor sign",
        "bnmeani hprebn",
    ),
    "mean's path missing": (
        "treated-as-constant fan-out-overwritten term-missing",
        "bnmeani hprebn",
    ),
    "demb reshaped without its order": ("order axis", "emb embcat"),
    "dC overwritten": ("index-overwritten term-missing", "C emb"),
    "dC of the first character": ("index-shifted factor-replaced", "C emb"),
}
