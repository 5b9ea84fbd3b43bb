"""Functions of functions: gradients, products with Jacobians, Jacobians, Hessians.

All of them run the function once on Values (`tracing`) and read the graph backwards; there is no
second set of derivatives. `reverse` has what one backward pass gives, `forward` the directional
derivative, which is the backward pass of a backward pass, `matrices` whole Jacobians and
Hessians, `checkpoint` the trade of time for memory.
"""

from .checkpoint import checkpoint
from .forward import hvp, jvp
from .matrices import hessian, jacobian
from .reverse import grad, value_and_grad, vjp

__all__ = ["checkpoint", "grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]
