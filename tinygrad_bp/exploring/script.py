"""Exploring what stands in a user's Python file: the work of ``tinygrad-bp explore``."""

from __future__ import annotations

from pathlib import Path

from ..checking import compare
from ..drawing import RenderError
from ..files import ScriptError, blamed, look_up, look_up_parameters, run_file
from ..kernel import Value
from ..trees import flatten, rebuild
from .api import explore
from .document import Page

__all__ = ["explored"]


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
    namespace = run_file(file)
    given = look_up_parameters(file, namespace, params)
    fun = look_up(file, namespace, "--loss", loss)
    by_hand = namespace.get(manual)
    with blamed(file):
        leaves = [
            Value(leaf.data if isinstance(leaf, Value) else leaf, name=path or "params")
            for path, leaf in flatten(given)
        ]
        result = fun(rebuild(given, iter(leaves)))
        comparison = None if by_hand is None else compare(fun, given, by_hand)
    try:
        return explore(result, output, comparison=comparison, title=f"{loss} of {file.name}")
    except (OSError, RenderError, TypeError, ValueError) as error:
        raise ScriptError(str(error)) from error
