"""The backward pass derived by hand, in plain NumPy: what the engine is compared with.

It shares no derivative with the engine, and not the forward pass either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from .parameters import (
    SAMPLE,
    SHAPES,
    TARGET,
    Output,
    check_choice,
    check_output,
    check_sample,
    check_target,
    unpack,
)

Array = npt.NDArray[Any]
Order = Literal["propagate-then-update", "update-then-propagate"]


def manual_gradients(
    params: Mapping[str, Array],
    x: npt.ArrayLike = SAMPLE,
    t: npt.ArrayLike = TARGET,
    *,
    output: Output = "sigmoid",
    order: Order = "propagate-then-update",
    learning_rate: float = 0.1,
) -> dict[str, Array]:
    r"""Compute the gradient of the loss by the chain rule, layer 3, then 2, then 1.

    With :math:`\delta_k` the derivative of the loss by what the activation of layer *k* is
    applied to, and :math:`\odot` the product of elements,

    .. math::
        \delta_3 &= -(t - o) \odot o \odot (1 - o) \\
        \delta_2 &= w_3^T \delta_3 \odot h_2 \odot (1 - h_2) \\
        \delta_1 &= w_2^T \delta_2 \odot [\mathit{net}_1 > 0] \\
        \frac{\partial E}{\partial w_k} &= \delta_k \, (\mathit{input}_k)^T, \qquad
        \frac{\partial E}{\partial b_k} = \delta_k.

    A linear output has the derivative 1, so :math:`\delta_3 = -(t - o)`.

    Parameters
    ----------
    params : dict of numpy.ndarray
        As `initial_parameters` gives them. Not changed.
    x, t : array_like, optional
        Samples (7, N) and targets (2, N) as columns.
    output : {"sigmoid", "linear"}, optional
        What is applied at the output.
    order : {"propagate-then-update", "update-then-propagate"}, optional
        Which weights the error is propagated through; see the notes.
    learning_rate : float, optional
        The size of the step of gradient descent in the second order; the first ignores it.

    Returns
    -------
    dict of numpy.ndarray
        The gradient of each parameter, of its shape.

    Raises
    ------
    TypeError, ValueError
        As `loss`; or if there is no such order.

    Notes
    -----
    A gradient is taken at one point: every factor belongs to the weights of the forward pass.
    "propagate-then-update" keeps to that and updates when all layers are done; it is right.

    "update-then-propagate" is what the notebook does. It updates each layer as soon as its
    gradient is known: it adds the optimiser's step, ``-learning_rate * gradient``, to ``w_3``
    *before* it propagates the error through ``w_3`` to layer 2, and to ``w_2`` before it
    propagates through ``w_2`` to layer 1. So :math:`\delta_2` and :math:`\delta_1` mix new
    weights with the old forward pass. Layer 3 is right; on the notebook's sample 44 of the 95
    entries, all of layers 2 and 1 that are not 0, are off by 3.9e-4 to 7.7e-4 of their size. Biases
    are in no product with :math:`\delta`, so when they are updated makes no difference.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> params = bp.net7652.initial_parameters()
    >>> right = bp.net7652.manual_gradients(params)
    >>> notebook = bp.net7652.manual_gradients(params, order="update-then-propagate")
    >>> f"{right['w_2'][0, 1]:.16f}", f"{notebook['w_2'][0, 1]:.16f}"
    ('0.0004141685683335', '0.0004138630287177')
    """
    check_choice("order", order, get_args(Order))

    def updated(name: str, gradient: Array) -> Array:
        return np.asarray(params[name]) - learning_rate * gradient

    def kept(name: str, gradient: Array) -> Array:
        return np.asarray(params[name])

    update = updated if order == "update-then-propagate" else kept
    return propagate(params, x, t, output=output, update=update)


def propagate(
    params: Mapping[str, Array],
    x: npt.ArrayLike = SAMPLE,
    t: npt.ArrayLike = TARGET,
    *,
    output: Output = "sigmoid",
    update: Callable[[str, Array], Array],
) -> dict[str, Array]:
    """Compute the gradients of `manual_gradients`, in either order.

    Parameters
    ----------
    params, x, t, output
        As in `manual_gradients`.
    update : callable
        ``update(name, gradient)`` is called with each gradient as soon as it is known. What it
        returns for a weight is what the error is then propagated through: in the right order
        the weight of the forward pass.

    Returns
    -------
    dict of numpy.ndarray
        The gradient of each parameter, in the order of `initial_parameters`.
    """
    check_output(output)
    w_1, b_1, w_2, b_2, w_3, b_3 = map(np.asarray, unpack(params))
    x = check_sample(x)
    t = check_target(t, x)

    net_h1 = w_1 @ x + b_1
    out_h1 = np.maximum(net_h1, 0)
    out_h2 = _sigmoid(w_2 @ out_h1 + b_2)
    net_o = w_3 @ out_h2 + b_3
    o = net_o if output == "linear" else _sigmoid(net_o)

    gradients = {}

    def differentiate(layer: int, delta: Array, incoming: Any) -> Array:
        """Note the gradients of a layer; return the weight to propagate through."""
        weight, bias = f"w_{layer}", f"b_{layer}"
        gradients[weight] = delta @ incoming.T
        gradients[bias] = delta.sum(axis=1, keepdims=True)
        through = update(weight, gradients[weight])
        update(bias, gradients[bias])
        return through

    delta_3 = -(t - o) if output == "linear" else -(t - o) * o * (1 - o)
    w_3 = differentiate(3, delta_3, out_h2)
    delta_2 = w_3.T @ delta_3 * out_h2 * (1 - out_h2)
    w_2 = differentiate(2, delta_2, out_h1)
    delta_1 = w_2.T @ delta_2 * (net_h1 > 0)
    differentiate(1, delta_1, x)
    return {name: gradients[name] for name in SHAPES}


def _sigmoid(a: Array) -> Array:
    with np.errstate(over="ignore"):  # 1 / infinity is the right 0
        s: Array = 1 / (1 + np.exp(-a))
    return s
