"""Drawing what stands in a user's Python file: the work of ``tinygrad-bp draw``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..files import ScriptError, blamed, look_up, look_up_parameters, run_file
from ..kernel import Value
from ..trees import flatten, rebuild
from .api import draw
from .render import RenderError

__all__ = ["drawn"]


def drawn(
    file: Path, out: Path, *, params: str, loss: str, manual: str | None, **options: Any
) -> str:
    """Draw ``loss(params)`` of a file, and return what is to be printed.

    Parameters
    ----------
    file : Path
        A Python file. It is run as a module.
    out : Path
        What to write.
    params, loss, manual : str
        The names of the parameters, of the function, and of the gradients derived by hand (a
        function of the parameters, or the gradients themselves), which are compared if given.
    **options
        Of `draw`.

    Raises
    ------
    ScriptError
        If that is not possible, with the line of the file to blame where there is one.
    """
    namespace = run_file(file)
    given = look_up_parameters(file, namespace, params)
    fun = look_up(file, namespace, "--loss", loss)
    by_hand = None if manual is None else look_up(file, namespace, "--manual", manual)
    with blamed(file):
        result = fun(_named(given))
        if not isinstance(result, Value):
            raise TypeError(f"{loss} gives a {type(result).__name__} for Values; expected a Value")
        if result.ndim == 0 and result.requires_grad:
            result.backward(retain_grads=True)
        if by_hand is not None:
            from ..checking import compare

            options["comparison"] = compare(fun, given, by_hand)
    try:
        diagram = draw(result, out, **options)
    except (OSError, RenderError, RuntimeError, ValueError) as error:
        raise ScriptError(str(error)) from error
    return f"{diagram.title}: {diagram.description}\nWritten to {out}."


def _named(params: Any) -> Any:
    """Return the parameters as Values, with the names that a comparison gives them."""
    leaves = flatten(params)
    data = [leaf.data if isinstance(leaf, Value) else leaf for _, leaf in leaves]
    paths = [path or "params" for path, _ in leaves]
    return rebuild(
        params, iter([Value(each, name=path) for each, path in zip(data, paths, strict=True)])
    )
