"""Deriving what stands in a user's Python file: the work of ``tinygrad-bp derive``."""

from __future__ import annotations

from pathlib import Path

from ..writing.derivation import Derivation, derive
from .files import ScriptError, blamed, look_up, look_up_parameters, run_file


def written(file: Path, *, params: str, loss: str, latex: bool, output: Path | None) -> str:
    """Derive ``loss(params)`` of a file, and return what is to be printed.

    Parameters
    ----------
    file : Path
        A Python file. It is run as a module, so what stands under ``if __name__ ==
        "__main__"`` is not.
    params, loss : str
        The names of the parameters and of the function in it.
    latex : bool
        Whether formulas are wanted, or source.
    output : Path or None
        Where to write it instead.

    Raises
    ------
    ScriptError
        If that is not possible, with the line of the file to blame where there is one.
    """
    derivation = _derivation(file, params, loss)
    try:
        text = derivation.latex + "\n" if latex else derivation.source
        if output is None:
            return text
        if latex:
            output.write_text(text, encoding="utf-8")
        else:
            derivation.export(output)
    except OSError as error:
        raise ScriptError(f"cannot write {output}: {error.strerror or error}") from None
    return f"Written to {output}.\n"


def _derivation(file: Path, params: str, loss: str) -> Derivation:
    namespace = run_file(file)
    at = look_up_parameters(file, namespace, params)
    fun = look_up(file, namespace, "--loss", loss)
    with blamed(file):
        return derive(fun, at)
