import numpy as np


def word_embedding_forward(x, W):
    out = W[x]
    cache = (x, W)
    return out, cache


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    np.add.at(dW, x, dout)
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    M = b.shape[0]
    out = x.reshape(N * T, D).dot(w).reshape(N, T, M) + b
    return out, (x, w, b, out)


def temporal_affine_backward(dout, cache):
    x, w, b, out = cache
    N, T, D = x.shape
    M = b.shape[0]
    dx = dout.reshape(N * T, M).dot(w.T).reshape(N, T, D)
    dw = dout.reshape(N * T, M).T.dot(x.reshape(N * T, D)).T
    db = dout.sum(axis=(0, 1))
    return dx, dw, db


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    x_flat = x.reshape(N * T, V)
    y_flat = y.reshape(N * T)
    mask_flat = mask.reshape(N * T)

    probs = np.exp(x_flat - np.max(x_flat, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    loss = -np.sum(mask_flat * np.log(probs[np.arange(N * T), y_flat])) / N
    dx_flat = probs.copy()
    dx_flat[np.arange(N * T), y_flat] -= 1
    dx_flat /= N
    dx_flat *= mask_flat[:, None]
    if verbose: print('dx_flat: ', dx_flat.shape)
    return loss, dx_flat.reshape(N, T, V)


np.random.seed(231)
captions_in = np.array([[0, 3, 1], [2, 1, 0]])
captions_out = np.array([[3, 1, 4], [1, 0, 4]])
mask = captions_out != 4
W_embed = np.random.randn(4, 3)
W_vocab, b_vocab = np.random.randn(3, 5), np.random.randn(5)
params = {'W_embed': W_embed, 'W_vocab': W_vocab, 'b_vocab': b_vocab}


def loss(params):
    emb, emb_cache = word_embedding_forward(captions_in, params['W_embed'])
    scores, cache = temporal_affine_forward(np.tanh(emb), params['W_vocab'], params['b_vocab'])
    loss, dscores = temporal_softmax_loss(scores, captions_out, mask)
    demb, dW_vocab, db_vocab = temporal_affine_backward(dscores, cache)
    dW_embed = word_embedding_backward(demb * (1 - np.tanh(emb) ** 2), emb_cache)
    return loss, {'W_embed': dW_embed, 'W_vocab': dW_vocab, 'b_vocab': db_vocab}
