"""Numbers and names as plain text, the same whatever NumPy's print options are."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import numpy.typing as npt

#: Arrays of up to so many numbers are written in full in a node.
IN_FULL = 4
#: Arrays of up to so many numbers are written in full in a tooltip, larger ones with their ends.
IN_TOOLTIP = 400
#: Longer names and indices are cut, and are given whole in the tooltip.
LONGEST = 40


def printable(text: str) -> str:
    r"""Return a text on one line, with everything that does not print written as an escape.

    So neither a line break, nor a mark that turns the direction of writing, nor half of a
    surrogate pair gets into a diagram.

    Examples
    --------
    >>> printable("first\nsecond")
    'first\\nsecond'
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def clip(text: str, longest: int = LONGEST) -> str:
    """Cut off what is too long."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shorten(text: str, longest: int) -> str:
    """Leave the middle out of what is too long.

    Examples
    --------
    >>> shorten("tanh(w_1 @ x + b_1)", 12)
    'tanh(w…+ b_1)'
    """
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half].rstrip()}…{text[-half:].lstrip()}"


def break_lines(text: str, width: int) -> list[str]:
    """Break a text at its spaces into lines; nothing of it is left out.

    Examples
    --------
    >>> break_lines("d_y * w + d_z * (1 - z ** 2)", 16)
    ['d_y * w + d_z *', '(1 - z ** 2)']
    """
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def count_of(count: int, what: str, several: str = "") -> str:
    """Write how many there are: ``1 node``, ``2 nodes``; `several` where no s makes the plural."""
    return f"{count} {what if count == 1 else several or what + 's'}"


def number(number: Any, digits: int = 4) -> str:
    """Write one number.

    Examples
    --------
    >>> number(0.43794921), number(2.0), number(float("nan")), number(True), number(1 - 0.5j)
    ('0.4379', '2', 'NaN', 'True', '1-0.5j')
    """
    if isinstance(number, bool | np.bool_):
        return str(bool(number))
    if isinstance(number, int | np.integer):
        return str(int(number))
    unit = ""
    if isinstance(number, complex | np.complexfloating):
        if number.real:
            return f"{complex(number):.{digits}g}"
        number, unit = number.imag, "j"
    text = f"{float(number) + 0.0:.{digits}g}{unit}"  # + 0.0 makes a negative zero a plain one
    return text.replace("nan", "NaN").replace("inf", "Inf")


def summary(data: Any) -> str:
    """Write an array on one line: very small ones in full, larger ones by their range and mean.

    Parameters
    ----------
    data : array_like
        Numbers of any shape.

    Returns
    -------
    str
        The number, the numbers, or ``min .. max, mean`` of the finite ones and the count of the
        others; of complex numbers that of their sizes.

    Examples
    --------
    >>> import numpy as np
    >>> summary(np.array([[1.0], [0.5]]))
    '[[1] [0.5]]'
    >>> summary(np.arange(42.0))
    '0 .. 41, mean 20.5'
    >>> summary(np.array([0.0, 1.0, 2.0, 3.0, np.nan]))
    '0 .. 3, mean 1.5, 1 of 5 NaN'
    """
    array = np.asarray(data)
    if array.dtype.kind not in "fiubc":
        return clip(printable(" ".join(str(array).split())))
    if array.size <= IN_FULL:
        return _nest(array)
    if array.dtype.kind == "b":
        return f"{np.count_nonzero(array)} of {array.size} True"
    if array.dtype.kind == "c":
        return f"sizes {summary(np.abs(array))}"
    return ", ".join([*_range(array), *_not_finite(array)])


def _nest(array: npt.NDArray[Any]) -> str:
    if array.ndim == 0:
        return number(array[()])
    if array.size == 0:
        return "empty"
    return f"[{' '.join(_nest(part) for part in array)}]"


def _range(array: npt.NDArray[Any]) -> list[str]:
    finite = array[np.isfinite(array)]
    if finite.size == 0:
        return []
    low, high = finite.min(), finite.max()
    if low == high:
        return [f"all {number(low)}" if finite.size == array.size else number(low)]
    mean = np.sum(finite / float(finite.size), dtype=np.float64)  # of what may be near overflow
    return [f"{number(low)} .. {number(high)}", f"mean {number(mean)}"]


def _not_finite(array: npt.NDArray[Any]) -> list[str]:
    counts = {"NaN": np.count_nonzero(np.isnan(array)), "Inf": np.count_nonzero(np.isinf(array))}
    return [f"{count} of {array.size} {kind}" for kind, count in counts.items() if count]


def array_in_full(data: Any) -> str:
    """Write an array with all its numbers; one of more than `IN_TOOLTIP` with its ends."""
    array = np.asarray(data)
    if array.dtype.kind not in "fiubc":
        return printable(str(array))
    digits = 8 if array.dtype.itemsize <= 4 else 10
    if array.ndim == 0:
        return number(array[()], digits)
    return np.array2string(
        array,
        max_line_width=88,
        separator=", ",
        threshold=IN_TOOLTIP,
        edgeitems=3,
        legacy=False,
        formatter={"all": lambda each: number(each, digits)},
    )
