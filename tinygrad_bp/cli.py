"""The command line: ``tinygrad-bp``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app", "main"]

#: Exit status where a command could not be run.
COULD_NOT_RUN = 2


class NumericMethod(StrEnum):
    """The methods of the numeric side, as `compare` has them."""

    auto = "auto"
    complex = "complex"
    adaptive = "adaptive"
    five_point = "five-point"
    central = "central"


app = typer.Typer(
    name="tinygrad-bp",
    help="Build computational graphs, draw them, and check gradients.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options() -> None:
    """Keep `demo` a command of its own while it is the only one."""


@app.command()
def demo(
    out: Annotated[
        Path, typer.Option(help="Folder for the results; made where it is missing.")
    ] = Path("tinygrad-bp-demo"),
) -> None:
    """Build, draw, check and train the notebook's 7-6-5-2 net, end to end."""
    from rich.console import Console
    from rich.markdown import Markdown

    from .demo import run
    from .demo.plots import missing_matplotlib

    problem = missing_matplotlib()
    if problem is not None:
        raise _cannot(problem)
    console = Console()
    try:
        run(out, console)
    except OSError as error:
        raise _cannot(
            f"cannot write to {out}: {error.strerror or error}; choose another folder with --out"
        ) from None
    console.print(Markdown((out / "summary.md").read_text(encoding="utf-8")))
    console.print(f"\nAll of it is in [bold]{out}[/]; start with summary.md and graph.svg.")


@app.command()
def derive(
    file: Annotated[Path, typer.Argument(help="A Python file with parameters and a function.")],
    params: Annotated[str, typer.Option(help="What the parameters are called in it.")] = "params",
    loss: Annotated[str, typer.Option(help="What the function of them is called.")] = "loss",
    latex: Annotated[bool, typer.Option("--latex", help="Print formulas, not source.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write a .py (or .tex) file instead of printing.")
    ] = None,
) -> None:
    """Write out the backward pass of a function: NumPy source, or formulas."""
    from .writing.script import ScriptError, written

    try:
        text = written(file, params=params, loss=loss, latex=latex, output=output)
    except ScriptError as error:
        raise _cannot(str(error)) from None
    typer.echo(text, nl=False)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A Python file with gradients derived by hand.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    reference: Annotated[
        Path | None, typer.Option(help="Take parameters and loss from this file instead.")
    ] = None,
    params: Annotated[str, typer.Option(help="What the parameters are called in it.")] = "params",
    loss: Annotated[str, typer.Option(help="What the function of them is called.")] = "loss",
    manual: Annotated[
        str, typer.Option(help="What the gradients, or a function of them, are called.")
    ] = "manual_gradients",
    numeric: Annotated[
        NumericMethod, typer.Option(help="The method of the numeric side.")
    ] = NumericMethod.auto,
    tolerance: Annotated[
        float, typer.Option(min=0, help="The largest relative difference that is correct.")
    ] = 1e-7,
    time_limit: Annotated[
        float, typer.Option(min=0.1, help="How many seconds the file may take.")
    ] = 60,
    memory_limit: Annotated[
        int, typer.Option(min=256, help="How many MiB of address space it may have (Linux).")
    ] = 4096,
) -> None:
    """Check gradients derived by hand: exit 0 if they are correct, 1 if wrong, 2 if it cannot."""
    from .checking.submission import check_file

    checked = check_file(
        file,
        reference=reference,
        params=params,
        loss=loss,
        manual=manual,
        numeric=numeric.value,
        tolerance=tolerance,
        time_limit=time_limit,
        memory_limit=memory_limit,
    )
    if as_json:
        typer.echo(checked.to_json(file))
    elif checked.status == "error":
        typer.echo(f"tinygrad-bp: {_printable(checked.text)}", err=True)
    else:
        typer.echo(_printable(checked.text))
    if checked.output and not as_json:
        more = "\n(and more)" if checked.output_cut else ""
        typer.echo(f"--- printed by {file} ---", err=True)
        typer.echo(_printable(checked.output.rstrip()) + more, err=True)
    raise typer.Exit({"correct": 0, "wrong": 1}.get(checked.status, COULD_NOT_RUN))


def _printable(text: str) -> str:
    """Replace what would steer the terminal."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def _cannot(problem: str) -> typer.Exit:
    typer.echo(f"tinygrad-bp: {problem}", err=True)
    return typer.Exit(COULD_NOT_RUN)


def main() -> None:
    """Run the command line."""
    app()
