"""From DOT to pictures, without a system Graphviz.

The renderer is the one that the package graphviz-pure installs: a program of its own that needs
nothing else on the machine and writes the same bytes everywhere. A system ``dot`` is used only
for what that cannot do, such as PDF, and where it is missing. Without it PDF is made of SVG.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ..waiting import shown_after_a_second
from .pdf import MissingConverterError, pdf_from_svg

#: What the embedded renderer writes.
EMBEDDED_FORMATS = frozenset({"svg", "png", "jpg", "jpeg", "json", "plain", "xdot", "canon"})
_RESOLUTION = dict.fromkeys(("png", "jpg", "jpeg"), ("-Gdpi=144",))  # sharp on today's screens
#: Seconds that a renderer is given.
TIME_LIMIT = 60.0


class RenderError(RuntimeError):
    """No renderer is there, or the one that is there failed or took too long."""


def render(
    source: str, format: str, *, engine: str = "dot", time_limit: float = TIME_LIMIT
) -> bytes:
    """Lay out and draw a graph given in DOT.

    Parameters
    ----------
    source : str
        The graph in the DOT language.
    format : str
        What to write, such as ``"svg"``, ``"png"`` or ``"pdf"``.
    engine : str, optional
        The layout engine of Graphviz.
    time_limit : float, optional
        Seconds after which the renderer is stopped.

    Returns
    -------
    bytes
        The contents of the file.

    Raises
    ------
    RenderError
        If no renderer for the format is installed, it fails, or it takes too long.
    """
    if format == "pdf" and shutil.which("dot") is None:
        return _pdf(render(source, "svg", engine=engine, time_limit=time_limit))
    program = _program(format)
    try:
        with shown_after_a_second(f"drawing {format}"):
            done = subprocess.run(
                [program, f"-K{engine}", f"-T{format}", *_RESOLUTION.get(format, ())],
                input=source.encode(),
                capture_output=True,
                timeout=time_limit,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise RenderError(
            f"{Path(program).name} was stopped after {time_limit:g} s while drawing {format}; "
            "draw a smaller graph, pass a larger time_limit=, or write a .dot file"
        ) from error
    except OSError as error:
        raise RenderError(f"{program} could not be started: {error}") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip() or "nothing on stderr"
        raise RenderError(
            f"{Path(program).name} could not draw {format} (exit status {done.returncode}): {said}"
        )
    return done.stdout


def _program(format: str) -> str:
    """Choose the renderer of a format."""
    embedded = _find_graphviz_pure() if format in EMBEDDED_FORMATS else None
    program = embedded or shutil.which("dot")
    if program:
        return program
    if format in EMBEDDED_FORMATS:
        raise RenderError(
            f"no renderer for {format} is installed: run `pip install graphviz-pure`; if there is "
            "none for the platform, install Graphviz (Debian: apt-get install graphviz; "
            "https://graphviz.org/download); .dot, .mmd and .txt need none"
        )
    raise RenderError(
        f"{format} needs the program `dot` of Graphviz, which is not on the PATH: install it from "
        "https://graphviz.org/download, or write .svg"
    )


def _pdf(svg: bytes) -> bytes:
    """Convert a picture without a system Graphviz."""
    try:
        return pdf_from_svg(svg)
    except MissingConverterError as error:
        raise RenderError(
            "pdf needs `pip install 'tinygrad-bp[pdf]'`, or the program `dot` of Graphviz "
            "(https://graphviz.org/download), and neither is there; or write .svg, which browsers "
            f"print to PDF ({error})"
        ) from error


@cache
def _find_graphviz_pure() -> str | None:
    """Find the program that graphviz-pure installed, wherever that is; the PATH may be empty."""
    try:
        files = distribution("graphviz-pure").files or []
    except PackageNotFoundError:
        return None
    for file in files:
        if file.name in ("graphviz-pure", "graphviz-pure.exe"):
            program = Path(str(file.locate())).resolve()
            if program.is_file():
                return str(program)
    return None
