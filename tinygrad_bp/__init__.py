"""Computational graphs on NumPy, to see and to check backpropagation.

Import as ``import tinygrad_bp as bp``. Which way the arrows run, from the bottom up:

- `kernel` and `ops`: the node, the backward loop, the table of ops with their derivatives;
- `transforms`: a function run on Values, and differentiated;
- `programs`: a function as plain data; `writing`, `compiling`, `diagnosing` read programs;
- `checking` compares gradients; `planting` makes mistakes on purpose;
- `viewing`, `drawing`, `exploring` show graphs;
- `nn`, `optim`, `net7652`: nets, and the notebook's own;
- `commands`: the command line, with the demo.

The kernel is imported at once, everything above it when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .kernel import (
    Op,
    StaleGraphError,
    Value,
    named,
    no_grad,
    scope,
    topological_order,
)
from .ops import (
    absolute,
    add,
    broadcast_to,
    clip,
    concatenate,
    cross_entropy,
    div,
    exp,
    log,
    log_softmax,
    logsumexp,
    matmul,
    max,
    maximum,
    mean,
    min,
    minimum,
    mse,
    mul,
    neg,
    pow,
    relu,
    reshape,
    sigmoid,
    softmax,
    sqrt,
    stack,
    sub,
    sum,
    tanh,
    transpose,
    where,
)

if TYPE_CHECKING:
    from . import drawing, net7652, nn, optim, testing
    from .checking import Comparison, numeric_gradient
    from .checking.compare import compare
    from .checking.kernels import compare_vjp
    from .compiling.compile import Compiled, compile
    from .drawing.draw import draw
    from .exploring.animation import animate
    from .exploring.explore import explore
    from .net7652 import plot_histories
    from .planting import BlindSpot, BlindSpots, Exercise
    from .planting.blind_spots import blind_spots
    from .planting.exercise import exercise, exercises
    from .transforms import checkpoint, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
    from .writing import Derivation, derive

__version__ = "0.2.0"

__all__ = [
    "BlindSpot",
    "BlindSpots",
    "Comparison",
    "Compiled",
    "Derivation",
    "Exercise",
    "Op",
    "StaleGraphError",
    "Value",
    "absolute",
    "add",
    "animate",
    "blind_spots",
    "broadcast_to",
    "checkpoint",
    "clip",
    "compare",
    "compare_vjp",
    "compile",
    "concatenate",
    "cross_entropy",
    "derive",
    "div",
    "draw",
    "drawing",
    "exercise",
    "exercises",
    "exp",
    "explore",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
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
    "named",
    "neg",
    "net7652",
    "nn",
    "no_grad",
    "numeric_gradient",
    "optim",
    "plot_histories",
    "pow",
    "relu",
    "reshape",
    "scope",
    "sigmoid",
    "softmax",
    "sqrt",
    "stack",
    "sub",
    "sum",
    "tanh",
    "testing",
    "topological_order",
    "transpose",
    "value_and_grad",
    "vjp",
    "where",
]

_MODULE_OF = {
    "Comparison": "checking",
    "compare": "checking",
    "compare_vjp": "checking",
    "numeric_gradient": "checking",
    "Compiled": "compiling",
    "compile": "compiling",
    "draw": "drawing",
    "plot_histories": "net7652",
    **dict.fromkeys(
        ("BlindSpot", "BlindSpots", "Exercise", "blind_spots", "exercise", "exercises"), "planting"
    ),
    "animate": "exploring",
    "explore": "exploring",
    "Derivation": "writing",
    "derive": "writing",
    **dict.fromkeys(
        ("checkpoint", "grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"),
        "transforms",
    ),
}
_MODULES = {"drawing", "net7652", "nn", "optim", "testing"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name in _MODULE_OF:
        attribute = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
        globals()[name] = attribute
        return attribute
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
