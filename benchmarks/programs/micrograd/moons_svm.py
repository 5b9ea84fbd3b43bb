import numpy as np
import matplotlib.pyplot as plt

np.random.seed(1337)
t = np.linspace(0, np.pi, 8)
X = np.vstack([np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]])
X += 0.1*np.random.randn(*X.shape)
y = np.array([-1]*8 + [1]*8)   # make y be -1 or 1

plt.figure(figsize=(5,5))
plt.scatter(X[:,0], X[:,1], c=y, s=20, cmap='jet')
plt.show()

layers = [[np.random.randn(2, 6), np.zeros(6)], [np.random.randn(6, 1)*0.5, np.zeros(1)]]

# loss function
def loss(layers):
    out = X
    for k, (W, b) in enumerate(layers):
        out = out @ W + b
        if k < len(layers) - 1:
            out = out * (out > 0)  # relu
    scores = [row[0] for row in out]

    # svm "max-margin" loss
    losses = [max(0, 1 + -yi*scorei) for yi, scorei in zip(y, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    # L2 regularization
    alpha = 1e-4
    reg_loss = alpha * sum(np.sum(p*p) for layer in layers for p in layer)
    total_loss = data_loss + reg_loss

    # also get accuracy
    accuracy = [(yi > 0) == (scorei > 0) for yi, scorei in zip(y, scores)]
    print(f"loss {total_loss:.5f}, accuracy {sum(accuracy) / len(accuracy)*100}%")
    return total_loss

def backward(layers):
    (W1, b1), (W2, b2) = layers
    z = X @ W1 + b1
    h = np.maximum(z, 0)
    s = (h @ W2 + b2)[:, 0]
    ds = np.where(1 - y*s > 0, -y, 0)[:, None] / len(y)
    dh = ds @ W2.T
    dh[z < 0] = 0
    a = 1e-4
    return [[X.T @ dh + 2*a*W1, dh.sum(0) + 2*a*b1], [h.T @ ds + a*W2, ds.sum(0) + 2*a*b2]]
