"""The table: one row for each program or figure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["HEADER", "OURS", "Row", "table", "time_rows"]

OURS = "tinygrad_bp"
HEADER = (
    "The least of interleaved repetitions. The ratio is tinygrad_bp's time over that of the row's "
    "program. A target is for the ratio, where there is none for the figure."
)
COLUMNS = ("benchmark", "program", "figure", "ours / theirs", "target", "met")


@dataclass(frozen=True)
class Row:
    """A figure, and the ratio or the figure itself beside its target."""

    benchmark: str
    program: str
    figure: str
    ratio: float | None = None
    target: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        met = "" if self.met is None else "yes" if self.met else "NO"
        return self.benchmark, self.program, self.figure, ratio, self.target, met


def time_rows(
    benchmark: str, seconds: Mapping[str, float | None], targets: Mapping[str, float]
) -> list[Row]:
    """Compare our time with each peer's; a time of None is a peer that is not installed."""
    ours = seconds[OURS]
    if ours is None:
        return [Row(benchmark, OURS, "not there yet")]
    return [
        Row(benchmark, program, _time(theirs))
        if theirs is None or program == OURS
        else _compared(benchmark, program, ours, theirs, targets.get(program))
        for program, theirs in seconds.items()
    ]


def _compared(benchmark: str, program: str, ours: float, theirs: float, limit: float | None) -> Row:
    ratio = ours / theirs
    if limit is None:
        return Row(benchmark, program, _time(theirs), ratio)
    return Row(benchmark, program, _time(theirs), ratio, f"≤ {limit:.2f}", ratio <= limit)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "not installed"
    scale, unit = (1, "s") if seconds >= 1 else (1e3, "ms") if seconds >= 1e-3 else (1e6, "µs")
    return f"{seconds * scale:.3g} {unit}"


def table(rows: Iterable[Row]) -> str:
    """Lay the rows out as Markdown that can also be read as it is."""
    cells = [COLUMNS, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(cells[0], widths), _line(["-" * width for width in widths], widths)]
    return "\n".join([*lines, *(_line(line, widths) for line in cells[1:])])


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
