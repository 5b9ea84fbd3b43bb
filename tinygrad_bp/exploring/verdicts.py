"""A comparison as a page shows it: beside the steps at which its gradients are complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

import numpy as np

from ..checking import Comparison, Entry
from ..kernel import Value
from ..trees import flatten
from ..viewing.graph import Graph, Role
from ..viewing.plain_text import printable
from .shown_arrays import Arrays

#: So many entries of a parameter are listed, wrong ones first.
MOST_ENTRIES = 12


def verdicts(
    comparison: Comparison,
    graph: Graph,
    steps: Sequence[Mapping[str, Any]],
    places: Mapping[Value, int],
    arrays: Arrays,
) -> dict[str, Any]:
    """Tell a comparison as plain data.

    Returns
    -------
    dict
        ``parameters``, each with its node, the step that completes its gradient, its entries and
        its verdict; ``stop``, the first wrong step or None; ``diagnosis``.

    Raises
    ------
    ValueError
        If none of its parameters is a leaf of the graph.
    """
    leaves = {
        (node.value.name, node.value.shape): places[node.value]
        for node in graph.nodes
        if node.role is Role.PARAMETER
    }
    completed = {
        part["to"]: k
        for k, step in enumerate(steps)
        for part in step.get("parts", ())
        if part["complete"]
    }
    parameters = [
        {**each, "node": node, "step": completed.get(node)}
        for each, row in zip(_parameters(comparison, arrays), comparison.rows, strict=True)
        if (node := leaves.get((row.name, row.shape))) is not None
    ]
    if not parameters:
        raise ValueError(
            "explore: none of the parameters that were compared is a leaf of this graph: expected "
            f"Values named {', '.join(repr(row.name) for row in comparison.rows)} of the same "
            f"shapes, found {', '.join(sorted(repr(name) for name, _ in leaves)) or 'none'}"
        )
    wrong = [p["step"] for p in parameters if p["wrong"] and p["step"] is not None]
    diagnosed = _step_to_blame(comparison, graph, steps, completed)
    return {
        "ok": comparison.ok,
        "summary": comparison.summary,
        "tolerance": comparison.tolerance,
        "method": comparison.numeric_method,
        "parameters": parameters,
        "missing": [row.name for row in comparison.rows if (row.name, row.shape) not in leaves],
        "diagnosis": [asdict(each) for each in comparison.diagnosis],
        "stop": diagnosed if diagnosed is not None else min(wrong, default=None),
    }


def _parameters(comparison: Comparison, arrays: Arrays) -> Iterator[dict[str, Any]]:
    sides = {
        side: [leaf for _, leaf in flatten(tree)]
        for side in ("manual", "automatic", "numeric")
        if (tree := getattr(comparison, side)) is not None
    }
    entries = iter(comparison.entries)
    for k, row in enumerate(comparison.rows):
        own = list(islice(entries, int(np.prod(row.shape))))
        yield {
            "name": printable(row.name),
            "sides": {side: arrays.add(leaves[k]) for side, leaves in sides.items()},
            "wrong": row.verdict != "correct",
            "verdict": f"{row.wrong_side} wrong" if row.wrong_side else row.verdict,
            "note": row.note,
            "entries": [_entry(each) for each in _telling(own)],
            "of": len(own),
        }


def _telling(entries: list[Entry]) -> list[Entry]:
    """Choose the entries that are listed: wrong ones first, else in their own order."""
    wrong = [each for each in entries if each.verdict == "wrong"]
    right = [each for each in entries if each.verdict != "wrong"]
    return [*wrong, *right][:MOST_ENTRIES]


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "index": list(entry.index),
        "manual": entry.manual,
        "automatic": entry.automatic,
        "numeric": entry.numeric,
        "error": entry.relative_error,
        "verdict": entry.verdict,
        "wrong": entry.verdict == "wrong",
    }


def _step_to_blame(
    comparison: Comparison,
    graph: Graph,
    steps: Sequence[Mapping[str, Any]],
    completed: Mapping[int, int],
) -> int | None:
    """Find the step at which the best diagnosis says that the mistake was made."""
    for diagnosis in comparison.diagnosis[:1]:
        named = [k for k, node in enumerate(graph.nodes) if node.value.name == diagnosis.node]
        if not named and diagnosis.position is not None and diagnosis.position < len(graph.nodes):
            named = [diagnosis.position]
        for place in named:
            for k, step in enumerate(steps):
                if step.get("node") == place and step.get("parts"):
                    return k
            if place in completed:
                return completed[place]
    return None
