"""Fit of a damped oscillation: amplitude, decay, frequency, phase and offset at seven times."""

import numpy as np

t = np.linspace(0.1, 2.5, 7)
observed = np.array([1.1, 0.2, -0.6, -0.5, 0.3, 0.6, 0.1])

params = {"A": 1.4, "decay": 0.5, "omega": 2.6, "phi": 0.4, "offset": 0.2}


def loss(params):
    A, decay, omega = params["A"], params["decay"], params["omega"]
    envelope = A * np.exp(-decay * t)
    angle = omega * t + params["phi"]
    model = envelope * np.cos(angle) + params["offset"]
    residual = model - observed
    return np.mean(np.sqrt(residual**2 + 0.1))


def manual_gradients(params, mistake=None):
    A, decay, omega = params["A"], params["decay"], params["omega"]
    envelope = A * np.exp(-decay * t)
    angle = omega * t + params["phi"]
    residual = envelope * np.cos(angle) + params["offset"] - observed
    root = np.sqrt(residual**2 + 0.1)
    dmodel = residual / root / len(t)
    if mistake == "root with its square":
        dmodel = residual / (residual**2 + 0.1) / len(t)
    elif mistake == "1/2 of the root kept":
        dmodel = 0.5 * residual / root / len(t)
    elif mistake == "residual forgotten in the chain":
        dmodel = 1 / root / len(t)
    elif mistake == "residual alone":
        dmodel = residual / len(t)
    denvelope = dmodel * np.cos(angle)
    dangle = -dmodel * envelope * np.sin(angle)
    if mistake == "sign of sin":
        dangle = -dangle
    elif mistake == "cos not differentiated":
        dangle = dmodel * envelope * np.cos(angle)
    elif mistake == "envelope forgotten":
        dangle = -dmodel * np.sin(angle)
    elif mistake == "amplitude for the envelope":
        dangle = -dmodel * A * np.sin(angle)
    dA = np.sum(denvelope * np.exp(-decay * t))
    if mistake == "dA by the envelope":
        dA = np.sum(denvelope * envelope)
    elif mistake == "dA without its exponential":
        dA = np.sum(denvelope)
    elif mistake == "dA is a mean":
        dA = np.mean(denvelope * np.exp(-decay * t))
    ddecay = np.sum(denvelope * envelope * -t)
    if mistake == "decay's sign":
        ddecay = -ddecay
    elif mistake == "decay without t":
        ddecay = -np.sum(denvelope * envelope)
    elif mistake == "decay without the amplitude":
        ddecay = np.sum(denvelope * np.exp(-decay * t) * -t)
    domega = np.sum(dangle * t)
    if mistake == "omega without t":
        domega = np.sum(dangle)
    elif mistake == "omega with omega":
        domega = np.sum(dangle * t) * omega
    dphi = np.sum(dangle)
    if mistake == "phi with t":
        dphi = np.sum(dangle * t)
    doffset = np.sum(dmodel)
    if mistake == "offset's gradient is of the envelope":
        doffset = np.sum(denvelope)
    return {"A": dA, "decay": ddecay, "omega": domega, "phi": dphi, "offset": doffset}


MISTAKES = {
    "root with its square": ("exponent factor-twice factor-replaced", "residual model loss"),
    "1/2 of the root kept": ("constant-factor factor-missing exponent", "residual model loss"),
    "residual forgotten in the chain": ("factor-missing exponent", "residual model loss"),
    "residual alone": ("factor-missing missing-activation-derivative", "residual model loss"),
    "sign of sin": ("constant-factor sign", "angle"),
    "cos not differentiated": ("activation-derivative-wrong-argument factor-replaced", "angle"),
    "envelope forgotten": ("factor-missing", "angle"),
    "amplitude for the envelope": ("factor-replaced factor-missing", "angle"),
    "dA by the envelope": ("factor-replaced factor-added", "A"),
    "dA without its exponential": ("factor-missing", "A"),
    "dA is a mean": ("constant-factor bias-mean", "A"),
    "decay's sign": ("constant-factor sign", "decay"),
    "decay without t": ("factor-missing", "decay"),
    "decay without the amplitude": ("factor-missing factor-replaced", "decay"),
    "omega without t": ("factor-missing", "omega"),
    "omega with omega": ("factor-added", "omega"),
    "phi with t": ("factor-added factor-replaced", "phi"),
    "offset's gradient is of the envelope": ("factor-added factor-replaced", "offset"),
}
