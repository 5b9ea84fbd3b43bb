"""The notebook's plots, drawn from training histories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...net7652 import History, plot_histories

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Histories = Mapping[str, History]


def missing_matplotlib() -> str | None:
    """Say what to install where matplotlib is missing."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        return f"plots need matplotlib ({error}): pip install 'tinygrad-bp[demo]'"
    return None


def _beside_gd(histories: Histories, optimizer: str) -> Figure:
    return plot_histories([histories["gd"], histories[optimizer]], ["loss", "values"])


def _first_epochs(history: History) -> Figure:
    return history.plot(["values", "gradients"], parameters=["w_1"], epochs=200)


def _without_biases(histories: Histories) -> Figure:
    beside = {"GD": histories["gd"], "GD, biases not trained": histories["gd, biases fixed"]}
    return plot_histories(beside, ["gradients"])


#: File name to what draws it from the histories: "gd", "momentum", "adam" and, trained without
#: biases, "gd, biases fixed".
PLOTS: dict[str, Callable[[Histories], Figure]] = {
    "losses.png": lambda h: plot_histories(
        [h["gd"], h["momentum"], h["adam"]], ["loss"], together=True
    ),
    "gd-values-and-gradients.png": lambda h: h["gd"].plot(),
    "gd-without-biases.png": _without_biases,
    "adam-beside-gd.png": lambda h: _beside_gd(h, "adam"),
    "adam-first-200-epochs.png": lambda h: _first_epochs(h["adam"]),
    "adam-m-v-update.png": lambda h: h["adam"].plot(
        ["m", "v", "updates"], parameters=["w_1"], epochs=200
    ),
    "momentum-beside-gd.png": lambda h: _beside_gd(h, "momentum"),
    "momentum-first-200-epochs.png": lambda h: _first_epochs(h["momentum"]),
}
