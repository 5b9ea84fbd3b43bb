"""Affine, batch normalization with gamma and beta, relu, a linear output and squared error."""

import numpy as np

rng = np.random.RandomState(10)
N, D, H = 7, 3, 4
x = rng.randn(N, D)
t = rng.randn(N, 2)
eps = 1e-5

params = {
    "W1": rng.randn(D, H),
    "gamma": np.array([0.7, 1.4, 0.9, 1.8]),
    "beta": np.array([0.6, -0.5, 0.4, -0.7]),
    "W2": 0.5 * rng.randn(H, 2),
    "b2": 0.1 * rng.randn(2),
}


def forward(params):
    a = x @ params["W1"]
    mu = np.mean(a, axis=0)
    xmu = a - mu
    var = np.mean(xmu**2, axis=0)
    ivar = 1 / np.sqrt(var + eps)
    xhat = xmu * ivar
    out = params["gamma"] * xhat + params["beta"]
    h = np.maximum(out, 0)
    pred = h @ params["W2"] + params["b2"]
    return a, xmu, var, ivar, xhat, out, h, pred


def loss(params):
    pred = forward(params)[-1]
    return np.sum((pred - t) ** 2) / (2 * N)


def manual_gradients(params, mistake=None):
    gamma, W2 = params["gamma"], params["W2"]
    a, xmu, var, ivar, xhat, out, h, pred = forward(params)
    dpred = (pred - t) / N
    dW2 = h.T @ dpred
    db2 = dpred.sum(axis=0)
    dout = (dpred @ W2.T) * (out > 0)
    if mistake == "relu mask from xhat":
        dout = (dpred @ W2.T) * (xhat > 0)

    dbeta = dout.sum(axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    if mistake == "dgamma with the input":
        dgamma = np.sum(dout * a, axis=0)
    elif mistake == "dgamma with the centred input":
        dgamma = np.sum(dout * xmu, axis=0)
    elif mistake == "dgamma and dbeta exchanged":
        dgamma, dbeta = dbeta, dgamma
    elif mistake == "dbeta times gamma":
        dbeta = dbeta * gamma

    dxhat = dout if mistake == "gamma forgotten" else dout * gamma

    # step 6 to 1 of the staged backward pass
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    if mistake == "xmu path without the inverse deviation":
        dxmu1 = dxhat
    dsqrtvar = -1 / (var + eps) * divar
    dvar = 0.5 * 1 / np.sqrt(var + eps) * dsqrtvar
    if mistake == "power -1/2 for -3/2":
        dvar = -0.5 * (var + eps) ** -0.5 * divar
    elif mistake == "1/std for 1/std**2":
        dvar = 0.5 * ivar * (-ivar * divar)
    elif mistake == "square root's 1/2 forgotten":
        dvar = ivar * dsqrtvar
    elif mistake == "sign of the reciprocal":
        dvar = -dvar
    elif mistake == "variance for the deviation":
        dvar = 0.5 / var * dsqrtvar
    dsq = 1 / N * np.ones((N, H)) * dvar
    if mistake == "1/N of the variance forgotten":
        dsq = np.ones((N, H)) * dvar
    elif mistake == "N - 1 for N":
        dsq = np.ones((N, H)) * dvar / (N - 1)
    dxmu2 = 2 * xmu * dsq
    if mistake == "square's 2 forgotten":
        dxmu2 = xmu * dsq
    elif mistake == "xhat for xmu in the square":
        dxmu2 = 2 * xhat * dsq
    if mistake == "variance is a constant":
        dxmu2 = 0
    dx1 = dxmu1 + dxmu2
    if mistake == "dxmu1 overwritten":
        dx1 = dxmu2
    dmu = -np.sum(dx1, axis=0)
    if mistake == "mean's sign":
        dmu = -dmu
    da = dx1 + 1 / N * np.ones((N, H)) * dmu
    if mistake == "mean is a constant":
        da = dx1
    elif mistake == "mean and variance are constants":
        da = dxhat * ivar
    elif mistake == "mean's 1/N forgotten":
        da = dx1 + dmu
    elif mistake == "sum over the features":
        da = dx1 - np.mean(dx1, axis=1, keepdims=True)
    dW1 = x.T @ da
    return {"W1": dW1, "gamma": dgamma, "beta": dbeta, "W2": dW2, "b2": db2}


def right_in_one_line(params):
    gamma = params["gamma"]
    a, xmu, var, ivar, xhat, out, h, pred = forward(params)
    dpred = (pred - t) / N
    dout = (dpred @ params["W2"].T) * (out > 0)
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = dout.sum(axis=0)
    da = gamma * ivar / N * (N * dout - dbeta - xhat * dgamma)
    return {
        "W1": x.T @ da,
        "gamma": dgamma,
        "beta": dbeta,
        "W2": h.T @ dpred,
        "b2": dpred.sum(axis=0),
    }


MISTAKES = {
    "relu mask from xhat": ("relu-mask-wrong-source mask-replaced", "out h"),
    "dgamma with the input": ("factor-replaced weight-from-preactivation", "gamma"),
    "dgamma with the centred input": ("factor-replaced factor-missing", "gamma"),
    "dgamma and dbeta exchanged": ("order swapped factor-replaced", "gamma beta"),
    "dbeta times gamma": ("factor-added factor-replaced", "beta"),
    "gamma forgotten": ("factor-missing", "xhat out"),
    "xmu path without the inverse deviation": ("factor-missing", "xmu xhat"),
    "power -1/2 for -3/2": ("exponent factor-missing", "var ivar"),
    "1/std for 1/std**2": ("exponent factor-missing factor-replaced", "var ivar"),
    "square root's 1/2 forgotten": ("constant-factor factor-missing exponent", "var ivar"),
    "sign of the reciprocal": ("constant-factor sign", "var ivar"),
    "variance for the deviation": ("exponent factor-replaced", "var ivar"),
    "1/N of the variance forgotten": ("constant-factor factor-missing", "var"),
    "N - 1 for N": ("constant-factor", "var"),
    "square's 2 forgotten": ("constant-factor factor-missing exponent", "var xmu"),
    "xhat for xmu in the square": ("factor-replaced", "var xmu"),
    "variance is a constant": ("treated-as-constant term-missing", "var ivar xmu"),
    "dxmu1 overwritten": ("fan-out-overwritten term-missing", "xmu"),
    "mean's sign": ("second-operand-sign constant-factor sign", "mu xmu"),
    "mean is a constant": ("treated-as-constant term-missing", "mu xmu"),
    "mean and variance are constants": ("treated-as-constant term-missing", "mu var xmu"),
    "mean's 1/N forgotten": ("constant-factor factor-missing", "mu"),
    "sum over the features": ("axis", "mu a"),
}
