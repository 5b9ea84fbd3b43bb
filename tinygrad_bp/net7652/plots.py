"""Pictures of training: what a `History` holds, over the epochs, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from math import log10
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Record = Literal["loss", "residuals", "values", "gradients", "updates", "m", "v"]

#: What of a history can be drawn, and what it is called in a picture.
_TITLES: Mapping[str, str] = {
    "loss": "loss",
    "residuals": "target - output",
    "values": "{}",
    "gradients": "gradient of {}",
    "updates": "update of {}",
    "m": "m, the mean of the gradient of {}",
    "v": "v, the mean of the square of the gradient of {}",
}
_OF_THE_NET = ("loss", "residuals")
_OPTIMIZERS = {"gd": "GD", "momentum": "momentum", "adam": "Adam"}
#: Records that shrink by orders of magnitude, and may be negative.
_SHRINKING = ("gradients", "updates", "m", "v")
#: Of one panel, in inches.
_WIDTH, _HEIGHT = 6.4, 3.2
#: Between the names of two lines, as a part of the height of a panel.
_GAP = 0.075


class Trained(Protocol):
    """What can be drawn: it has records, as a `History` does."""

    @property
    def optimizer(self) -> str: ...  # noqa: D102

    @property
    def loss(self) -> Any: ...  # noqa: D102


class _Panel(NamedTuple):
    record: str
    parameter: str | None  # None for what there is one of, such as the loss


def plot_history(
    history: Trained,
    records: Sequence[Record],
    parameters: Sequence[str],
    row: int,
    epochs: int | None,
) -> Figure:
    """Draw one history, see `History.plot`."""
    panels = _panels([history], records, parameters, row)
    columns = 1 if len(panels) in (1, 3) else 2
    rows = -(-len(panels) // columns)
    figure, first = _figure(rows, columns), None
    for place, panel in enumerate(panels, 1):
        axes = figure.add_subplot(rows, columns, place, sharex=first)
        _draw(axes, history, panel, row, epochs, _OPTIMIZERS[history.optimizer])
        first = first or axes
    _name_lines(figure)
    return figure


def plot_histories(
    histories: Sequence[Trained] | Mapping[str, Trained],
    records: Sequence[Record] = ("loss", "values"),
    *,
    parameters: Sequence[str] = ("w_1",),
    row: int = 1,
    epochs: int | None = None,
    together: bool = False,
) -> Figure:
    """Lay training histories side by side: a column for each, with the same scale in a row.

    Losses are drawn on a logarithmic scale; gradients, updates and moments on one that is
    logarithmic on both sides of zero, since they shrink by orders of magnitude.

    Parameters
    ----------
    histories : sequence of History, or mapping of titles to them
        What `train` returned. Without titles a history is called after its optimiser.
    records : sequence of str, optional
        What to draw: ``"loss"``, ``"residuals"`` (target - output), and for each parameter
        ``"values"``, ``"gradients"``, ``"updates"`` and the moments ``"m"`` and ``"v"``.
    parameters : sequence of str, optional
        Of which parameters.
    row : int, optional
        Which row of them, one line for each entry.
    epochs : int, optional
        How many epochs to draw, from the first one; all by default.
    together : bool, optional
        Whether to lay the losses over each other in one panel; with ``records=["loss"]``.

    Returns
    -------
    matplotlib.figure.Figure
        It shows itself in a notebook; ``.savefig(path)`` writes it.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If there is no history, no such record or parameter, an optimiser keeps no such moment, or
        something else than the loss is to be drawn together.
    IndexError
        If a parameter has no such row.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> gd, adam = (bp.net7652.train(name, epochs=50) for name in ("gd", "adam"))
    >>> figure = bp.plot_histories([gd, adam], ["loss", "gradients"])
    >>> [axes.get_title() for axes in figure.axes]
    ['GD: loss', 'Adam: loss', 'GD: gradient of w_1[1]', 'Adam: gradient of w_1[1]']
    """
    if not isinstance(histories, Mapping):
        titles = [_OPTIMIZERS[history.optimizer] for history in histories]
        columns = list(zip(titles, histories, strict=True))
    else:
        columns = list(histories.items())
    panels = _panels([history for _, history in columns], records, parameters, row)
    if together:
        return _draw_losses(columns, records, epochs)
    figure = _figure(len(panels), len(columns))
    epochs_axes = None
    for line, panel in enumerate(panels):
        first = None
        for column, (title, history) in enumerate(columns, 1):
            place = line * len(columns) + column
            axes = figure.add_subplot(
                len(panels), len(columns), place, sharey=first, sharex=epochs_axes
            )
            _draw(axes, history, panel, row, epochs, title)
            first, epochs_axes = first or axes, epochs_axes or axes
    _name_lines(figure)
    return figure


def _draw_losses(
    columns: Sequence[tuple[str, Trained]], records: Sequence[str], epochs: int | None
) -> Figure:
    """Lay the losses of several histories over each other, each line with its name."""
    if list(records) != ["loss"]:
        raise ValueError(f"together draws the loss alone: expected records=['loss'], got {records}")
    figure = _figure(1, 1)
    axes = figure.add_subplot()
    for title, history in columns:
        axes.plot(history.loss[:epochs], label=title, linewidth=1.4)
    axes.set(title="loss", xlabel="epoch", yscale="log")
    axes.grid(alpha=0.3)
    _name_lines(figure)
    return figure


def _name_lines(figure: Figure) -> None:
    """Write the name of each line at its end, where several are in one panel.

    Names that would cover each other are moved apart, from the lowest on.
    """
    for axes in figure.axes:
        lines = axes.get_lines()
        if len(lines) < 2:
            continue
        scale = axes.yaxis.get_transform().transform
        low, high = scale(axes.get_ylim())
        heights = [(scale(line.get_ydata()) - low) / (high - low) for line in lines]
        ends = [float(height[-1]) for height in heights]
        # lines that end together are named in the order in which they begin
        order = sorted(range(len(lines)), key=lambda k: (round(ends[k], 2), heights[k][0]))
        places = _spread([ends[k] for k in order])
        for k, place in zip(order, places, strict=True):
            line = lines[k]
            last = np.asarray(line.get_xdata())[-1], np.asarray(line.get_ydata())[-1]
            axes.annotate(
                str(line.get_label()),
                xy=last,
                xytext=(1.04, place),
                textcoords="axes fraction",
                va="center",
                fontsize="small",
                color=line.get_color(),
                annotation_clip=False,
                arrowprops={
                    "arrowstyle": "-",
                    "color": line.get_color(),
                    "linewidth": 0.6,
                    "relpos": (0, 0.5),
                },
            )


def _spread(heights: Sequence[float]) -> list[float]:
    """Move sorted heights apart as little as is needed, and back into the panel.

    Examples
    --------
    >>> [round(each, 3) for each in _spread([0.5, 0.5, 0.98])]
    [0.463, 0.537, 0.98]
    """
    placed: list[list[float]] = []  # groups that touch each other, by what is in them
    for height in heights:
        placed.append([height])
        while len(placed) > 1 and _bottom(placed[-1]) < _bottom(placed[-2]) + _GAP * len(
            placed[-2]
        ):
            placed[-2:] = [placed[-2] + placed[-1]]
    return [_bottom(group) + _GAP * k for group in placed for k in range(len(group))]


def _bottom(group: Sequence[float]) -> float:
    """Return where the lowest of some names stands, the middle of which is that of their lines."""
    height = _GAP * (len(group) - 1)
    return max(0.0, min(1.0 - height, sum(group) / len(group) - height / 2))


def _panels(
    histories: Sequence[Trained],
    records: Sequence[str],
    parameters: Sequence[str],
    row: int,
) -> list[_Panel]:
    """Lay out what is to be drawn; say what cannot be, before anything is."""
    for what, given in (("records", records), ("parameters", parameters)):
        if isinstance(given, str):
            raise TypeError(f"{what} must be a sequence of names, such as [{given!r}], got a str")
    if not histories or not records:
        raise ValueError("nothing to draw: expected at least one history and one record")
    unknown = [record for record in records if record not in _TITLES]
    if unknown:
        raise ValueError(f"unknown record {unknown[0]!r}; known are {', '.join(_TITLES)}")
    panels = [_Panel(record, None) for record in records if record in _OF_THE_NET]
    panels += [
        _Panel(record, name)
        for name in parameters
        for record in records
        if record not in _OF_THE_NET
    ]
    for history in histories:
        for panel in panels:
            _check(history, panel, row)
    return panels


def _check(history: Trained, panel: _Panel, row: int) -> None:
    if panel.parameter is None:
        return
    known = getattr(history, panel.record)
    if not known:
        raise ValueError(f"{history.optimizer} keeps no {panel.record}")
    if panel.parameter not in known:
        raise ValueError(
            f"no {panel.record} of {panel.parameter!r} in this history; there are "
            f"{', '.join(known)}"
        )
    rows = known[panel.parameter].shape[1]
    if not -rows <= row < rows:
        raise IndexError(f"{panel.parameter} has {rows} rows, so there is no row {row}")


def _draw(
    axes: Axes, history: Trained, panel: _Panel, row: int, epochs: int | None, title: str
) -> None:
    lines, labels, name = _lines(history, panel, row)
    axes.plot(lines[:epochs], label=labels, linewidth=1.2)
    if panel.record == "loss":
        axes.set_yscale("log")
    largest = float(abs(lines[:epochs]).max())
    if panel.record in _SHRINKING and largest > 0:
        axes.set_yscale("symlog", linthresh=10.0 ** round(log10(largest) - 4))
    axes.set(title=f"{title}: {_TITLES[panel.record].format(name)}", xlabel="epoch")
    axes.grid(alpha=0.3)


def _lines(history: Trained, panel: _Panel, row: int) -> tuple[Any, list[str], str]:
    """Return one line for each entry over the epochs, their labels, and what they are part of."""
    record = getattr(history, panel.record)
    if panel.record == "loss":
        return record[:, None], ["loss"], ""
    if panel.record == "residuals":
        return record[:, :, 0], [f"output {k}" for k in range(record.shape[1])], ""
    lines, name = record[panel.parameter][:, row], f"{panel.parameter}[{row}]"
    if lines.shape[1] == 1:  # a bias: one entry in a row
        return lines, [name], name
    return lines, [f"{name[:-1]}, {k}]" for k in range(lines.shape[1])], name


def _figure(rows: int, columns: int) -> Figure:
    """Make a figure that belongs to no window, and shows itself in a notebook."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            f"plots need matplotlib ({error}): pip install 'tinygrad-bp[plot]'"
        ) from error

    class Picture(Figure):
        def _repr_png_(self) -> bytes:
            file = BytesIO()
            self.savefig(file, format="png")
            return file.getvalue()

    return Picture(figsize=(_WIDTH * columns, _HEIGHT * rows), layout="constrained")
