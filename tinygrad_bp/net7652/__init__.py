"""The notebook's net: 7 inputs, 6 hidden units, 5 hidden units, 2 outputs.

As a function that runs on arrays and on Values (`forward`, `loss`), with its backward pass
derived by hand (`manual_gradients`), trained as in the notebook (`train`), and its training seen
(`History.plot`, `plot_histories`). Samples and targets are columns.
"""

from .by_hand import manual_gradients
from .model import forward, loss
from .parameters import SAMPLE, TARGET, initial_parameters
from .plots import plot_histories
from .training import History, train

__all__ = [
    "SAMPLE",
    "TARGET",
    "History",
    "forward",
    "initial_parameters",
    "loss",
    "manual_gradients",
    "plot_histories",
    "train",
]
