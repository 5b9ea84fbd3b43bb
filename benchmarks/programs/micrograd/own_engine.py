# my own micrograd. is it right?
import math
import numpy as np

class Value:
    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = _children
        self._op = _op

    def __repr__(self):
        return f"Value(data={self.data})"

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), '+')
        def _backward():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), '*')
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,), 'tanh')
        def _backward():
            self.grad = (1 - t**2) * out.grad
        out._backward = _backward
        return out

    def backward(self):
        topo, visited = [], set()
        def build_topo(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build_topo(child)
                topo.append(v)
        build_topo(self)
        self.grad = 1.0
        for node in reversed(topo):
            node._backward()

x = [1.5, -0.5]
params = {'w': np.array([0.4, -0.3]), 'b': 0.2}

def loss(params):
    w, b = params['w'], params['b']
    h = w[0]*x[0] + w[1]*x[1] + b
    return np.tanh(h) * np.tanh(b) + np.tanh(b + h)

def manual_gradients(params):
    w = [Value(wi) for wi in params['w']]
    b = Value(params['b'])
    h = w[0]*x[0] + w[1]*x[1] + b
    out = h.tanh() * b.tanh() + (b + h).tanh()
    out.backward()
    return {'w': [wi.grad for wi in w], 'b': b.grad}
