"""The table of ops, one file per kind; a derivative stands once, beside its op.

`arithmetic`, `elementary`, `trigonometric`, `steps` work elementwise; `reductions`, `statistics`,
`cumulative`, `differences` along axes; `shaping`, `joining`,
`rearranging` move elements; `products`, `einsum`, `samples` multiply arrays; `linalg`,
`decompositions`, `norms` are linear algebra; `losses`; and `plain` for NumPy's functions
that have no derivative. Importing this package tells NumPy's protocols about all of them.
"""

from . import (
    cumulative,
    decompositions,
    differences,
    einsum,
    linalg,
    norms,
    plain,
    products,
    rearranging,
    samples,
    statistics,
    steps,
    trigonometric,
)
from .arithmetic import absolute, add, div, matmul, maximum, minimum, mul, neg, pow, sub
from .elementary import exp, log, relu, sigmoid, sqrt, tanh
from .joining import concatenate, stack
from .losses import cross_entropy, log_softmax, mse, softmax
from .reductions import logsumexp, max, mean, min, sum
from .shaping import broadcast_to, clip, reshape, transpose, where

__all__ = [
    "absolute",
    "add",
    "broadcast_to",
    "clip",
    "concatenate",
    "cross_entropy",
    "cumulative",
    "decompositions",
    "differences",
    "div",
    "einsum",
    "exp",
    "linalg",
    "log",
    "log_softmax",
    "logsumexp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mse",
    "mul",
    "neg",
    "norms",
    "plain",
    "pow",
    "products",
    "rearranging",
    "relu",
    "reshape",
    "samples",
    "sigmoid",
    "softmax",
    "sqrt",
    "stack",
    "statistics",
    "steps",
    "sub",
    "sum",
    "tanh",
    "transpose",
    "trigonometric",
    "where",
]
