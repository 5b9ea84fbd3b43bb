"""The command line: ``tinygrad-bp``."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from .process import Outcome

#: Exit status where gradients are wrong, and where a command could not be run.
WRONG, COULD_NOT_RUN = 1, 2

app = typer.Typer(
    name="tinygrad-bp",
    help="See backpropagation in your own code, and check your own gradients.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

# --- what several commands take ------------------------------------------------------------------

File = Annotated[
    Path, typer.Argument(help="A Python file or notebook with parameters and a function of them.")
]
Params = Annotated[str, typer.Option(help="The name of the parameters in the file.")]
Loss = Annotated[str, typer.Option(help="The name of the function of them.")]
TimeLimit = Annotated[float, typer.Option(min=0.1, help="Seconds that the file may take.")]
MemoryLimit = Annotated[
    int, typer.Option(min=256, help="MiB of address space that the file may use (Linux).")
]
_OUT = ("--out", "--output")

Backward = Literal["beside", "combined"]
MethodName = Literal["auto", "complex", "adaptive", "five-point", "central"]
ThemeName = Literal["light", "dark", "print", "colour-blind"]


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"tinygrad-bp {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """See backpropagation in your own code, and check your own gradients."""


@app.command()
def demo(
    out: Annotated[
        Path, typer.Option(*_OUT, help="Folder for the results; made if it is missing.")
    ] = Path("tinygrad-bp-demo"),
) -> None:
    """Build, draw, check and train the notebook's 7-6-5-2 net, end to end."""
    from rich.console import Console

    from ..drawing import RenderError
    from .colours import colour_summary
    from .demo import run
    from .demo.notebook_plots import missing_matplotlib

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
    console.print(colour_summary(console, (out / "summary.md").read_text(encoding="utf-8")))
    console.print(f"\nAll of it is in [bold]{out}[/]; start with summary.md and graph.svg.")


@app.command()
def derive(
    file: File,
    params: Params = "params",
    loss: Loss = "loss",
    latex: Annotated[bool, typer.Option("--latex", help="Print formulas, not source.")] = False,
    out: Annotated[
        Path | None, typer.Option(*_OUT, help="Write a .py (or .tex) file instead of printing.")
    ] = None,
    time_limit: TimeLimit = 60,
    memory_limit: MemoryLimit = 4096,
) -> None:
    """Write out the backward pass of a function, as NumPy source or as formulas."""
    limits = {"time_limit": time_limit, "memory_limit": memory_limit}
    _run("derive", file, out=out, params=params, loss=loss, latex=latex, **limits)


@app.command()
def draw(
    file: File,
    out: Annotated[
        Path, typer.Option(*_OUT, help="The file to write: .svg .png .pdf .dot .mmd .txt")
    ] = Path("graph.svg"),
    params: Params = "params",
    loss: Loss = "loss",
    manual: Annotated[
        str | None, typer.Option(help="The name of your own gradients, to compare them.")
    ] = None,
    backward: Annotated[
        Backward | None,
        typer.Option(help="Draw the backward pass, too: beside the graph, or combined with it."),
    ] = None,
    depth: Annotated[
        int | None, typer.Option(min=0, help="Draw scopes below this depth as one node each.")
    ] = None,
    focus: Annotated[
        str | None, typer.Option(help="Draw only this node, with what leads to it and from it.")
    ] = None,
    loops: Annotated[
        bool, typer.Option("--loops", help="Draw one pass of a loop for all of its passes.")
    ] = False,
    derivatives: Annotated[
        bool, typer.Option("--derivatives", help="Write local derivatives at the edges.")
    ] = False,
    gradients: Annotated[
        bool, typer.Option("--gradients", help="Colour nodes by the size of their gradients.")
    ] = False,
    heat_maps: Annotated[
        bool, typer.Option("--heat-maps", help="Show arrays as small maps of colours.")
    ] = False,
    theme: Annotated[ThemeName, typer.Option(help="The colours.")] = "light",
    force: Annotated[bool, typer.Option("--force", help="Draw all nodes, however many.")] = False,
    time_limit: TimeLimit = 60,
    memory_limit: MemoryLimit = 4096,
) -> None:
    """Draw the graph of a function, with the gradients of its parameters."""
    _run(
        "draw",
        file,
        out=out,
        params=params,
        loss=loss,
        manual=manual,
        backward=backward or False,
        depth=depth,
        fold="loops" if loops else None,
        focus=focus,
        derivatives=derivatives,
        colours="gradients" if gradients else "roles",
        heat_maps=heat_maps,
        theme=theme,
        force=force,
        time_limit=time_limit,
        memory_limit=memory_limit,
    )


