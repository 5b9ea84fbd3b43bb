import random
import numpy as np
import matplotlib.pyplot as plt

random.seed(1337)

class Neuron:
    def __init__(self, nin, nonlin=True):
        self.w = [random.uniform(-1,1) for _ in range(nin)]
        self.b = 0.1
        self.nonlin = nonlin

    def __call__(self, x):
        act = sum((wi*xi for wi,xi in zip(self.w, x)), self.b)
        self.out = np.tanh(act) if self.nonlin else act
        return self.out

class Layer:
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        self.x = x
        outs = [n(x) for n in self.neurons]
        return outs[0] if len(outs) == 1 else outs

class MLP:
    def __init__(self, nin, nouts):
        sz = [nin] + nouts
        self.layers = [Layer(sz[i], sz[i+1], nonlin=i!=len(nouts)-1) for i in range(len(nouts))]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [{'w': n.w, 'b': n.b} for l in self.layers for n in l.neurons]

    def load(self, ps):
        for n, p in zip((n for l in self.layers for n in l.neurons), ps):
            n.w, n.b = p['w'], p['b']

xs = [
  [2.0, 3.0, -1.0],
  [3.0, -1.0, 0.5],
  [0.5, 1.0, 1.0],
  [1.0, 1.0, -1.0],
]
ys = [1.0, -1.0, -1.0, 1.0] # desired targets

n = MLP(3, [4, 1])
params = n.parameters()

def loss(params):
    n.load(params)
    ypred = [n(x) for x in xs]
    loss = sum((yout - ygt)**2 for ygt, yout in zip(ys, ypred))
    return loss

def manual_gradients(params):
    n.load(params)
    hidden, last = n.layers
    grads = [{'w': [0.0]*len(p['w']), 'b': 0.0} for p in params]
    for x, ygt in zip(xs, ys):
        yout = n(x)
        dy = 2*(yout - ygt)
        h = [hn.out for hn in hidden.neurons]
        for j, hn in enumerate(hidden.neurons):
            grads[-1]['w'][j] += dy * h[j]
            dact = dy * last.neurons[0].w[j] * (1 - h[j]**2)
            for i in range(3):
                grads[j]['w'][i] += dact * x[i]
            grads[j]['b'] += dact
        grads[-1]['b'] += dy
    return grads

if __name__ == '__main__':
    for k in range(20):
        g = manual_gradients(params)
        for p, d in zip(params, g):
            p['w'] = [w - 0.05*dw for w, dw in zip(p['w'], d['w'])]
            p['b'] -= 0.05 * d['b']
        print(k, loss(params))
