"""What may be wrong with a backward pass beside its numbers: chance, memory, layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .precision import Array, Precision, size_of
from .pulling import Pullback

#: How upstream gradients lie in memory when they come from a slice, and from a sum.
_LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "a strided": lambda u: np.repeat(u[..., None], 2, axis=-1)[..., 0],
    "an expanded": lambda u: np.broadcast_to(u.ravel()[:1].reshape(()), u.shape),
}


class Probed(NamedTuple):
    """What probing a backward pass gave.

    Attributes
    ----------
    faults : list of str
        What is wrong.
    notes : list of str
        What was looked at, and is right or does not matter.
    """

    faults: list[str]
    notes: list[str]


def probe(pullback: Pullback, first: Any, precisions: Mapping[str, Precision]) -> Probed:
    """Call a backward pass again, and with upstream gradients that lie in memory otherwise.

    `first` is what it gave when it was called with `pullback.upstream`.
    """
    found = Probed([], [])
    reference, upstream = pullback.reference, pullback.upstream
    called = reference.name_gradients(first)
    again = reference.name_gradients(pullback(reference.params))
    sizes = {name: size_of(array) for name, array in called.items()}
    _judge_again(found, list(_differences(again, called, sizes, precisions)), called, again)
    for layout, lay_out in _LAYOUTS.items():
        laid = [None if u is None or not u.size else lay_out(u) for u in upstream]
        plain = [None if u is None else u.copy() for u in laid]
        wanted = reference.name_gradients(pullback.pull(plain, reference.params))
        try:
            given = reference.name_gradients(pullback.pull(laid, reference.params))
        except Exception as error:
            found.notes.append(
                f"manual takes no upstream gradient that is {layout} view: "
                f"{type(error).__name__}: {error}"
            )
            continue
        if different := list(_differences(given, wanted, sizes, precisions)):
            found.faults.append(
                f"manual gives other gradients for an upstream gradient that is {layout} view than "
                f"for a copy of it: {', '.join(different)}; it has to use the strides, or to make "
                "the array contiguous"
            )
    found.faults.extend(
        f"manual writes into {name}, which others may still need: compute with a copy"
        for name in pullback.overwritten
    )
    found.notes.extend(_say_what_was_looked_at(found))
    return found


def _judge_again(
    found: Probed,
    different: list[str],
    called: Mapping[str, Array],
    again: Mapping[str, Array],
) -> None:
    if different:
        found.faults.append(
            f"manual gives other gradients when it is called again: {', '.join(different)}; it "
            "adds to what is not set to zero, or draws random numbers"
        )
    elif any(not np.array_equal(called[n], again[n], equal_nan=True) for n in called):
        found.notes.append(
            "manual is not deterministic: two calls gave gradients that differ within the tolerance"
        )
    else:
        found.notes.append("two calls gave the same gradients, to the last bit")


def _differences(
    given: Mapping[str, Array],
    wanted: Mapping[str, Array],
    sizes: Mapping[str, float],
    precisions: Mapping[str, Precision],
) -> Iterator[str]:
    """Say which gradients differ by more than their precision allows, and how much."""
    for name, right in wanted.items():
        other = given.get(name)
        if other is None or other.shape != right.shape:
            yield name
            continue
        size = max(size_of(right), sizes[name])  # terms may cancel for a uniform upstream gradient
        with np.errstate(all="ignore"):
            off = np.abs(other - right)
        off = np.max(np.where((other == right) | np.isnan(other) & np.isnan(right), 0, off))
        if not off <= precisions[name].tolerance * size:
            yield f"{name} by {off / size if size else np.inf:.1g} of its largest entry"


def _say_what_was_looked_at(found: Probed) -> Iterator[str]:
    if not any("view" in text for text in (*found.faults, *found.notes)):
        yield "an upstream gradient that is a strided or an expanded view gives the same gradients"
    if not any("writes into" in text for text in found.faults):
        yield "manual leaves its inputs and the upstream gradient as they were"
