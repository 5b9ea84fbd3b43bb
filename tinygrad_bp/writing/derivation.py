"""`derive`: the backward pass of a function, written out as source and as formulas."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..kernel import Value
from ..kernel.data import as_data
from ..trees import flatten
from .numpy_text import from_template
from .program import Program
from .source import write_source
from .tracing import Traced, trace

__all__ = ["Derivation", "derive"]


class Derivation:
    def __init__(self, traced: Traced, text: Mapping[str, str]) -> None:
        self._traced = traced
        self._source = write_source(traced, {k: from_template(v) for k, v in text.items()})

    @property
    def program(self) -> Program:
        return self._traced.program

    @cached_property
    def source(self) -> str:
        return self._source.text()


def derive(
    fun: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    text: Mapping[str, str] | None = None,
) -> Derivation:
    return Derivation(trace(fun, args, argnums), text or {})
