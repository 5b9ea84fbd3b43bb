"""All idioms, by kind."""

from types import ModuleType

from . import (
    assigning,
    buffers,
    building,
    functions,
    loops,
    objects,
    products,
    scipy_functions,
    statistics,
)
from .idiom import Idiom

KINDS: tuple[ModuleType, ...] = (
    products,
    building,
    buffers,
    assigning,
    loops,
    objects,
    functions,
    statistics,
    scipy_functions,
)
IDIOMS: list[Idiom] = [idiom for kind in KINDS for idiom in kind.IDIOMS]
