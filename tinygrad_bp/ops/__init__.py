"""The table of ops, one file per kind; a derivative stands once, beside its op.

At hand at once: `arithmetic` and `elementary` work elementwise, `reductions` along axes,
`shaping` and `joining` move elements, `losses`, and `plain` for functions without a derivative.

The rest of NumPy's namespace, read when one of its functions is first met: `trigonometric` and
`steps` elementwise; `statistics`, `cumulative`, `differences` along axes; `rearranging` and
`sorting` move elements; `products`, `einsum`, `samples` multiply arrays; `linalg`,
`decompositions`, `norms` are linear algebra.
"""

from ..kernel.dispatch import further_beside, further_in
from . import plain
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

further_in(
    *(
        f"{__name__}.{kind}"
        for kind in (
            "assigning",
            "in_place",
            "ufuncs",
            "quantiles",
            "fits",
            "complexes",
            "fourier",
            "trigonometric",
            "steps",
            "statistics",
            "cumulative",
            "differences",
            "rearranging",
            "sorting",
            "products",
            "einsum",
            "samples",
            "linalg",
            "decompositions",
            "norms",
        )
    )
)
for _part in ("special", "linalg", "signal", "stats", "spatial"):
    further_beside(f"scipy.{_part}", f"{__name__}.of_scipy.{_part}")
