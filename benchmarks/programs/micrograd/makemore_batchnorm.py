import numpy as np

rng = np.random.default_rng(42)
n = 6
embcat = rng.normal(size=(n, 4))
Yb = np.array([0, 2, 1, 1, 0, 2])

W1 = rng.normal(size=(4, 5))
bngain = np.ones((1, 5)) + 0.1*rng.normal(size=(1, 5))
bnbias = 0.1*rng.normal(size=(1, 5))
W2 = rng.normal(size=(5, 3))
b2 = rng.normal(size=3)
parameters = {'W1': W1, 'bngain': bngain, 'bnbias': bnbias, 'W2': W2, 'b2': b2}

def forward(p):
    hprebn = embcat @ p['W1']
    # BatchNorm layer
    bnmeani = 1/n*hprebn.sum(0, keepdims=True)
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = 1/(n-1)*bndiff2.sum(0, keepdims=True) # note: Bessel's correction
    bnvar_inv = (bnvar + 1e-5)**-0.5
    bnraw = bndiff * bnvar_inv
    hpreact = p['bngain'] * bnraw + p['bnbias']
    h = np.tanh(hpreact)
    logits = h @ p['W2'] + p['b2']
    logprobs = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    loss = -logprobs[range(n), Yb].mean()
    return loss, bnraw, bnvar_inv, h, logits

def loss(p):
    return forward(p)[0]

def manual_gradients(p):
    _, bnraw, bnvar_inv, h, logits = forward(p)
    dlogits = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    dlogits[range(n), Yb] -= 1
    dlogits /= n
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1 - h**2) * (dlogits @ p['W2'].T)
    dbngain = (bnraw * dhpreact).sum(0, keepdims=True)
    dbnbias = dhpreact.sum(0, keepdims=True)
    # all of batchnorm in one line
    dhprebn = p['bngain']*bnvar_inv/n * (n*dhpreact - dhpreact.sum(0) - bnraw*(dhpreact*bnraw).sum(0))
    dW1 = embcat.T @ dhprebn
    return {'W1': dW1, 'bngain': dbngain, 'bnbias': dbnbias, 'W2': dW2, 'b2': db2}
