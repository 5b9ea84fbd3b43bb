"""Layers and nets with parameters: `Module`, `Linear`, `MLP`. Rows are samples."""

from .layers import ACTIVATIONS, MLP, Linear
from .module import Module

__all__ = ["ACTIVATIONS", "MLP", "Linear", "Module"]
