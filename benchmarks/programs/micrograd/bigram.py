import numpy as np

xs, ys = [], []
chars = 'abcd.'
for w in ['abba', 'dad', 'cab']:
    for ch1, ch2 in zip('.' + w, w + '.'):
        xs.append(chars.index(ch1))
        ys.append(chars.index(ch2))
num = len(xs)
print('number of examples: ', num)

np.random.seed(7)
W = np.random.randn(5, 5)
xenc = np.eye(5)[xs]

def loss(W):
    # forward pass
    logits = xenc @ W # predict log-counts
    counts = np.exp(logits) # counts, equivalent to N
    probs = counts / counts.sum(1, keepdims=True) # probabilities for next character
    nlls = np.zeros(num)
    for i in range(num):
        p = probs[i, ys[i]]
        logp = np.log(p)
        nlls[i] = -logp
    return nlls.mean() + 0.01*(W**2).mean()

def manual_gradients(W):
    counts = np.exp(xenc @ W)
    dlogits = counts / counts.sum(1, keepdims=True)
    dlogits[np.arange(num), ys] -= 1
    return xenc.T @ (dlogits/num) + 0.01*2*W/W.size

params = W

if __name__ == '__main__':
    # gradient descent
    for k in range(100):
        W -= 50 * manual_gradients(W)
        print(loss(W).item())
