import numpy as np


def max_pool_forward_naive(x, pool_param):
    N, C, H, W = x.shape
    ph, pw, s = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
    H_out, W_out = 1 + (H - ph) // s, 1 + (W - pw) // s
    out = np.zeros((N, C, H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            out[:, :, i, j] = np.max(x[:, :, i * s:i * s + ph, j * s:j * s + pw], axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    N, C, H_out, W_out = dout.shape
    ph, pw, s = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    window = x[n, c, i * s:i * s + ph, j * s:j * s + pw]
                    r, k = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * s + r, j * s + k] = dout[n, c, i, j]
    return dx


np.random.seed(5)
x = np.random.randn(1, 2, 5, 5)
pool_param = {'pool_height': 3, 'pool_width': 3, 'stride': 1}
dout = np.random.randn(1, 2, 3, 3)


def loss(x):
    out, _ = max_pool_forward_naive(x, pool_param)
    return np.sum(out * dout)


def manual_gradients(x):
    _, cache = max_pool_forward_naive(x, pool_param)
    dx = max_pool_backward_naive(dout, cache)
    return dx
