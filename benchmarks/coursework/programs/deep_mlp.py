"""Four layers in a list and a loop over them, silu between, Huber loss, weights W0 to W3."""

import numpy as np

rng = np.random.RandomState(76)
sizes = [3, 4, 4, 4, 2]
N = 7
x = rng.randn(N, 3)
y = 2 * rng.randn(N, 2)
delta = 0.8

params = {}
for layer in range(4):
    params[f"W{layer}"] = 0.7 * rng.randn(sizes[layer], sizes[layer + 1])
    params[f"b{layer}"] = 0.2 * rng.randn(sizes[layer + 1])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loss(params):
    h = x
    for layer in range(4):
        z = h @ params[f"W{layer}"] + params[f"b{layer}"]
        h = z * sigmoid(z) if layer < 3 else z
    error = h - y
    small = np.abs(error) <= delta
    return np.mean(np.where(small, 0.5 * error**2, delta * (np.abs(error) - 0.5 * delta)))


def manual_gradients(params, mistake=None):
    hs, zs = [x], []
    for layer in range(4):
        z = hs[-1] @ params[f"W{layer}"] + params[f"b{layer}"]
        zs.append(z)
        hs.append(z * sigmoid(z) if layer < 3 else z)
    error = hs[-1] - y
    g = np.clip(error, -delta, delta) / error.size
    if mistake == "Huber without its linear part":
        g = error / error.size
    elif mistake == "Huber's sign forgotten":
        g = np.where(np.abs(error) <= delta, error, delta) / error.size
    elif mistake == "Huber's slope 1":
        g = np.where(np.abs(error) <= delta, error, np.sign(error)) / error.size
    elif mistake == "Huber's quadratic part doubled":
        g = np.where(np.abs(error) <= delta, 2 * error, delta * np.sign(error)) / error.size
    elif mistake == "averaged over the samples":
        g = np.clip(error, -delta, delta) / N
    elif mistake == "sign of the error alone":
        g = delta * np.sign(error) / error.size
    gradients = {}
    for layer in reversed(range(4)):
        if layer < 3 or mistake == "silu' at the output too":
            z = zs[layer]
            s = sigmoid(z)
            if mistake == "silu' forgotten everywhere":
                pass
            elif mistake == "silu' forgotten in the first layer" and layer == 0:
                pass
            elif mistake == "silu's second term missing everywhere":
                g = g * s
            elif mistake == "sigmoid' everywhere":
                g = g * s * (1 - s)
            elif mistake == "silu' of the activation":
                s = sigmoid(hs[layer + 1])
                g = g * (s + hs[layer + 1] * s * (1 - s))
            elif mistake == "silu's value everywhere":
                g = g * hs[layer + 1]
            else:
                g = g * (s + z * s * (1 - s))
        if mistake == "weights from the layer's own output" and 0 < layer < 3:
            gradients[f"W{layer}"] = hs[layer + 1].T @ g
        elif mistake == "weights from the preactivation" and layer > 0:
            gradients[f"W{layer}"] = zs[layer - 1].T @ g
        elif mistake == "inner weights transposed" and 0 < layer < 3:
            gradients[f"W{layer}"] = g.T @ hs[layer]
        else:
            gradients[f"W{layer}"] = hs[layer].T @ g
        if mistake == "biases are means":
            gradients[f"b{layer}"] = g.mean(axis=0)
        elif mistake == "hidden biases of the last sample" and layer < 3:
            gradients[f"b{layer}"] = g[-1]
        else:
            gradients[f"b{layer}"] = g.sum(axis=0)
        W = params[f"W{layer}"]
        if mistake == "inner W not transposed" and 0 < layer < 3:
            g = g @ W
        elif mistake == "weights already updated":
            g = g @ (W - 0.1 * gradients[f"W{layer}"]).T
        elif mistake == "next layer's weights" and layer == 2:
            g = g @ params["W1"].T
        else:
            g = g @ W.T
    return gradients


MISTAKES = {
    "Huber without its linear part": ("mask-missing", "error h"),
    "Huber's sign forgotten": ("factor-missing", "error h"),
    "Huber's slope 1": ("constant-factor factor-missing", "error h"),
    "Huber's quadratic part doubled": ("constant-factor factor-missing exponent", "error h"),
    "averaged over the samples": ("constant-factor", "error h loss"),
    "sign of the error alone": ("mask-missing mask-replaced", "error h"),
    "silu' at the output too": ("factor-added activation-derivative-twice", "h z"),
    "silu' forgotten everywhere": ("missing-activation-derivative factor-missing", "h z"),
    "silu' forgotten in the first layer": ("missing-activation-derivative factor-missing", "h z"),
    "silu's second term missing everywhere": (
        "fan-out-overwritten term-missing treated-as-constant",
        "h z",
    ),
    "sigmoid' everywhere": (
        "activation-derivative-wrong-argument factor-missing term-missing",
        "h z",
    ),
    "silu' of the activation": ("activation-derivative-wrong-argument factor-replaced", "h z"),
    "silu's value everywhere": ("activation-derivative-wrong-argument factor-replaced", "h z"),
    "weights from the layer's own output": ("index-shifted factor-replaced wrong-matrix", "W1 W2"),
    "weights from the preactivation": ("weight-from-preactivation factor-replaced", "W1 W2 W3"),
    "inner weights transposed": ("transposed", "W1 W2"),
    "biases are means": ("bias-mean constant-factor", "b0 b1 b2 b3"),
    "hidden biases of the last sample": (
        "index-overwritten not-reduced term-missing",
        "b0 b1 b2",
    ),
    "inner W not transposed": ("transposed-weight transposed", "W1 W2 h"),
    "weights already updated": ("update-before-propagate", "W1 W2 W3 h"),
    "next layer's weights": ("wrong-matrix index-shifted factor-replaced", "W2 h"),
}
