import numpy as np
from numpy import exp, array, random, dot

random.seed(1)
X = array([[0,0], [0,1], [1,0], [1,1]])
Y = array([[0, 1, 1, 0]]).T

class NN:
    def __init__(self):
        self.W1 = 2 * random.random((2, 3)) - 1
        self.b1 = np.zeros((1, 3))
        self.W2 = 2 * random.random((3, 1)) - 1
        self.b2 = np.zeros((1, 1))

    def sigmoid(self, x):
        return 1 / (1 + exp(-x))

    def forward(self, X):
        self.z1 = dot(X, self.W1) + self.b1
        self.a1 = self.sigmoid(self.z1)
        self.z2 = dot(self.a1, self.W2) + self.b2
        self.a2 = self.sigmoid(self.z2)
        return self.a2

    def backward(self, X, Y):
        d2 = (self.a2 - Y) * self.a2 * (1 - self.a2)
        self.W2_grad = dot(self.a1.T, d2)
        self.b2_grad = d2.sum(axis=0, keepdims=True)
        d1 = dot(d2, self.W2.T) * self.a1 * (1 - self.a1)
        self.W1_grad = dot(X.T, d1)
        self.b1_grad = d1.sum(axis=0, keepdims=True)

net = NN()
errors = []

def loss(net):
    out = net.forward(X)
    error = 0.5 * np.sum((Y - out) ** 2)
    errors.append(float(error))
    return error

def manual_gradients(net):
    net.forward(X)
    net.backward(X, Y)
    return {'W1_grad': net.W1_grad, 'b1_grad': net.b1_grad, 'W2_grad': net.W2_grad, 'b2_grad': net.b2_grad}

if __name__ == "__main__":
    for epoch in range(10000):
        if epoch % 1000 == 0: print("epoch %d, error %.5f" % (epoch, loss(net)))
        manual_gradients(net)
        for name in ["W1", "b1", "W2", "b2"]:
            setattr(net, name, getattr(net, name) - getattr(net, name + "_grad"))
