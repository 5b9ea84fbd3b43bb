"""Formulas: the chain rule along the paths of a graph, and its vector form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .lines import Lines, entries_of
from .names import Names
from .tracing import Traced

class Formulas:
    def __init__(self, traced: Traced) -> None:
        self.traced = traced
