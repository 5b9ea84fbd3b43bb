import numpy as np

np.random.seed(0)
N, D, C = 8, 6, 4
X_dev = np.random.randn(N, D)
y_dev = np.random.randint(C, size=N)
reg = 0.1


def svm_loss_vectorized(W, X, y, reg):
    loss = 0.0
    dW = np.zeros(W.shape)

    num_train = X.shape[0]
    scores = X.dot(W)
    correct_class_scores = scores[np.arange(num_train), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct_class_scores + 1)
    margins[np.arange(num_train), y] = 0
    loss = np.sum(margins) / num_train + reg * np.sum(W * W)

    mask = np.zeros(margins.shape)
    mask[margins > 0] = 1
    row_sum = np.sum(mask, axis=1)
    mask[np.arange(num_train), y] = -row_sum
    dW = X.T.dot(mask) / num_train + 2 * reg * W

    return loss, dW


params = {'W': np.random.randn(D, C) * 0.1}

def loss(params):
    return svm_loss_vectorized(params['W'], X_dev, y_dev, reg)[0]

def manual_gradients(params):
    return {'dW': svm_loss_vectorized(params['W'], X_dev, y_dev, reg)[1]}
