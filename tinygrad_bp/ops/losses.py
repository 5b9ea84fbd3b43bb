"""Softmax and losses: softmax, log_softmax, mse, cross_entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernel.op import Op
from ..kernel.typed import of_values
from ..kernel.value import Value
from .axes import as_operand
from .reductions import forward_logsumexp, mean, shift_for_exp, sum
from .shaping import where


def _forward_softmax(a: Any, axis: int) -> Any:
    e = np.exp(a - shift_for_exp(a, axis))
    return e / e.sum(axis=axis, keepdims=True)


def _forward_log_softmax(a: Any, axis: int) -> Any:
    return a - forward_logsumexp(a, axis, True)


_softmax = Op(
    "softmax",
    _forward_softmax,
    lambda g, y, a, axis: y * (g - (g * y).sum(axis=axis, keepdims=True)),
    word="probabilities",
)
_log_softmax = Op(
    "log_softmax",
    _forward_log_softmax,
    lambda g, y, a, axis: g - np.exp(y) * g.sum(axis=axis, keepdims=True),
    word="logarithms",
)


@of_values
def softmax(a: Any, axis: int = -1) -> Any:
    """Compute exp(a) / sum(exp(a)) along an axis, without overflow.

    Parameters
    ----------
    a : array_like or Value
        Logits, of any shape.
    axis : int, optional
        The axis along which the result adds up to 1.

    Returns
    -------
    array or Value
        Of the shape of `a`.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> bp.softmax([1e4, 1e4])
    array([0.5, 0.5])
    """
    return _softmax(a, axis=axis)


@of_values
def log_softmax(a: Any, axis: int = -1) -> Any:
    """Compute log(softmax(a)) along an axis, finite where the softmax is too small for a float.

    Parameters
    ----------
    a : array_like or Value
        Logits, of any shape.
    axis : int, optional
        The axis along which exp of the result adds up to 1.

    Returns
    -------
    array or Value
        Of the shape of `a`.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> bp.log_softmax([0.0, 1000.0])
    array([-1000.,     0.])
    """
    return _log_softmax(a, axis=axis)


@of_values
def mse(prediction: Any, target: Any) -> Any:
    """Compute the mean of the squared differences over all elements.

    Parameters
    ----------
    prediction, target : array_like or Value
        Of the same shape.

    Returns
    -------
    scalar or Value
        Of shape ().

    Raises
    ------
    ValueError
        If the shapes differ: broadcasting here is a mistake more often than not.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> bp.mse([1.0, 2.0], [0.0, 0.0])
    np.float64(2.5)
    """
    if np.shape(prediction) != np.shape(target):
        raise ValueError(
            f"mse: expected prediction and target of one shape, got {np.shape(prediction)} and "
            f"{np.shape(target)}"
        )
    prediction, target = (
        as_operand(prediction, "mse: prediction"),
        as_operand(target, "mse: target"),
    )
    return mean((prediction - target) ** 2)


@of_values
def cross_entropy(logits: Any, labels: Any) -> Any:
    """Compute the mean over samples of -sum(p * log_softmax(logits)).

    Parameters
    ----------
    logits : array_like or Value
        Shape (N, C): N samples, C classes.
    labels : array_like or Value
        Shape (N,): the class of each sample, an integer from 0 to C - 1; or shape (N, C): the
        probabilities `p` of the classes.

    Returns
    -------
    scalar or Value
        Of shape (), in nats.

    Raises
    ------
    TypeError
        If labels of shape (N,) are not integers.
    ValueError
        If shapes do not fit, there are no samples, or a label is not a class.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> round(float(bp.cross_entropy([[0.0, 0.0], [0.0, 0.0]], [0, 1])), 6)
    0.693147
    """
    logits = as_operand(logits, "cross_entropy: logits")
    labels = as_operand(labels, "cross_entropy: labels")
    if logits.ndim != 2 or 0 in logits.shape:
        raise ValueError(
            f"cross_entropy: expected logits of shape (N, C), both at least 1, got {logits.shape}"
        )
    samples, classes = logits.shape
    logarithms = log_softmax(logits)
    if labels.shape == logits.shape:
        return -sum(labels * logarithms) / samples
    if labels.shape != (samples,):
        raise ValueError(
            f"cross_entropy: expected labels of shape ({samples},) or {logits.shape}, to go with "
            f"logits of shape {logits.shape}, got {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"cross_entropy: labels of shape ({samples},) must be integers, got {labels.dtype}"
        )
    if isinstance(labels, Value):
        return -sum(_choose_classes(logarithms, labels)) / samples
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"cross_entropy: labels must be classes from 0 to {classes - 1}, got "
            f"{labels.min()} to {labels.max()}"
        )
    return -sum(logarithms[np.arange(samples), labels]) / samples


def _choose_classes(logarithms: Any, labels: Value) -> Any:
    """Return the logarithm at each sample's class, whose number is not known yet: for `compile`.

    A class that there is not cannot be refused then; it makes the loss NaN.
    """
    classes = np.arange(logarithms.shape[1])
    chosen = where(labels[:, None] == classes, logarithms, 0.0).sum(axis=1)
    is_class = np.logical_and(labels >= 0, labels < len(classes))
    return where(is_class, chosen, np.nan)
