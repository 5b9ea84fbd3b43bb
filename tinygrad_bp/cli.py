"""The command line: ``tinygrad-bp``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["app", "main"]

#: Exit status where a command could not be run.
COULD_NOT_RUN = 2

Backward = Literal["beside", "combined"]
MethodName = Literal["auto", "complex", "adaptive", "five-point", "central"]
ThemeName = Literal["light", "dark", "print", "colour-blind"]

app = typer.Typer(
    name="tinygrad-bp",
    help="Build computational graphs, draw them, and check gradients.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from . import __version__

        typer.echo(f"tinygrad-bp {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it and exit.")
    ] = False,
) -> None:
    """Build computational graphs, draw them, and check gradients."""


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
    from .drawing import RenderError

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
    except RenderError as error:
        raise _cannot(str(error)) from None
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
    from .files import ScriptError
    from .writing.script import written

    try:
        text = written(file, params=params, loss=loss, latex=latex, output=output)
    except ScriptError as error:
        raise _cannot(str(error)) from None
    typer.echo(text, nl=False)


@app.command()
def draw(
    file: Annotated[Path, typer.Argument(help="A Python file with parameters and a function.")],
    out: Annotated[
        Path, typer.Option(help="Written by its suffix: .svg .png .pdf .dot .mmd .txt")
    ] = Path("graph.svg"),
    params: Annotated[str, typer.Option(help="What the parameters are called in it.")] = "params",
    loss: Annotated[str, typer.Option(help="What the function of them is called.")] = "loss",
    manual: Annotated[
        str | None, typer.Option(help="What the gradients derived by hand are called; compared.")
    ] = None,
    backward: Annotated[
        Backward | None, typer.Option(help="Draw the backward pass, too: where.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option(min=0, help="Draw scopes inside of so many others as one node.")
    ] = None,
    focus: Annotated[str | None, typer.Option(help="The name of the node of interest.")] = None,
    derivatives: Annotated[
        bool, typer.Option("--derivatives", help="Write local derivatives at the edges.")
    ] = False,
    gradients: Annotated[
        bool, typer.Option("--gradients", help="Colour nodes by the size of their gradients.")
    ] = False,
    theme: Annotated[ThemeName, typer.Option(help="The colours.")] = "light",
    force: Annotated[bool, typer.Option("--force", help="Draw all nodes, however many.")] = False,
) -> None:
    """Draw the graph of a function, with the gradients of its parameters."""
    from .drawing.script import drawn
    from .files import ScriptError

    try:
        text = drawn(
            file,
            out,
            params=params,
            loss=loss,
            manual=manual,
            backward=backward or False,
            depth=depth,
            focus=focus,
            derivatives=derivatives,
            colours="gradients" if gradients else "roles",
            theme=theme,
            force=force,
        )
    except ScriptError as error:
        raise _cannot(str(error)) from None
    typer.echo(text)


@app.command()
def explore(
    file: Annotated[Path, typer.Argument(help="A Python file with parameters and a function.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("explore.html"),
    params: Annotated[str, typer.Option(help="What the parameters are called in it.")] = "params",
    loss: Annotated[str, typer.Option(help="What the function of them is called.")] = "loss",
    manual: Annotated[
        str, typer.Option(help="What gradients derived by hand are called, if it has some.")
    ] = "manual_gradients",
) -> None:
    """Make a page that steps through the forward and the backward pass."""
    from .exploring.script import explored
    from .files import ScriptError

    try:
        page = explored(file, out, params=params, loss=loss, manual=manual)
    except ScriptError as error:
        raise _cannot(str(error)) from None
    typer.echo(f"Written to {page.path}; open it in a browser.")


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
    numeric: Annotated[MethodName, typer.Option(help="The method of the numeric side.")] = "auto",
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
        numeric=numeric,
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
