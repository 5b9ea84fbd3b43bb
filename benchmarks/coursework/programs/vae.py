"""Variational autoencoder with fixed noise: linear encoder, Bernoulli decoder, Gaussian KL."""

import numpy as np

rng = np.random.RandomState(55)
N, D, L = 3, 4, 2
x = (rng.rand(N, D) < 0.5).astype(float)
noise = rng.randn(N, L)

params = {
    "Wmu": 0.6 * rng.randn(D, L),
    "Wlv": 0.6 * rng.randn(D, L),
    "blv": 0.3 * rng.randn(L),
    "Wd": 0.8 * rng.randn(L, D),
    "bd": 0.2 * rng.randn(D),
}


def loss(params):
    mu = x @ params["Wmu"]
    logvar = x @ params["Wlv"] + params["blv"]
    z = mu + np.exp(logvar / 2) * noise
    p = 1 / (1 + np.exp(-(z @ params["Wd"] + params["bd"])))
    reconstruction = -np.sum(x * np.log(p) + (1 - x) * np.log(1 - p))
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    return (reconstruction + kl) / N


def manual_gradients(params, mistake=None):
    mu = x @ params["Wmu"]
    logvar = x @ params["Wlv"] + params["blv"]
    std = np.exp(logvar / 2)
    z = mu + std * noise
    p = 1 / (1 + np.exp(-(z @ params["Wd"] + params["bd"])))
    dlogits = (p - x) / N
    if mistake == "p (1 - p) once more":
        dlogits = (p - x) * p * (1 - p) / N
    dWd = z.T @ dlogits
    if mistake == "dWd with mu":
        dWd = mu.T @ dlogits
    dz = dlogits @ params["Wd"].T
    dmu = dz + mu / N
    if mistake == "mu's KL forgotten":
        dmu = dz
    elif mistake == "KL alone for mu":
        dmu = mu / N
    elif mistake == "mu's KL doubled":
        dmu = dz + 2 * mu / N
    elif mistake == "mu squared":
        dmu = dz + 0.5 * mu**2 / N
    dlv_noise = dz * noise * std * 0.5
    if mistake == "1/2 of the deviation forgotten":
        dlv_noise = dz * noise * std
    elif mistake == "deviation forgotten":
        dlv_noise = dz * noise * 0.5
    elif mistake == "noise forgotten":
        dlv_noise = dz * std * 0.5
    elif mistake == "variance for the deviation":
        dlv_noise = dz * noise * np.exp(logvar) * 0.5
    elif mistake == "noise drawn anew":
        dlv_noise = dz * np.random.RandomState(7).randn(N, L) * std * 0.5
    elif mistake == "no reparameterization":
        dlv_noise = 0
    dlv_kl = 0.5 * (np.exp(logvar) - 1) / N
    if mistake == "logvar's KL without 1":
        dlv_kl = 0.5 * np.exp(logvar) / N
    elif mistake == "logvar's KL with the deviation":
        dlv_kl = 0.5 * (std - 1) / N
    elif mistake == "logvar's KL sign":
        dlv_kl = 0.5 * (1 - np.exp(logvar)) / N
    elif mistake == "logvar's KL forgotten":
        dlv_kl = 0
    elif mistake == "logvar's KL without 1/2":
        dlv_kl = (np.exp(logvar) - 1) / N
    dlv = dlv_noise + dlv_kl
    if mistake == "KL not averaged":
        dmu = dz + mu
        dlv = dlv_noise + 0.5 * (np.exp(logvar) - 1)
    return {
        "Wmu": x.T @ dmu,
        "Wlv": x.T @ dlv,
        "blv": dlv.sum(axis=0),
        "Wd": dWd,
        "bd": dlogits.sum(axis=0),
    }


MISTAKES = {
    "p (1 - p) once more": ("cross-entropy-twice activation-derivative-twice factor-twice", "p"),
    "dWd with mu": ("factor-replaced weight-from-preactivation term-missing", "Wd"),
    "mu's KL forgotten": ("fan-out-overwritten term-missing weight-decay-missing-or-extra", "mu"),
    "KL alone for mu": ("fan-out-overwritten term-missing", "mu"),
    "mu's KL doubled": ("constant-factor term-twice fan-out-counted-twice", "mu kl"),
    "mu squared": ("exponent", "mu kl"),
    "1/2 of the deviation forgotten": ("constant-factor factor-missing", "logvar z"),
    "deviation forgotten": ("missing-activation-derivative factor-missing", "logvar z"),
    "noise forgotten": ("factor-missing", "logvar z"),
    "variance for the deviation": ("factor-replaced factor-twice exponent", "logvar z"),
    "noise drawn anew": ("factor-replaced mask-replaced", "logvar z"),
    "no reparameterization": ("treated-as-constant term-missing fan-out-overwritten", "logvar z"),
    "logvar's KL without 1": ("term-missing fan-out-overwritten", "logvar kl"),
    "logvar's KL with the deviation": ("factor-replaced exponent", "logvar kl"),
    "logvar's KL sign": ("constant-factor sign", "logvar kl"),
    "logvar's KL forgotten": ("term-missing fan-out-overwritten", "logvar kl"),
    "logvar's KL without 1/2": ("constant-factor factor-missing", "logvar kl"),
    "KL not averaged": ("constant-factor factor-missing", "kl mu logvar"),
}
