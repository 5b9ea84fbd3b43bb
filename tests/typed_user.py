"""What a type checker knows of a program that uses the package: `tests/test_typing.py`."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import tinygrad_bp as bp
from tinygrad_bp import Value

x = Value([0.5, 1.0], name="x")
w = np.array([1.0, 2.0])

# operators
assert_type(x * 3, Value)
assert_type(3 / x, Value)
assert_type(-x, Value)
assert_type(x @ w, Value)
assert_type(x**2 + w, Value)
assert_type(x[0], Value)
assert_type(x % 2, Value)
assert_type(x.T.sum(axis=0), Value)
y = x.copy()
y += 1
assert_type(y, Value)

# the package's functions
assert_type(bp.tanh(x * 3), Value)
assert_type(bp.add(w, x), Value)
assert_type(bp.mul(2, x), Value)
assert_type(bp.sum(x, axis=0), Value)
assert_type(bp.mean(bp.sigmoid(x)), Value)
assert_type(bp.softmax(x, axis=-1), Value)
assert_type(bp.mse(x, w), Value)
assert_type(bp.stack([x, x]), Value)
assert_type(bp.where(w > 1, x, 0.0), Value)
assert_type(bp.softmax(w), Any)

# NumPy's own declare what they give of arrays
total = np.sum(np.tanh(x * 3))
assert_type(total, Any)

loss: Value = bp.mean((x @ w) ** 2)
loss.backward()
gradient: npt.NDArray[np.float64] = bp.grad(lambda p: np.sum(p**2))(w)
