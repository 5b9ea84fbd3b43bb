"""The table of ops, one file per kind; a derivative stands once, beside its op.

`arithmetic`, `elementary`, `reductions`, `shaping`, `losses`, and `plain` for NumPy's functions
that have no derivative. Importing this package tells NumPy's protocols about all of them.
"""

from . import plain
from .arithmetic import absolute, add, div, matmul, maximum, minimum, mul, neg, pow, sub
from .elementary import exp, log, relu, sigmoid, sqrt, tanh
from .losses import cross_entropy, log_softmax, mse, softmax
from .reductions import logsumexp, max, mean, min, sum
from .shaping import broadcast_to, clip, concatenate, reshape, stack, transpose, where

__all__ = [
    "absolute",
    "add",
    "broadcast_to",
    "clip",
    "concatenate",
    "cross_entropy",
    "div",
    "exp",
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
    "plain",
    "pow",
    "relu",
    "reshape",
    "sigmoid",
    "softmax",
    "sqrt",
    "stack",
    "sub",
    "sum",
    "tanh",
    "transpose",
    "where",
]
