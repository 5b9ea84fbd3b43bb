# one neuron, backprop by hand like in the video
import math

# inputs x1, x2
x1 = 2.0
x2 = 0.0

params = {
    'w1': -3.0,
    'w2': 1.0,
    # bias of the neuron
    'b': 6.8813735870195432,
}

def loss(p):
    x1w1 = x1 * p['w1']
    x2w2 = x2 * p['w2']
    n = x1w1 + x2w2 + p['b']
    o = (math.exp(2*n) - 1) / (math.exp(2*n) + 1)   # tanh
    print(f'o = {o:.4f}')
    return o

def manual_gradients(p):
    n = x1*p['w1'] + x2*p['w2'] + p['b']
    o = math.tanh(n)
    do = 1.0
    dn = (1 - o**2) * do
    return {'w1': x1 * dn, 'w2': x2 * dn, 'b': dn}
