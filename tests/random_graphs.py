"""Random compositions of ops, for tests of whatever computes what the engine computes."""

import numpy as np
from hypothesis import strategies as st

import tinygrad_bp as bp

UNARY = {
    "neg": lambda a: -a,
    "exp": lambda a: np.exp(np.tanh(a)),
    "log": lambda a: np.log(abs(a) + 1.5),
    "sqrt": lambda a: np.sqrt(a * a + 0.5),
    "square": lambda a: a**2,
    "cube": lambda a: np.tanh(a) ** 3,
    "tanh": np.tanh,
    "sigmoid": bp.sigmoid,
    "relu": bp.relu,
    "abs": abs,
    "transpose": lambda a: a.T,
    "softmax": bp.softmax,
    "log_softmax": lambda a: bp.log_softmax(a, axis=0),
    "logsumexp": lambda a: bp.logsumexp(a, axis=1, keepdims=True) + a,
    "logsumexp of all": lambda a: a * bp.logsumexp(a),
    "max": lambda a: a - np.max(a, axis=0),
    "min": lambda a: np.min(a, axis=1, keepdims=True) * a,
    "sum": lambda a: np.sum(a, axis=0) / 3 + a,
    "mean": lambda a: a - np.mean(a, axis=(0, 1)),
    "reshape": lambda a: np.reshape(a, 9).reshape(3, 3),
    "flipped": lambda a: a[::-1],
    "rows": lambda a: a[[0, 0, 2]],
    "element": lambda a: a * a[1, 2],
    "concatenate": lambda a: np.concatenate([a[1:], 2 * a[:1]], axis=0),
    "stack": lambda a: np.stack([a[0], a[2], a[1]], axis=1),
    "broadcast": lambda a: np.broadcast_to(a[0], (3, 3)),
    "clip": lambda a: np.clip(a, -0.7, 0.9),
    "where": lambda a: np.where(a > 0.1, a, -0.5),
    "column": lambda a: a * (a @ a[:, 0])[:, None] / 4,
}
BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * np.tanh(b),
    "div": lambda a, b: a / (b * b + 1),
    "matmul": lambda a, b: a @ np.tanh(b) / 3,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "power": lambda a, b: (abs(a) + 0.5) ** np.tanh(b),
    "where": lambda a, b: np.where(a > b, a, b * b),
}
NAMES = st.sampled_from([None, "h", "out", "class", "a", "x.y"])
STEPS = st.lists(
    st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 9), st.integers(0, 9), NAMES),
    min_size=1,
    max_size=8,
)


def composed(steps):
    def fun(a, b):
        found = [a, b]
        for name, i, j, title in steps:
            one, other = found[-1 - i % len(found)], found[-1 - j % len(found)]
            y = UNARY[name](one) if name in UNARY else BINARY[name](one, other)
            found.append(bp.named(y, title) if title and isinstance(y, bp.Value) else y)
        return np.sum(np.tanh(found[-1] / 4)) + np.sum(found[-1] * 0.25)

    return fun
