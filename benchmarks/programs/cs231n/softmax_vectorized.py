import numpy as np

np.random.seed(1)
X = np.random.randn(5, 4)
y = np.array([0, 2, 1, 2, 0])
reg = 0.5


def softmax_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    scores -= np.max(scores, axis=1, keepdims=True)
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    loss = np.sum(-np.log(probs[range(num_train), y])) / num_train
    loss += reg * np.sum(W * W)

    dscores = probs.copy()
    dscores[range(num_train), y] -= 1
    dW = X.T.dot(dscores)
    dW += 2 * reg * W
    return loss, dW


W = np.random.randn(4, 3)
params = {'W': W}

def loss(params):
    loss, grad = softmax_loss_vectorized(params['W'], X, y, reg)
    return loss

def manual_gradients(params):
    loss, grad = softmax_loss_vectorized(params['W'], X, y, reg)
    return {'W': grad}
