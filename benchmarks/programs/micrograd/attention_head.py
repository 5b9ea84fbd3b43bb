# single head of causal self-attention, backward by hand
import numpy as np

np.random.seed(3)
T, C, head_size = 4, 5, 3
x = np.random.randn(T, C)
target = np.random.randn(T, head_size)

class Head:
    def __init__(self):
        self.key   = np.random.randn(C, head_size) * C**-0.5
        self.query = np.random.randn(C, head_size) * C**-0.5
        self.value = np.random.randn(C, head_size) * C**-0.5

    def forward(self, x):
        self.x = x
        self.k, self.q, self.v = x @ self.key, x @ self.query, x @ self.value
        wei = self.q @ self.k.T * head_size**-0.5
        tril = np.tril(np.ones((T, T)))
        wei[tril == 0] = -np.inf
        wei = np.exp(wei - wei.max(axis=-1, keepdims=True))
        self.wei = wei / wei.sum(axis=-1, keepdims=True)
        return self.wei @ self.v

    def backward(self, dout):
        dv = self.wei.T @ dout
        dwei = dout @ self.v.T
        dwei = self.wei * (dwei - (dwei * self.wei).sum(-1, keepdims=True))
        dwei *= head_size**-0.5
        dq, dk = dwei @ self.k, dwei.T @ self.q
        self.dkey, self.dquery, self.dvalue = self.x.T @ dk, self.x.T @ dq, self.x.T @ dv

head = Head()
params = {'key': head.key, 'query': head.query, 'value': head.value}

def loss(params):
    head.key, head.query, head.value = params['key'], params['query'], params['value']
    out = head.forward(x)
    return ((out - target)**2).mean()

def manual_gradients(params):
    head.key, head.query, head.value = params['key'], params['query'], params['value']
    out = head.forward(x)
    head.backward(2*(out - target)/out.size)
    return {'key': head.dkey, 'query': head.dquery, 'value': head.dvalue}