@app.command()
def explore(
    file: File,
    out: Annotated[Path, typer.Option(*_OUT, help="The page to write.")] = Path("explore.html"),
    params: Params = "params",
    loss: Loss = "loss",
    manual: Annotated[
        str, typer.Option(help="The name of your own gradients, if there are any.")
    ] = "manual_gradients",
    exercises: Annotated[
        int, typer.Option(min=0, help="How many wrong lines there are to be found on it.")
    ] = 0,
    time_limit: TimeLimit = 60,
    memory_limit: MemoryLimit = 4096,
) -> None:
    """Make a page that steps through the forward and the backward pass."""
    limits = {"time_limit": time_limit, "memory_limit": memory_limit}
    options = {"params": params, "loss": loss, "manual": manual, "exercises": exercises}
    _run("explore", file, out=out, **options, **limits)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A Python file, a notebook, or a folder of them.")],
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON: an object for each file, on a line of its own."),
    ] = False,
    reference: Annotated[
        Path | None, typer.Option(help="Take parameters and loss from this file.")
    ] = None,
    params: Params = "params",
    loss: Loss = "loss",
    manual: Annotated[
        str, typer.Option(help="The name of the gradients, or of the function that returns them.")
    ] = "manual_gradients",
    numeric: Annotated[MethodName, typer.Option(help="The method of the numeric side.")] = "auto",
    tolerance: Annotated[
        float, typer.Option(min=0, help="The largest relative difference that counts as correct.")
    ] = 1e-7,
    blind_spots: Annotated[
        bool,
        typer.Option(
            "--blind-spots", help="List the mistakes that would not show at these parameters."
        ),
    ] = False,
    fail_on_blind_spots: Annotated[
        bool,
        typer.Option("--fail-on-blind-spots", help="The same, and exit with 1 if there are some."),
    ] = False,
    pattern: Annotated[
        str | None, typer.Option(help="Which files of a folder, such as '*/backward.py'.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, help="How many files of a folder run at a time.", show_default="all processors"
        ),
    ] = None,
    time_limit: TimeLimit = 60,
    memory_limit: MemoryLimit = 4096,
) -> None:
    """Check gradients derived by hand.

    Exit status: 0 if they are correct, 1 if they are wrong, 2 if there is no verdict.

    Of a folder it checks every file, and the highest status counts.
    """
    options: dict[str, Any] = {
        "reference": reference,
        "params": params,
        "loss": loss,
        "manual": manual,
        "numeric": numeric,
        "tolerance": tolerance,
        "blind_spots": blind_spots or fail_on_blind_spots,
        "time_limit": time_limit,
        "memory_limit": memory_limit,
    }
    if file.is_dir():
        outcomes = _check_folder(file, pattern, jobs, as_json, options)
        _end(max(_status(outcome, fail_on_blind_spots) for outcome in outcomes))
    outcome = _wait_for("check", file, **options)
    if as_json:
        typer.echo(outcome.to_json(file))
    else:
        _show(file, outcome)
    _end(_status(outcome, fail_on_blind_spots))


@app.command()
def exercise(
    file: File,
    count: Annotated[int, typer.Option(min=1, help="How many exercises; each is different.")] = 10,
    out: Annotated[
        Path, typer.Option(*_OUT, help="Folder for the exercises; made if it is missing.")
    ] = Path("exercises"),
    params: Params = "params",
    loss: Loss = "loss",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there.")
    ] = False,
    time_limit: TimeLimit = 300,
    memory_limit: MemoryLimit = 4096,
) -> None:
    """Write exercises: backward passes with one wrong line each, and a sheet of answers."""
    limits = {"time_limit": time_limit, "memory_limit": memory_limit}
    options = {"count": count, "overwrite": overwrite, "params": params, "loss": loss}
    _run("exercise", file, out=out, **options, **limits)


