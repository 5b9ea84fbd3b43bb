"""`Linear` and `MLP`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from .. import ops
from ..kernel import Value, scope
from .module import Module

Activation = Callable[[Any], Any]
Initialization = Literal["he", "glorot"]
Seed = np.random.Generator | int | None


def _identity(x: Any) -> Any:
    return x


#: The activations that have a name.
ACTIVATIONS: dict[str, Activation] = {
    "relu": ops.relu,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "softmax": ops.softmax,
    "log_softmax": ops.log_softmax,
    "linear": _identity,
}


class Linear(Module):
    """A linear layer, ``x @ weight.T + bias``.

    Parameters
    ----------
    n_in, n_out : int
        How many numbers a sample has before and after, at least 1.
    bias : bool, optional
        Whether a bias is added.
    initialization : {"he", "glorot"}, optional
        What the weights are drawn from: "he" is for layers that a relu follows, "glorot" for
        others. Biases start at 0.
    rng : numpy.random.Generator or int, optional
        Draws the weights, or the seed of what does; by default other ones each time. NumPy's
        global generator is never used.
    dtype : dtype, optional
        float64 or float32.

    Attributes
    ----------
    weight : Value
        Shape (n_out, n_in).
    bias : Value or None
        Shape (n_out,).

    Raises
    ------
    TypeError, ValueError
        If a size is not a positive int, there is no such initialisation, or the dtype is another.

    Notes
    -----
    "he" is the normal distribution of variance 2 / n_in (K. He et al., "Delving Deep into
    Rectifiers", ICCV 2015, arXiv:1502.01852, equation 10), "glorot" the uniform one on
    ±sqrt(6 / (n_in + n_out)) (X. Glorot and Y. Bengio, "Understanding the difficulty of training
    deep feedforward neural networks", AISTATS 2010, equation 16).

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> layer = bp.nn.Linear(3, 2, rng=0)
    >>> layer(np.ones((5, 3))).shape, layer(np.ones(3)).shape
    ((5, 2), (2,))
    """

    weight: Value
    bias: Value | None

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        bias: bool = True,
        initialization: Initialization = "glorot",
        rng: Seed = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        self.n_in, self.n_out = _size("Linear", "n_in", n_in), _size("Linear", "n_out", n_out)
        dtype = _float_type(dtype)
        weight = _draw(n_in, n_out, initialization, np.random.default_rng(rng))
        self.weight = Value(weight.astype(dtype), name="weight")
        self.bias = Value(np.zeros(n_out, dtype), name="bias") if bias else None

    def forward(self, x: Any) -> Any:
        """Compute the output.

        Parameters
        ----------
        x : array_like or Value
            Rows of samples, shape (N, n_in), or one sample, shape (n_in,).

        Returns
        -------
        Value
            Shape (N, n_out) or (n_out,).

        Raises
        ------
        ValueError
            If `x` has another shape.
        """
        x = x if isinstance(x, Value) else np.asarray(x)
        if x.ndim not in (1, 2) or x.shape[-1] != self.n_in:
            raise ValueError(
                f"{self._label()}: expected x of shape (N, {self.n_in}) or ({self.n_in},), "
                f"got {x.shape}"
            )
        product = x @ self.weight.T
        return product if self.bias is None else product + self.bias

    def _label(self) -> str:
        """Return what the layer is called in errors, with its place in a net if it has one."""
        place = (self.weight.name or "weight").removesuffix("weight").rstrip(".")
        return f"Linear({self.n_in}, {self.n_out}){f' at {place}' if place else ''}"


class MLP(Module):
    """A multilayer perceptron: linear layers, each followed by an activation.

    Parameters
    ----------
    sizes : sequence of int
        How many numbers a sample has at the input and after each layer: at least two sizes.
    activations : str, callable, or list of them, optional
        A name of `ACTIVATIONS` or a function of a Value. One for all layers but the last, which
        stays linear; or a list with one for each layer.
    bias : bool, optional
        Whether the layers have biases.
    rng : numpy.random.Generator or int, optional
        As for `Linear`. Layers before a relu start from "he", others from "glorot".
    dtype : dtype, optional
        float64 or float32.

    Attributes
    ----------
    layers : list of Linear
        From the input to the output. The nodes of the first are in the scope ``layer 1``.
    activations : list of callable
        What follows each of them.

    Raises
    ------
    TypeError, ValueError
        If the sizes or activations are not as above; an unknown name is told which there are.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> net = bp.nn.MLP([4, 8, 3], activations="tanh", rng=0)
    >>> net(np.ones((5, 4))).shape
    (5, 3)
    >>> list(net.named_parameters())
    ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias']
    """

    layers: list[Linear]
    activations: list[Activation]

    def __init__(
        self,
        sizes: Sequence[int],
        activations: str | Activation | Sequence[str | Activation] = "relu",
        *,
        bias: bool = True,
        rng: Seed = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        checked = _sizes(sizes)
        self.activations = _activations(activations, len(checked) - 1)
        generator = np.random.default_rng(rng)
        self.layers = [
            Linear(
                n_in,
                n_out,
                bias=bias,
                initialization="he" if activation is ops.relu else "glorot",
                rng=generator,
                dtype=dtype,
            )
            for n_in, n_out, activation in zip(checked, checked[1:], self.activations)
        ]
        for name, parameter in self.named_parameters().items():
            parameter.name = name

    def forward(self, x: Any) -> Any:
        """Compute the output.

        Parameters
        ----------
        x : array_like or Value
            Rows of samples, shape (N, sizes[0]), or one sample, shape (sizes[0],).

        Returns
        -------
        Value
            Shape (N, sizes[-1]) or (sizes[-1],).

        Raises
        ------
        ValueError
            If `x` has another shape.
        """
        for k, (layer, activation) in enumerate(zip(self.layers, self.activations), start=1):
            with scope(f"layer {k}"):
                x = activation(layer(x))
        return x


def _draw(
    n_in: int, n_out: int, initialization: str, generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    if initialization == "he":
        return generator.normal(0.0, sqrt(2 / n_in), (n_out, n_in))
    if initialization == "glorot":
        limit = sqrt(6 / (n_in + n_out))
        return generator.uniform(-limit, limit, (n_out, n_in))
    raise ValueError(
        f"Linear: unknown initialization {initialization!r}; "
        f"expected {' or '.join(map(repr, get_args(Initialization)))}"
    )


def _size(owner: str, name: str, given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int | np.integer):
        raise TypeError(f"{owner}: {name} must be an int, got {type(given).__name__} {given!r}")
    if given < 1:
        raise ValueError(f"{owner}: {name} must be at least 1, got {given}")
    return int(given)


def _sizes(sizes: Any) -> list[int]:
    if not isinstance(sizes, Sequence) or isinstance(sizes, str):
        raise TypeError(f"MLP: sizes must be a list of ints, got {type(sizes).__name__} {sizes!r}")
    if len(sizes) < 2:
        raise ValueError(f"MLP: expected at least two sizes, input and output, got {list(sizes)}")
    return [_size("MLP", f"sizes[{k}]", size) for k, size in enumerate(sizes)]


def _activations(given: Any, n_layers: int) -> list[Activation]:
    if isinstance(given, str) or callable(given):
        return [_activation(given)] * (n_layers - 1) + [_identity]
    if not isinstance(given, Sequence):
        raise TypeError(
            f"MLP: activations must be a name, a callable or a list of them, got {given!r}"
        )
    if len(given) != n_layers:
        raise ValueError(
            f"MLP: expected {n_layers} activations, one for each layer, got {len(given)}"
        )
    return [_activation(activation) for activation in given]


def _activation(given: Any) -> Activation:
    if callable(given):
        activation: Activation = given
        return activation
    if not isinstance(given, str) or given not in ACTIVATIONS:
        raise ValueError(
            f"MLP: unknown activation {given!r}; expected a callable or one of "
            f"{', '.join(ACTIVATIONS)}"
        )
    return ACTIVATIONS[given]


def _float_type(dtype: npt.DTypeLike) -> np.dtype[Any]:
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"Linear: dtype must be float32 or float64, got {np.dtype(dtype)}")
    return np.dtype(dtype)
