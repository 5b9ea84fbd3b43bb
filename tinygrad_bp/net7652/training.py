"""Training the net on its sample, with a record of everything that the notebook plots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ..kernel import Value
from ..optim import GD, Adam, Momentum, Optimizer
from .by_hand import manual_gradients, propagate
from .model import forward, loss
from .parameters import (
    SAMPLE,
    SHAPES,
    TARGET,
    Output,
    check_choice,
    check_output,
    initial_parameters,
)
from .plots import Record, plot_history

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
Progress = Callable[[int, int], object]
OptimizerName = Literal["gd", "momentum", "adam"]
Gradients = Literal["automatic", "manual", "notebook"]

_OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"gd": GD, "momentum": Momentum, "adam": Adam}


@dataclass(frozen=True, eq=False, repr=False)
class History:
    """What happened in training.

    Index *k* of every record is the state **before** update *k* + 1: index 0 is where training
    starts, ``gradients[name][k]`` was computed at ``values[name][k]``, where the loss was
    ``loss[k]``, and ``values[name][k] + updates[name][k]`` is ``values[name][k + 1]``, up to
    rounding. What there is *after* the last update is `params` and `residual`.

    Attributes
    ----------
    optimizer : str
        The name of the optimiser.
    params : dict of numpy.ndarray
        The parameters after training.
    residual : numpy.ndarray
        Shape (2, 1): target - output after training.
    loss : numpy.ndarray
        Shape (epochs,).
    residuals : numpy.ndarray
        Shape (epochs, 2, 1): target - output.
    values, gradients : dict of numpy.ndarray
        For each parameter, shape (epochs, *its shape*). Biases that are not trained are here
        too: their values stand still, their gradients are what they would have followed.
    updates : dict of numpy.ndarray
        For each trained parameter what was added to it.
    m, v : dict of numpy.ndarray
        For each trained parameter the moments that the update was made of: both for Adam, `m`
        alone for momentum, empty dicts otherwise.
    """

    optimizer: str
    params: dict[str, Array]
    residual: Array
    loss: Array
    residuals: Array
    values: dict[str, Array]
    gradients: dict[str, Array]
    updates: dict[str, Array] = field(default_factory=dict)
    m: dict[str, Array] = field(default_factory=dict)
    v: dict[str, Array] = field(default_factory=dict)

    def epochs_until(self, threshold: float = 1e-4, *, lasting: bool = False) -> int | None:
        """Count the epochs until every ``|target - output|`` is below a threshold.

        Parameters
        ----------
        threshold : float, optional
            In the units of the output.
        lasting : bool, optional
            Whether it has to stay below until the end of training, and not only get there:
            momentum and Adam swing back.

        Returns
        -------
        int or None
            The number of updates after which it is so; 0 if it is so from the start, None if it
            never is.
        """
        errors = np.abs([*self.residuals, self.residual]).max(axis=(1, 2))
        below = errors < threshold
        if lasting:
            below = np.logical_and.accumulate(below[::-1])[::-1]
        return int(below.argmax()) if below.any() else None

    def plot(
        self,
        records: Sequence[Record] = ("values", "gradients"),
        *,
        parameters: Sequence[str] = ("w_1", "b_1"),
        row: int = 1,
        epochs: int | None = None,
    ) -> Figure:
        """Draw what happened, as the notebook does: a panel for each record.

        Parameters
        ----------
        records : sequence of str, optional
            What to draw: ``"loss"``, ``"residuals"`` (target - output), and for each parameter
            ``"values"``, ``"gradients"``, ``"updates"`` and the moments ``"m"`` and ``"v"``.
        parameters : sequence of str, optional
            Of which parameters.
        row : int, optional
            Which row of them, one line for each entry.
        epochs : int, optional
            How many epochs to draw, from the first one; all by default.

        Returns
        -------
        matplotlib.figure.Figure
            It shows itself in a notebook; ``.savefig(path)`` writes it.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            If there is no such record or parameter, or the optimiser keeps no such moment.
        IndexError
            If a parameter has no such row.

        Examples
        --------
        >>> import tinygrad_bp as bp
        >>> history = bp.net7652.train("adam", epochs=50)
        >>> figure = history.plot(["m", "v", "updates"], parameters=["w_1"])
        >>> len(figure.axes)
        3
        """
        return plot_history(self, records, parameters, row, epochs)

    def __repr__(self) -> str:
        return (
            f"<History of {len(self.loss)} epochs of {self.optimizer}: "
            f"target - output = {self.residual.ravel()}>"
        )


def train(
    optimizer: OptimizerName = "gd",
    epochs: int = 2000,
    *,
    learning_rate: float = 0.1,
    gradients: Gradients = "automatic",
    train_bias: bool = True,
    output: Output = "sigmoid",
    progress: bool | Progress = False,
) -> History:
    """Train the net on its one sample, from `initial_parameters`.

    Parameters
    ----------
    optimizer : {"gd", "momentum", "adam"}, optional
        With the settings of `bp.optim`, which are the notebook's.
    epochs : int, optional
        How often to update, at least 1.
    learning_rate : float, optional
        The step size.
    gradients : {"automatic", "manual", "notebook"}, optional
        Where gradients come from: the engine; `manual_gradients`; or `manual_gradients` in the
        notebook's order, in which the optimiser updates each layer before the error is propagated
        through it. The third reproduces the notebook's numbers and is slightly wrong.
    train_bias : bool, optional
        Whether biases are updated as well as weights.
    output : {"sigmoid", "linear"}, optional
        What is applied at the output.
    progress : bool or callable, optional
        Whether a live bar is shown: in a terminal on standard error, in a notebook below the
        cell, for which ipywidgets is needed (the extra ``notebook``). Or
        ``progress(done, epochs)``, called after each epoch.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If there is no such optimiser, source of gradients or output, or a number is no positive
        one.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> history = bp.net7652.train("adam", epochs=200)
    >>> history.values["w_1"].shape
    (200, 6, 7)
    >>> history.epochs_until(1e-4)
    91
    """
    check_choice("optimizer", optimizer, _OPTIMIZERS)
    check_choice("source of gradients", gradients, _EPOCHS)
    check_output(output)
    if isinstance(epochs, bool) or not isinstance(epochs, int | np.integer):
        raise TypeError(f"train: epochs must be an int, got {type(epochs).__name__} {epochs!r}")
    if epochs < 1:
        raise ValueError(f"train: epochs must be at least 1, got {epochs}")

    values = {name: Value(start, name=name) for name, start in initial_parameters().items()}
    trained = [name for name in values if train_bias or name.startswith("w")]
    method = _OPTIMIZERS[optimizer]([values[name] for name in trained], learning_rate)
    params = {name: value.data for name, value in values.items()}  # updated in place
    run_epoch = _EPOCHS[gradients]

    record = _Recorder(epochs, method, trained)
    with _showing(progress, epochs) as show:
        for epoch in range(epochs):
            record.before(epoch, params, TARGET - forward(params, output=output))
            run_epoch(values, method, trained, output)
            record.after(epoch, values)
            show(epoch + 1, epochs)
    return History(optimizer, params, TARGET - forward(params, output=output), **record.arrays)


# --- where gradients come from: each leaves them in .grad, and takes the step ------------------


def _automatic(
    values: dict[str, Value], method: Optimizer, trained: list[str], output: Output
) -> None:
    for value in values.values():
        value.zero_grad()
    loss(values, output=output).backward()
    method.step()


def _manual(
    values: dict[str, Value], method: Optimizer, trained: list[str], output: Output
) -> None:
    params = {name: value.data for name, value in values.items()}
    for name, gradient in manual_gradients(params, output=output).items():
        values[name].grad = gradient
    method.step()


def _notebook(
    values: dict[str, Value], method: Optimizer, trained: list[str], output: Output
) -> None:
    def update(name: str, gradient: Array) -> Array:
        values[name].grad = gradient
        if name in trained:
            method.update(values[name])
        data: Array = values[name].data
        return data

    params = {name: value.data for name, value in values.items()}
    propagate(params, SAMPLE, TARGET, output=output, update=update)


_EPOCHS = {"automatic": _automatic, "manual": _manual, "notebook": _notebook}


# --- what is recorded and shown ----------------------------------------------------------------


class _Recorder:
    """The arrays of a `History`, while they are filled."""

    def __init__(self, epochs: int, method: Optimizer, trained: list[str]) -> None:
        def empty(names: Any) -> dict[str, Array]:
            return {name: np.empty((epochs, *SHAPES[name])) for name in names}

        self.method, self.trained = method, trained
        self.arrays: dict[str, Any] = {
            "loss": np.empty(epochs),
            "residuals": np.empty((epochs, *TARGET.shape)),
            "values": empty(SHAPES),
            "gradients": empty(SHAPES),
            "updates": empty(trained),
        }
        self.moments = [name for name in ("m", "v") if hasattr(method, name)]
        self.arrays |= {name: empty(trained) for name in self.moments}

    def before(self, epoch: int, params: Mapping[str, Array], residual: Array) -> None:
        """Record where an epoch starts."""
        self.arrays["residuals"][epoch] = residual
        self.arrays["loss"][epoch] = np.sum(residual**2) / 2
        for name, data in params.items():
            self.arrays["values"][name][epoch] = data

    def after(self, epoch: int, values: Mapping[str, Value]) -> None:
        """Record the gradients of an epoch, and what the optimiser made of them."""
        for name, value in values.items():
            self.arrays["gradients"][name][epoch] = value.grad
        for kind in ("updates", *self.moments):
            arrays = self.method.steps if kind == "updates" else getattr(self.method, kind)
            for name, array in zip(self.trained, arrays):
                self.arrays[kind][name][epoch] = array


@contextmanager
def _showing(progress: bool | Progress, epochs: int) -> Iterator[Progress]:
    """Give the function to call after each epoch, with a bar around it where one is wanted."""
    if callable(progress):
        yield progress
    elif progress:
        from rich.console import Console
        from rich.progress import Progress as Bar

        with Bar(console=Console(stderr=True)) as bar:
            task = bar.add_task("training", total=epochs)
            yield lambda done, epochs: bar.update(task, completed=done)
    else:
        yield lambda done, epochs: None
