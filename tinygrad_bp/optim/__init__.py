"""Optimisers: `GD`, `Momentum`, `Adam`.

Each says in one method how far to go down; what they have in common is said once, in `Optimizer`.
"""

from .base import Optimizer
from .methods import GD, Adam, Momentum

__all__ = ["GD", "Adam", "Momentum", "Optimizer"]
