"""The commonest edits, whether they fit or not: to begin with where two were made at one place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..edits import Edit, Slot
from ..facts import elementwise, product
from ..pools import Source, swap_last_axes
from . import regions
from .bench import Bench
from .naming import Instead, name_edit
from .terms import term, through_statistics


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield statistics taken as constants, derivatives left out, and matrices transposed."""
    structure = bench.structure
    for node, k in structure.cotangents.items():
        labels = structure.steps[k].metadata["labels"]
        for j, edge in enumerate(labels if len(labels) > 1 else ()):
            if through_statistics(structure, edge):
                yield term(structure, Slot(k, j), node, edge, 0.0)
    for region in structure.regions:
        function = regions.function_of(bench, region)
        if function.slope is not None and function.factors.sources:
            k = structure.cotangents[region.low]
            yield regions.edit_of(bench, region, k, function.factors.sources[0], 1.0)
    for k, edge in structure.lines.edges.items():
        step = structure.steps[k]
        values = [structure.values[o] for o in step.operands]
        if not product(step, values) or elementwise(step.op):
            continue
        for j, own in enumerate(step.operands):
            square = np.ndim(values[j]) == 2 and len(set(np.shape(values[j]))) == 1
            if square and not structure.flows[own]:
                source = Source(swap_last_axes(own, 2), np.asarray(values[j]).T, "T", own)
                yield name_edit(structure, Instead(Slot(k, j), edge, own, source, 1.0))
