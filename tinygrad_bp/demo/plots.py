"""The notebook's plots, drawn from training histories with matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..net7652 import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PLOTS", "missing_matplotlib"]

#: The row of w_1, and the entry of b_1, that the notebook looks at.
ROW = 1


def missing_matplotlib() -> str | None:
    """Say what to install where matplotlib is missing."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        return f"plots need matplotlib ({error}): pip install 'tinygrad-bp[demo]'"
    return None


def _figure(rows: int, columns: int = 1) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4 * columns, 3.6 * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _weights(axes: Axes, history: Any, title: str, last: int | None = None) -> None:
    """Draw one line for each weight of the row."""
    lines = history[:last, ROW]
    axes.plot(lines, label=[f"w_1[{ROW}, {k}]" for k in range(lines.shape[1])], linewidth=1.2)
    axes.set(title=title, xlabel="epoch")
    axes.grid(alpha=0.3)


def _bias(axes: Axes, history: Any, title: str) -> None:
    axes.plot(history[:, ROW, 0], color="black", label=f"b_1[{ROW}]", linewidth=1.2)
    axes.set(title=title, xlabel="epoch")
    axes.grid(alpha=0.3)
    axes.legend()


def _values_and_gradients(history: History, optimizer: str) -> Figure:
    figure, axes = _figure(2, 2)
    _weights(axes[0, 0], history.values["w_1"], f"{optimizer}: w_1[{ROW}]")
    _weights(axes[0, 1], history.gradients["w_1"], f"{optimizer}: gradient of w_1[{ROW}]")
    _bias(axes[1, 0], history.values["b_1"], f"{optimizer}: b_1[{ROW}]")
    _bias(axes[1, 1], history.gradients["b_1"], f"{optimizer}: gradient of b_1[{ROW}]")
    axes[0, 1].legend(fontsize="small")
    return figure


def _beside_gd(histories: Mapping[str, History], optimizer: str, label: str) -> Figure:
    figure, axes = _figure(2, 2)
    for column, (name, title) in enumerate([("gd", "GD"), (optimizer, label)]):
        history = histories[name]
        _weights(axes[0, column], history.values["w_1"], f"{title}: w_1[{ROW}]")
        axes[1, column].semilogy(history.loss, color="black")
        axes[1, column].set(title=f"{title}: loss", xlabel="epoch")
        axes[1, column].grid(alpha=0.3)
        axes[1, column].sharey(axes[1, 0])
    axes[0, 1].legend(fontsize="small")
    axes[0, 1].sharey(axes[0, 0])
    return figure


def _first_epochs(history: History, optimizer: str, last: int = 200) -> Figure:
    figure, axes = _figure(1, 2)
    first = f"first {last} epochs"
    _weights(axes[0, 0], history.values["w_1"], f"{optimizer}, {first}: w_1[{ROW}]", last)
    _weights(axes[0, 1], history.gradients["w_1"], f"{optimizer}, {first}: gradient", last)
    axes[0, 1].legend(fontsize="small")
    return figure


def _adam_inside(history: History, last: int = 200) -> Figure:
    figure, axes = _figure(3)
    for row, (title, moment) in enumerate(
        [
            ("m, the mean of the gradient", history.m),
            ("v, the mean of its square", history.v),
            ("update", history.updates),
        ]
    ):
        _weights(axes[row, 0], moment["w_1"], f"Adam, w_1[{ROW}]: {title}", last)
    axes[0, 0].legend(fontsize="small")
    return figure


def _without_biases(with_: History, without: History) -> Figure:
    figure, axes = _figure(1, 2)
    _weights(axes[0, 0], with_.gradients["w_1"], f"GD: gradient of w_1[{ROW}]")
    _weights(axes[0, 1], without.gradients["w_1"], "GD, biases not trained: gradient")
    axes[0, 1].legend(fontsize="small")
    axes[0, 1].sharey(axes[0, 0])
    return figure


#: File name to what draws it from the histories: "gd", "momentum", "adam" and, trained without
#: biases, "gd, biases fixed".
PLOTS: dict[str, Callable[[Mapping[str, History]], Figure]] = {
    "gd-values-and-gradients.png": lambda h: _values_and_gradients(h["gd"], "GD"),
    "gd-without-biases.png": lambda h: _without_biases(h["gd"], h["gd, biases fixed"]),
    "adam-beside-gd.png": lambda h: _beside_gd(h, "adam", "Adam"),
    "adam-first-200-epochs.png": lambda h: _first_epochs(h["adam"], "Adam"),
    "adam-m-v-update.png": lambda h: _adam_inside(h["adam"]),
    "momentum-beside-gd.png": lambda h: _beside_gd(h, "momentum", "momentum"),
    "momentum-first-200-epochs.png": lambda h: _first_epochs(h["momentum"], "momentum"),
}