def _check_folder(
    folder: Path, pattern: str | None, jobs: int | None, as_json: bool, options: dict[str, Any]
) -> list[Outcome]:
    """Check every file of a folder; print a line for each as soon as it can stand in its place."""
    from .check_folder import check_each, describe_line, find_files, summarise
    from .files import ScriptError, refuse_missing

    reference: Path | None = options["reference"]
    try:
        if reference is not None:
            refuse_missing(reference)
        files = find_files(folder, pattern, reference)
    except ScriptError as error:
        raise _cannot(str(error)) from None
    outcomes = []
    for path, outcome in zip(files, check_each(files, jobs, **options), strict=True):
        line = describe_line(str(path.relative_to(folder)), outcome)
        typer.echo(outcome.to_json(path) if as_json else _printable(line))
        sys.stdout.flush()
        outcomes.append(outcome)
    if not as_json:
        typer.echo(summarise(outcome.status for outcome in outcomes))
    return outcomes


def _status(outcome: Outcome, fail_on_blind_spots: bool) -> int:
    """Return the exit status for an outcome."""
    found = outcome.answer.get("blind_spots") or {}
    right = WRONG if fail_on_blind_spots and found.get("spots") else 0
    return {"correct": right, "wrong": WRONG}.get(outcome.status, COULD_NOT_RUN)


# --- running and showing -------------------------------------------------------------------------


def _run(command: str, file: Path, *, out: Path | None, **options: Any) -> None:
    is_source = command == "derive" and not options["latex"]
    _show(file, _wait_for(command, file, out=out, **options), is_source=is_source)
    if out is not None:
        typer.echo(f"Written to {out}.")


def _wait_for(command: str, file: Path, **options: Any) -> Outcome:
    """Run a command, and show on a terminal that it still runs."""
    from ..waiting import shown_after_a_second
    from .process import run_command

    with shown_after_a_second(f"{command} {_printable(file.name)}"):
        return run_command(command, file, **options)


def _show(file: Path, outcome: Outcome, *, is_source: bool = False) -> None:
    """Print what a command has to say, and apart from it what the file has printed."""
    if outcome.output:
        more = "\n(and more)" if outcome.output_cut else ""
        typer.echo(f"--- printed by {file} ---", err=True)
        typer.echo(_printable(outcome.output.rstrip()) + more, err=True)
    if outcome.status == "error":
        raise _cannot(outcome.text)
    text = _printable(outcome.text)
    if not _has_colours():
        typer.echo(text, nl=False)
        return
    from rich.console import Console

    from .colours import colour_report, colour_source

    coloured = colour_source(text) if is_source else colour_report(text)
    Console(highlight=False).print(coloured, end="", soft_wrap=True)


def _has_colours() -> bool:
    """Whether what is printed is seen on a terminal that has colours, https://no-color.org."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and bool(sys.stdout.isatty() or os.environ.get("FORCE_COLOR"))


def _printable(text: str) -> str:
    """Replace what would steer the terminal."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def _cannot(problem: str) -> typer.Exit:
    typer.echo(f"tinygrad-bp: {_printable(problem)}", err=True)
    return typer.Exit(COULD_NOT_RUN)


class _Status(SystemExit):
    """The exit status that a command has chosen; any other but 0 says that the tool failed."""


def _end(status: int) -> NoReturn:
    sys.stdout.flush()  # a verdict that nobody could read is none
    raise _Status(status)


def main() -> None:
    """Run the command line; whatever fails, the exit status is 2."""
    status: Any = COULD_NOT_RUN
    try:
        try:
            app()
        except _Status as verdict:
            status = verdict.code
        except SystemExit as ended:
            status = COULD_NOT_RUN if ended.code else 0
        sys.stdout.flush()
    except OSError as error:
        status = COULD_NOT_RUN
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to fail
        print(f"tinygrad-bp: cannot print: {error.strerror or error}", file=sys.stderr)
    except Exception:
        traceback.print_exc()
    sys.exit(status)
