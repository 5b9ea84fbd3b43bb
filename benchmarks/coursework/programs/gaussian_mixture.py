"""Mixture of three Gaussians: logits of the weights, means, log deviations; log-sum-exp."""

import numpy as np

rng = np.random.RandomState(61)
x = np.concatenate([rng.randn(4) - 1.5, rng.randn(3) + 1.0])
K = 3

params = {
    "logits": np.array([0.3, -0.2, 0.5]),
    "means": np.array([-1.2, 0.2, 1.4]),
    "log_sigma": np.array([-0.2, 0.1, 0.3]),
}


def loss(params):
    e = np.exp(params["logits"])
    weights = e / np.sum(e)
    sigma = np.exp(params["log_sigma"])
    d = (x[:, None] - params["means"]) / sigma
    log_density = -0.5 * d**2 - np.log(sigma) - 0.5 * np.log(2 * np.pi)
    joint = np.log(weights) + log_density
    top = np.max(joint, axis=1)
    return -np.mean(top + np.log(np.sum(np.exp(joint - top[:, None]), axis=1)))


def manual_gradients(params, mistake=None):
    weights = np.exp(params["logits"]) / np.exp(params["logits"]).sum()
    sigma = np.exp(params["log_sigma"])
    d = (x[:, None] - params["means"]) / sigma
    log_density = -0.5 * d**2 - np.log(sigma) - 0.5 * np.log(2 * np.pi)
    joint = np.exp(np.log(weights) + log_density)
    resp = joint / joint.sum(axis=1, keepdims=True)
    if mistake == "joint not normalized":
        resp = joint
    elif mistake == "weights forgotten in the responsibilities":
        density = np.exp(log_density)
        resp = density / density.sum(axis=1, keepdims=True)
    elif mistake == "normalized over the samples":
        resp = joint / joint.sum(axis=0)
    elif mistake == "hard assignment":
        resp = (joint == joint.max(axis=1, keepdims=True)).astype(float)
    g = -resp / len(x)
    if mistake == "sum for the mean":
        g = -resp
    elif mistake == "sign forgotten":
        g = -g
    dweights = (g / weights).sum(axis=0)
    dlogits = weights * (dweights - np.sum(dweights * weights))
    if mistake == "softmax forgotten on the logits":
        dlogits = dweights
    elif mistake == "softmax' without its sum":
        dlogits = weights * dweights
    elif mistake == "softmax' diagonal":
        dlogits = weights * (1 - weights) * dweights
    elif mistake == "softmax' sum not weighted":
        dlogits = weights * (dweights - np.sum(dweights))
    elif mistake == "weights subtracted unweighted":
        dlogits = dweights - np.sum(dweights * weights)
    dmeans = (g * d / sigma).sum(axis=0)
    if mistake == "means without the deviation":
        dmeans = (g * d).sum(axis=0)
    elif mistake == "means by the variance":
        dmeans = (g * d / sigma**2).sum(axis=0)
    elif mistake == "means' sign":
        dmeans = -dmeans
    elif mistake == "means averaged":
        dmeans = (g * d / sigma).mean(axis=0)
    dlog_sigma = (g * (d**2 - 1)).sum(axis=0)
    if mistake == "normalization's -1 forgotten":
        dlog_sigma = (g * d**2).sum(axis=0)
    elif mistake == "by sigma, not its log":
        dlog_sigma = dlog_sigma / sigma
    elif mistake == "d for d squared":
        dlog_sigma = (g * (d - 1)).sum(axis=0)
    elif mistake == "1 is subtracted from its sum":
        dlog_sigma = (g * d**2).sum(axis=0) - 1
    return {"logits": dlogits, "means": dmeans, "log_sigma": dlog_sigma}


MISTAKES = {
    "joint not normalized": ("factor-missing missing-activation-derivative", "joint"),
    "weights forgotten in the responsibilities": (
        "factor-missing factor-replaced term-missing",
        "joint",
    ),
    "normalized over the samples": ("axis", "joint"),
    "hard assignment": ("mask-replaced factor-replaced", "joint"),
    "sum for the mean": ("constant-factor factor-missing", "joint loss"),
    "sign forgotten": ("constant-factor sign", "joint loss"),
    "softmax forgotten on the logits": (
        "softmax-copied missing-activation-derivative factor-missing",
        "logits weights e",
    ),
    "softmax' without its sum": ("treated-as-constant term-missing", "logits weights e"),
    "softmax' diagonal": ("softmax-diagonal-only term-missing", "logits weights e"),
    "softmax' sum not weighted": ("factor-missing", "logits weights e"),
    "weights subtracted unweighted": ("factor-missing", "logits weights e"),
    "means without the deviation": ("factor-missing", "means d"),
    "means by the variance": ("factor-twice exponent", "means d"),
    "means' sign": ("second-operand-sign constant-factor sign", "means d"),
    "means averaged": ("constant-factor bias-mean", "means"),
    "normalization's -1 forgotten": (
        "term-missing fan-out-overwritten treated-as-constant",
        "sigma",
    ),
    "by sigma, not its log": ("missing-activation-derivative factor-missing", "log_sigma sigma"),
    "d for d squared": ("exponent factor-missing factor-replaced", "sigma d"),
    "1 is subtracted from its sum": ("constant-factor factor-replaced", "sigma log_sigma"),
}
