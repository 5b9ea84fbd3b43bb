"""Exploring what stands in a user's Python file: the work of ``tinygrad-bp explore``."""

from __future__ import annotations

from pathlib import Path

from ..drawing import RenderError
from ..exploring.document import Page
from ..exploring.explore import explore
from .draw_file import Script
from .files import ScriptError


def explored(file: Path, output: Path, *, params: str, loss: str, manual: str) -> Page:
    """Make the page of ``loss(params)`` of a file.

    Parameters
    ----------
    file : Path
        A Python file. It is run as a module, so what stands under ``if __name__ ==
        "__main__"`` is not.
    output : Path
        The page to write.
    params, loss : str
        The names of the parameters and of the function in it.
    manual : str
        The name of gradients derived by hand, or of a function that gives them. Where the file
        has none, none are compared.

    Returns
    -------
    Page

    Raises
    ------
    ScriptError
        If that is not possible, with the line of the file to blame where there is one.
    """
    script = Script.run(file, params, loss)
    by_hand = script.namespace.get(manual)
    comparison = None if by_hand is None else script.compare(by_hand)
    title = f"{loss} of {file.name}"
    try:
        return explore(script.result, output, comparison=comparison, title=title)
    except (OSError, RenderError, TypeError, ValueError) as error:
        raise ScriptError(str(error)) from error
