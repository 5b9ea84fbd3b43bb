import numpy as np
import matplotlib.pyplot as plt

words = ['emma', 'ava', 'mia', 'eve']
chars = sorted(list(set(''.join(words))))
stoi = {s:i+1 for i,s in enumerate(chars)}
stoi['.'] = 0
itos = {i:s for s,i in stoi.items()}
vocab_size = len(itos)

block_size = 3 # context length: how many characters do we take to predict the next one?
X, Y = [], []
for w in words:
    context = [0] * block_size
    for ch in w + '.':
        ix = stoi[ch]
        X.append(context)
        Y.append(ix)
        context = context[1:] + [ix] # crop and append
X = np.array(X)
Y = np.array(Y)
print(X.shape, Y.shape)

g = np.random.RandomState(2147483647)
n_embd, n_hidden = 2, 5
C  = g.randn(vocab_size, n_embd)
W1 = g.randn(n_embd * block_size, n_hidden) * (5/3)/((n_embd * block_size)**0.5)
b1 = g.randn(n_hidden) * 0.1
W2 = g.randn(n_hidden, vocab_size) * 0.1
b2 = g.randn(vocab_size) * 0.1
params = [C, W1, b1, W2, b2]
print(sum(p.size for p in params)) # number of parameters in total

def forward(params):
    C, W1, b1, W2, b2 = params
    emb = C[X] # embed the characters into vectors
    embcat = emb.reshape(emb.shape[0], -1) # concatenate the vectors
    hpreact = embcat @ W1 + b1
    h = np.tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = logits.max(1, keepdims=True)
    norm_logits = logits - logit_maxes
    counts = np.exp(norm_logits)
    counts_sum = counts.sum(1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = np.log(probs)
    loss = -logprobs[range(len(X)), Y].mean()
    return loss, (emb, embcat, h, logits, norm_logits, counts, counts_sum, counts_sum_inv, probs)

def loss(params):
    return forward(params)[0]

def manual_gradients(params):
    C, W1, b1, W2, b2 = params
    _, (emb, embcat, h, logits, norm_logits, counts, counts_sum, counts_sum_inv, probs) = forward(params)
    n = len(X)
    dlogprobs = np.zeros_like(probs)
    dlogprobs[range(n), Y] = -1.0/n
    dprobs = (1.0 / probs) * dlogprobs
    dcounts_sum_inv = (counts * dprobs).sum(1, keepdims=True)
    dcounts = counts_sum_inv * dprobs
    dcounts_sum = (-counts_sum**-2) * dcounts_sum_inv
    dcounts += np.ones_like(counts) * dcounts_sum
    dnorm_logits = counts * dcounts
    dlogits = dnorm_logits.copy()
    dlogit_maxes = (-dnorm_logits).sum(1, keepdims=True)
    dlogits += np.eye(logits.shape[1])[logits.argmax(1)] * dlogit_maxes
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1.0 - h**2) * dh
    dembcat = dhpreact @ W1.T
    dW1 = embcat.T @ dhpreact
    db1 = dhpreact.sum(0)
    demb = dembcat.reshape(emb.shape)
    dC = np.zeros_like(C)
    for k in range(X.shape[0]):
        for j in range(X.shape[1]):
            ix = X[k,j]
            dC[ix] += demb[k,j]
    return [dC, dW1, db1, dW2, db2]
