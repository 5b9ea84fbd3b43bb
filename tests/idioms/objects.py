"""Printing, numbers, imports and objects."""

from .idiom import Idiom

TITLE = "Printing, numbers, imports and objects"

IDIOMS = [
    Idiom(
        '`print(f"{loss:.4f}")`',
        """
def loss(W):
    value = np.sum((X @ W) ** 2)
    print(f"loss {value:.4f}, {value}")
    return value
""",
    ),
    Idiom(
        '`print("%.3f" % loss)`, `"{:.3f}".format(loss)`',
        """
def loss(W):
    value = np.sum((X @ W) ** 2)
    print("loss %.3f" % value, "{:.3f}".format(value))
    return value
""",
    ),
    Idiom(
        "`print(loss)`, `print(W)`, `str(loss)`, `repr(loss)`",
        """
def loss(W):
    value = np.sum((X @ W) ** 2)
    print(value, W, str(value), repr(W))
    return value
""",
    ),
    Idiom(
        "`print(np.round(h, 3))`, `np.array2string(h)`",
        """
def loss(W):
    h = X @ W
    print(np.round(h, 3), np.array2string(h, precision=2))
    return np.sum(h ** 2)
""",
    ),
    Idiom(
        "`history.append(float(loss))`",
        """
history = []

def loss(W):
    value = np.sum((X @ W) ** 2)
    history.append(float(value))
    return value
""",
    ),
    Idiom(
        "`return float(loss)`",
        """
def loss(W):
    return float(np.sum((X @ W) ** 2))
""",
        refused="float",
    ),
    Idiom(
        "`return loss.item()`",
        """
def loss(W):
    return np.sum((X @ W) ** 2).item()
""",
        refused="item",
    ),
    Idiom(
        "`W.tolist()`, then numbers",
        """
def loss(W):
    return sum(w ** 2 for row in W.tolist() for w in row)
""",
        refused="tolist",
    ),
    Idiom(
        "`float(v[0])` on the way",
        """
def loss(v):
    return float(v[0]) ** 2 + v[1]
""",
        refused="float",
    ),
    Idiom(
        "`int(v[0] * 3)` as a count",
        """
def loss(v):
    n = int(v[2] * 3)
    return sum(v[0] ** k for k in range(n))
""",
    ),
    Idiom(
        "`np.float64(v)`",
        """
def loss(s):
    return np.float64(s) ** 2
""",
        refused="lost by float()",
    ),
    Idiom(
        "`math.exp(v)`, `math.log`, `math.sqrt`",
        """
import math

def loss(v):
    return math.exp(-v[0]) + math.sqrt(v[1]) * math.log(v[2])
""",
    ),
    Idiom(
        "`from math import exp, pi`",
        """
from math import exp, pi

def loss(v):
    return exp(-v[0] ** 2 / 2) / (2 * pi) ** 0.5 * v[1]
""",
    ),
    Idiom(
        "`math.tanh`, `math.hypot`, `math.atan2`, `math.pow`",
        """
import math

def loss(v):
    return math.hypot(v[0], v[1]) * math.tanh(v[2]) + math.atan2(v[0], v[2]) * math.pow(v[1], 2)
""",
    ),
    Idiom(
        "`math.isclose`, `math.isnan`",
        """
import math

def loss(v):
    return v[1] if math.isnan(v[0]) or math.isclose(v[0], 2) else v[0] ** 2
""",
    ),
    Idiom(
        "`from numpy import exp, sum`",
        """
from numpy import exp, sum, zeros

def loss(v):
    out = zeros(3)
    out[1] = exp(v[0])
    return sum(out * v)
""",
    ),
    Idiom(
        "`import numpy`, `import numpy.linalg as la`",
        """
import numpy
import numpy.linalg as la

def loss(A):
    return numpy.log(la.norm(A)) + la.det(A)
""",
    ),
    Idiom(
        "`import numpy as np` inside of the function",
        """
def loss(v):
    import numpy as np
    out = np.zeros(3)
    out[0] = v[0] ** 2
    return out.sum() * v[1]
""",
    ),
    Idiom(
        "`isinstance(loss, float)`",
        """
def loss(W):
    value = np.mean((X @ W) ** 2)
    if not isinstance(value, (int, float, np.floating)):
        raise TypeError("a number was expected")
    return value
""",
        pending=True,
    ),
    Idiom(
        "`isinstance(W, np.ndarray)`",
        """
def loss(W):
    if isinstance(W, np.ndarray):
        return np.sum(W ** 2)
    raise TypeError("an array was expected")
""",
    ),
    Idiom(
        "`np.isscalar(v)`, `np.ndim(v) == 0`",
        """
def loss(v):
    return v[0] ** 2 if np.isscalar(v[0]) and np.ndim(v) == 1 else v[1]
""",
    ),
    Idiom(
        "`copy.deepcopy(params)`, `copy.copy`",
        """
import copy

def loss(W, b):
    params = copy.deepcopy({"W": W, "layers": [b]})
    return np.sum((X @ params["W"] + copy.copy(params["layers"][0])) ** 2)
""",
    ),
    Idiom(
        "`params = {...}`, `grads = {k: ... for k in params}`",
        """
def loss(W, b):
    params = {"W": W, "b": b}
    penalty = sum(np.sum(p ** 2) for name, p in params.items() if name.startswith("W"))
    return np.mean((X @ params["W"] + params["b"] - T) ** 2) + 0.01 * penalty
""",
    ),
    Idiom(
        "a list of layers, `for W, b in layers`",
        """
def loss(W, b, A):
    h = X
    for weights, bias in [(W, b), (A, 0.0)]:
        h = np.tanh(h @ weights + bias)
    return np.sum((h - T) ** 2)
""",
    ),
    Idiom(
        "a class with `self.W`",
        """
class Net:
    def __init__(self, W, b):
        self.W = W
        self.b = b

    def forward(self, X):
        self.z = X.dot(self.W) + self.b
        self.a = 1 / (1 + np.exp(-self.z))
        return self.a

def loss(W, b):
    net = Net(W, b)
    return np.sum((net.forward(X) - T) ** 2) / 2
""",
    ),
    Idiom(
        "layers as objects that keep their input",
        """
class Linear:
    def __init__(self, W):
        self.W = W
    def __call__(self, x):
        self.x = x
        return np.dot(x, self.W)

class ReLU:
    def __call__(self, x):
        self.mask = x > 0
        return x * self.mask

def loss(W, A):
    h = X
    for layer in (Linear(W), ReLU(), Linear(A)):
        h = layer(h)
    return np.mean(h ** 2)
""",
    ),
    Idiom(
        "a dataclass, a namedtuple",
        """
from collections import namedtuple
from dataclasses import dataclass

Prior = namedtuple("Prior", ["mean", "scale"])

@dataclass
class Model:
    weights: np.ndarray
    prior: Prior

def loss(W, s):
    m = Model(W, Prior(0.1, s))
    return np.sum(((m.weights - m.prior.mean) / m.prior.scale) ** 2) / 2 + W.size * np.log(s)
""",
    ),
    Idiom(
        "a closure, `lambda z: ...`, `functools.partial`",
        """
from functools import partial

sigmoid = lambda z: 1 / (1 + np.exp(-z))

def model(X, W, b):
    return sigmoid(X @ W + b)

def loss(W, b):
    predict = partial(model, W=W, b=b)
    return -np.mean(T * np.log(predict(X)) + (1 - T) * np.log(1 - predict(X)))
""",
    ),
    Idiom(
        "recursion",
        """
def power(a, n):
    return 1.0 if n == 0 else a * power(a, n - 1)

def loss(v):
    return power(v[0], 3) + power(v[1], 2)
""",
    ),
    Idiom(
        "`try: ... except np.linalg.LinAlgError`",
        """
def loss(A):
    try:
        L = np.linalg.cholesky(A @ A.T)
    except np.linalg.LinAlgError:
        return 1e10
    return np.sum(np.log(np.diag(L)))
""",
    ),
    Idiom(
        "`with np.errstate(divide='ignore')`",
        """
def loss(v):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sum(np.where(v > 0.3, np.log(v), v ** 2))
""",
    ),
    Idiom(
        "`global counter; counter += 1`, timing",
        """
import time
calls = 0

def loss(v):
    global calls
    calls += 1
    start = time.time()
    value = np.sum(v ** 2)
    print("took", time.time() - start)
    return value
""",
    ),
    Idiom(
        "`dict` of numbers as keys, `set` of values",
        """
def loss(v):
    cache = {}
    for vi in v:
        cache[len(cache)] = vi * 2
    return np.prod(list(cache.values()))
""",
    ),
]
