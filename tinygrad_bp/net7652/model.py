"""The net as a function: relu, sigmoid, and a sigmoid or nothing at the output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import ops
from ..kernel import named, scope
from .parameters import SAMPLE, TARGET, Output, check_output, check_sample, check_target, unpack


def forward(params: Mapping[str, Any], x: Any = SAMPLE, *, output: Output = "sigmoid") -> Any:
    """Compute the output of the net.

    ``out_h1 = relu(w_1 @ x + b_1)``, ``out_h2 = sigmoid(w_2 @ out_h1 + b_2)`` and
    ``out_o = sigmoid(w_3 @ out_h2 + b_3)``; a linear output leaves out the last sigmoid. What the
    activations are applied to is called ``net_h1``, ``net_h2`` and ``net_o``.

    Parameters
    ----------
    params : dict of array or Value
        As `initial_parameters` gives them. Complex arrays will do too.
    x : array_like or Value, optional
        One sample, shape (7, 1), or N of them as columns, shape (7, N).
    output : {"sigmoid", "linear"}, optional
        What is applied to ``net_o``.

    Returns
    -------
    array or Value
        Shape (2, 1) or (2, N). A Value where a parameter or `x` is one; then the nodes have the
        names above, and a scope per layer, ``layer 1`` to ``layer 3``.

    Raises
    ------
    TypeError
        If `params` is not a dict.
    ValueError
        If a parameter is missing, unknown or of another shape, `x` does not fit, or there is no
        such output.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> params = bp.net7652.initial_parameters()
    >>> bp.net7652.forward(params).shape
    (2, 1)
    """
    check_output(output)
    w_1, b_1, w_2, b_2, w_3, b_3 = unpack(params)
    x = check_sample(x)
    with scope("layer 1"):
        net_h1 = named(ops.matmul(w_1, x) + b_1, "net_h1")
        out_h1 = named(ops.relu(net_h1), "out_h1")
    with scope("layer 2"):
        net_h2 = named(ops.matmul(w_2, out_h1) + b_2, "net_h2")
        out_h2 = named(ops.sigmoid(net_h2), "out_h2")
    with scope("layer 3"):
        net_o = named(ops.matmul(w_3, out_h2) + b_3, "net_o")
        return net_o if output == "linear" else named(ops.sigmoid(net_o), "out_o")


def loss(
    params: Mapping[str, Any],
    x: Any = SAMPLE,
    t: Any = TARGET,
    *,
    output: Output = "sigmoid",
) -> Any:
    """Compute half the sum of the squared errors, ``sum((t - o)**2) / 2``.

    Parameters
    ----------
    params : dict of array or Value
        As `initial_parameters` gives them.
    x : array_like or Value, optional
        Samples as columns, shape (7, N).
    t : array_like or Value, optional
        Targets as columns, shape (2, N).
    output : {"sigmoid", "linear"}, optional
        What is applied at the output.

    Returns
    -------
    scalar or Value
        Of shape (). For one sample it is ``bp.mse(forward(params), t)``, as there are two
        outputs. A Value is named ``loss``; its last nodes are in the scope ``loss``.

    Raises
    ------
    TypeError, ValueError
        As `forward`; or if `t` does not fit.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> params = bp.net7652.initial_parameters()
    >>> round(float(bp.net7652.loss(params)), 8)
    0.00982587
    """
    x = check_sample(x)
    t = check_target(t, x)
    o = forward(params, x, output=output)
    with scope("loss"):
        return named(ops.sum((t - o) ** 2) / 2, "loss")
