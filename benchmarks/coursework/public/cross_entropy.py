"""Cross-entropy of token logits: reductions that were confused.

tensorflow/swift-apis#42, victorlempitsky/Mate#2, linkedin/Liger-Kernel#968 and #1298.
"""

import numpy as np

rng = np.random.RandomState(109)
N, V, D = 7, 4, 3
X = rng.randn(N, D)
y = rng.randint(V, size=N)
token_weight = rng.uniform(0.3, 1.7, N)

params = {"W": rng.randn(D, V)}


def loss(params):
    logits = X @ params["W"]
    lse = np.log(np.sum(np.exp(logits), axis=1))
    per_token = lse - logits[np.arange(N), y]
    return np.mean(token_weight * per_token)


def manual_gradients(params, mistake=None):
    logits = X @ params["W"]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p[np.arange(N), y] -= 1
    upstream = token_weight / N
    if mistake == "gradient of the sum":
        upstream = token_weight
    elif mistake == "divided by all numbers":
        upstream = token_weight / logits.size
    elif mistake == "every row scaled by the first token's upstream":
        upstream = np.full(N, token_weight[0] / N)
    elif mistake == "tokens already summed in the forward":
        upstream = np.ones(N) / N
    return {"W": X.T @ (p * upstream[:, None])}


MISTAKES = {
    "gradient of the sum": ("constant-factor factor-missing", "loss per_token logits W"),
    "divided by all numbers": ("constant-factor", "loss per_token logits W"),
    "every row scaled by the first token's upstream": (
        "index-shifted factor-replaced",
        "per_token logits",
    ),
    "tokens already summed in the forward": ("factor-missing", "per_token logits"),
}
