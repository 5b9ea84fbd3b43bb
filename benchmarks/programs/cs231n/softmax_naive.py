import numpy as np
from random import shuffle

np.random.seed(1)
X = np.random.randn(5, 4)
y = np.array([0, 2, 1, 2, 0])


def softmax_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    num_train = X.shape[0]
    num_classes = W.shape[1]
    for i in range(num_train):
        scores = X[i].dot(W)
        scores -= np.max(scores)  # for numeric stability
        p = np.exp(scores) / np.sum(np.exp(scores))
        loss += -np.log(p[y[i]])
        for j in range(num_classes):
            dW[:, j] += (p[j] - (j == y[i])) * X[i]
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


params = np.random.randn(4, 3) * 0.01
loss = lambda W: softmax_loss_naive(W, X, y, 0.5)
