"""Gradient descent, momentum and Adam, as the notebook writes them: one formula each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..kernel import Value
from .base import Optimizer


class GD(Optimizer):
    """Gradient descent: the step is -learning_rate · gradient.

    Parameters
    ----------
    parameters : iterable of Value
        The leaves to update, each once.
    learning_rate : float
        The step size, greater than 0.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x = bp.Value(1.0)
    >>> optimizer = bp.optim.GD([x], learning_rate=0.1)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> x.data
    np.float64(0.8)
    """

    def _descent(self, k: int, gradient: Any) -> Any:
        return np.multiply(gradient, self._learning_rate, out=self._scratch[k])


class Momentum(Optimizer):
    r"""Gradient descent with momentum, the heavy-ball method.

    .. math:: m \leftarrow \mu m + \eta g, \qquad p \leftarrow p - m

    Parameters
    ----------
    parameters : iterable of Value
        The leaves to update, each once.
    learning_rate : float
        The step size η, greater than 0. It is applied to a gradient when it arrives, so changing
        it later leaves what has gathered in `m` as it is (in PyTorch it would scale that too).
    momentum : float, optional
        The part μ of the last step that is kept, at least 0 and less than 1.

    Attributes
    ----------
    m : list of numpy.ndarray
        The momentum of each parameter: its latest step is ``-m``.

    Notes
    -----
    B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", *USSR
    Computational Mathematics and Mathematical Physics* 4 (5), 1964, pages 1-17.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x = bp.Value(1.0)
    >>> optimizer = bp.optim.Momentum([x], learning_rate=0.1)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (x**2).backward()
    ...     optimizer.step()
    >>> round(x.item(), 6)
    0.46
    """

    def __init__(
        self, parameters: Iterable[Value], learning_rate: float, momentum: float = 0.9
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.momentum = self._fraction("momentum", momentum)
        self.m = self._zeros()

    def _descent(self, k: int, gradient: Any) -> Any:
        m = self.m[k]
        m *= self.momentum
        m += np.multiply(gradient, self._learning_rate, out=self._scratch[k])
        return m

    def _latest(self) -> list[Any]:
        return self.m


class Adam(Optimizer):
    r"""Adam: steps of about the learning rate, whatever the size of the gradient.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \eta \, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    where *t* counts the steps of the parameter, from 1.

    Parameters
    ----------
    parameters : iterable of Value
        The leaves to update, each once.
    learning_rate : float
        The step size η, greater than 0.
    betas : tuple of float, optional
        How much of the two averages is kept at a step, each at least 0 and less than 1.
    epsilon : float, optional
        Keeps the divisor from 0, greater than 0.

    Attributes
    ----------
    m, v : list of numpy.ndarray
        The running averages of the gradient and of its square, before their bias is corrected.
    t : list of int
        How many steps each parameter has taken.

    Notes
    -----
    D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015,
    arXiv:1412.6980, Algorithm 1.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x = bp.Value(1.0)
    >>> optimizer = bp.optim.Adam([x], learning_rate=0.1)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.9
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, learning_rate)
        try:
            first, second = betas
        except (TypeError, ValueError) as error:
            raise TypeError(f"Adam: betas must be two numbers, got {betas!r}") from error
        self.betas = (
            self._fraction("betas[0]", first),
            self._fraction("betas[1]", second),
        )
        self.epsilon = self._positive("epsilon", epsilon)
        self.m, self.v = self._zeros(), self._zeros()
        self.t = [0] * len(self.parameters)

    def _descent(self, k: int, gradient: Any) -> Any:
        m, v, out = self.m[k], self.v[k], self._scratch[k]
        beta_1, beta_2 = self.betas
        self.t[k] = t = self.t[k] + 1

        m *= beta_1
        m += np.multiply(gradient, 1 - beta_1, out=out)
        v *= beta_2
        np.multiply(gradient, gradient, out=out)
        out *= 1 - beta_2
        v += out

        np.divide(v, 1 - beta_2**t, out=out)
        np.sqrt(out, out=out)
        out += self.epsilon
        np.divide(m, out, out=out)
        out *= self._learning_rate / (1 - beta_1**t)
        return out
