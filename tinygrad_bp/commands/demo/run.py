"""The steps of the demo, in the notebook's order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from ... import net7652
from ...checking import Comparison, compare
from ...drawing import draw
from ...exploring import explore
from ...kernel import Value
from ...net7652 import History
from ...net7652.training import OptimizerName
from ...waiting import shown_after_a_second
from .notebook_plots import PLOTS
from .summary import Results, entries_table, summary

if TYPE_CHECKING:
    from rich.console import Console

#: The notebook's number of epochs, and how many GD needs where biases are fixed.
EPOCHS = 2000
EPOCHS_GD_FIXED = 3000
OPTIMIZERS: tuple[OptimizerName, ...] = ("gd", "momentum", "adam")


def run(out: Path, console: Console) -> Results:
    """Run the demo and write its results.

    Parameters
    ----------
    out : pathlib.Path
        The folder to write to; made where it is missing. Files of earlier runs are replaced.
    console : rich.console.Console
        Where progress and the summary are shown.

    Returns
    -------
    Results

    Raises
    ------
    OSError
        If the folder cannot be made or written to. Found out before anything is computed.
    """
    (out / "plots").mkdir(parents=True, exist_ok=True)
    _prove_writable(out)
    console.print("[bold]1[/] building and drawing the graph")
    loss = draw_graph(out)
    console.print("[bold]2[/] comparing manual, automatic and numeric gradients")
    right, notebook, central = check()
    for name, comparison in (("gradients", right), ("gradients-notebook-order", notebook)):
        _write(out / f"{name}.txt", f"{comparison}\n\n{entries_table(comparison)}\n")
        _write(out / f"{name}.json", comparison.to_json())
    explore(loss, out / "explore.html", comparison=notebook, title="The 7-6-5-2 net")
    console.print("[bold]3[/] training with GD, momentum and Adam")
    histories, printed = train(console)
    console.print("[bold]4[/] drawing the plots")
    with shown_after_a_second("drawing"):
        for name, plot in PLOTS.items():
            plot(histories).savefig(out / "plots" / name, dpi=120)
    results = Results(right, notebook, central, histories, printed)
    _write(out / "summary.md", summary(results))
    return results


def draw_graph(out: Path) -> Value:
    """Draw the net's graph with its gradients, as SVG and PNG, and return its loss."""
    params = {name: Value(data, name=name) for name, data in _parameters().items()}
    x, t = (
        Value(data, name=name, requires_grad=False)
        for name, data in (("x", net7652.SAMPLE), ("t", net7652.TARGET))
    )
    loss: Value = net7652.loss(params, x, t)
    loss.backward()
    for suffix in ("svg", "png"):
        draw(loss, out / f"graph.{suffix}")
    return loss


def check() -> tuple[Comparison, Comparison, Comparison]:
    """Compare the manual gradients: the right order, the notebook's, and that as it checked it."""
    params = _parameters()
    wrong = net7652.manual_gradients(params, order="update-then-propagate")
    return (
        compare(net7652.loss, params, net7652.manual_gradients),
        compare(net7652.loss, params, wrong),
        compare(net7652.loss, params, wrong, numeric="central"),
    )


def train(console: Console) -> tuple[dict[str, History], dict[str, History]]:
    """Train with each optimiser: with and without biases, and in the notebook's order."""
    from rich.progress import Progress

    with Progress(console=console) as progress:

        def trained(name: OptimizerName, epochs: int, label: str = "", **options: Any) -> History:
            task = progress.add_task(f"{name}{label}", total=epochs)

            def show(done: int, total: int) -> None:
                progress.update(task, completed=done)

            return net7652.train(name, epochs, progress=show, **options)

        histories: dict[str, History] = {}
        printed: dict[str, History] = {}
        for name in OPTIMIZERS:
            histories[name] = trained(name, EPOCHS)
            fixed, epochs = ", biases fixed", EPOCHS_GD_FIXED if name == "gd" else EPOCHS
            histories[name + fixed] = trained(name, epochs, fixed, train_bias=False)
            printed[name] = trained(name, EPOCHS, ", notebook's order", gradients="notebook")
    return histories, printed


def _parameters() -> dict[str, npt.NDArray[Any]]:
    """Return the notebook's start, layer 3 first, as it is checked and shown."""
    start = net7652.initial_parameters()
    return {f"{kind}_{layer}": start[f"{kind}_{layer}"] for layer in (3, 2, 1) for kind in "wb"}


def _prove_writable(out: Path) -> None:
    probe = out / ".writable"
    probe.touch()
    probe.unlink()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
