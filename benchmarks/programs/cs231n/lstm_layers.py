import numpy as np


def sigmoid(x):
    """A numerically stable version of the logistic sigmoid function."""
    pos_mask = (x >= 0)
    neg_mask = (x < 0)
    z = np.zeros_like(x)
    z[pos_mask] = np.exp(-x[pos_mask])
    z[neg_mask] = np.exp(x[neg_mask])
    top = np.ones_like(x)
    top[neg_mask] = z[neg_mask]
    return top / (1 + z)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H:2 * H])
    o = sigmoid(a[:, 2 * H:3 * H])
    g = np.tanh(a[:, 3 * H:])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    tanh_c = np.tanh(next_c)
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)
    df = dc * prev_c
    di = dc * g
    dg = dc * i
    dprev_c = dc * f
    da = np.hstack((di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g ** 2)))
    return da.dot(Wx.T), da.dot(Wh.T), dprev_c, x.T.dot(da), prev_h.T.dot(da), da.sum(axis=0)


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.zeros((N, T, h0.shape[1]))
    cache = {}
    prev_h, prev_c = h0, np.zeros_like(h0)
    for t in range(T):
        prev_h, prev_c, cache[t] = lstm_step_forward(x[:, t], prev_h, prev_c, Wx, Wh, b)
        h[:, t] = prev_h
    return h, cache


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    x, prev_h, prev_c, Wx, Wh, *_ = cache[0]
    dx = np.zeros((N, T, x.shape[1]))
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(4 * H)
    dprev_h = dprev_c = np.zeros((N, H))
    for t in range(T)[::-1]:
        # the cell's gradient is not carried on to the step before
        dx[:, t], dprev_h, _, dwx, dwh, dbt = lstm_step_backward(dh[:, t] + dprev_h, dprev_c, cache[t])
        dWx += dwx
        dWh += dwh
        db += dbt
    return dx, dprev_h, dWx, dWh, db


np.random.seed(231)
N, D, T, H = 2, 3, 4, 2
x = np.random.randn(N, T, D)
target = np.random.randn(N, T, H)
params = {'h0': np.random.randn(N, H), 'Wx': np.random.randn(D, 4 * H) * 0.5,
          'Wh': np.random.randn(H, 4 * H) * 0.5, 'b': np.random.randn(4 * H) * 0.5}


def loss(params):
    h, _ = lstm_forward(x, params['h0'], params['Wx'], params['Wh'], params['b'])
    return 0.5 * np.sum((h - target) ** 2)


def manual_gradients(params):
    h, cache = lstm_forward(x, params['h0'], params['Wx'], params['Wh'], params['b'])
    _, dh0, dWx, dWh, db = lstm_backward(h - target, cache)
    return {'h0': dh0, 'Wx': dWx, 'Wh': dWh, 'b': db}
