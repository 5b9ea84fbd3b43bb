# e = a*b; d = e + c; L = d * f   -- nudging things around
params = {'a': 2.0, 'b': -3.0, 'c': 10.0, 'f': -2.0}

def forward(a, b, c, f):
    e = a*b
    d = e + c
    L = d * f
    return L

def loss(p):
    return forward(p['a'], p['b'], p['c'], p['f'])

# written down on paper, for exactly these numbers
manual_gradients = {'a': 6.0, 'b': -4.0, 'c': -2.0, 'f': 4.0}

h = 0.0001
L1 = forward(2.0, -3.0, 10.0, -2.0)
L2 = forward(2.0, -3.0 + h, 10.0, -2.0)
print((L2 - L1)/h)
