"""Drawing what stands in a user's Python file: the work of ``tinygrad-bp draw``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..drawing.draw import draw
from ..drawing.render import RenderError
from ..kernel import Value, topological_order
from ..transforms.variables import named_after_variables, names_of_arrays
from ..trees import flatten, rebuild
from .files import ScriptError, blamed, look_up, look_up_parameters, run_file

if TYPE_CHECKING:
    from ..checking import Comparison


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
    script = Script.run(file, params, loss)
    if manual is not None:
        by_hand = look_up(file, script.namespace, "--manual", manual)
        options["comparison"] = script.compare(by_hand)
    try:
        diagram = draw(script.result, out, **options)
    except (OSError, RenderError, RuntimeError, ValueError) as error:
        raise ScriptError(str(error)) from error
    return f"{diagram.title}: {diagram.description}\nWritten to {out}."


class Script(NamedTuple):
    """What stands in a user's file, and the graph that it makes of its parameters.

    Attributes
    ----------
    file : Path
        The file.
    namespace : dict
        All that it defines.
    params, fun
        The parameters, and the function of them.
    result : Value
        What it gives for them: nodes are called after its variables, and have gradients.
    """

    file: Path
    namespace: dict[str, Any]
    params: Any
    fun: Callable[[Any], Any]
    result: Value

    @classmethod
    def run(cls, file: Path, params: str, loss: str) -> Script:
        """Run a file, its function, and the backward pass.

        Raises
        ------
        ScriptError
            If that is not possible, with the line of the file to blame where there is one.
        """
        namespace = run_file(file)
        given = look_up_parameters(file, namespace, params)
        fun = look_up(file, namespace, "--loss", loss)
        names = [path or "params" for path, _ in flatten(given)]
        with blamed(file):
            leaves = [Value(_data(leaf), name=n) for n, (_, leaf) in zip(names, flatten(given))]
            with named_after_variables(names):
                result = fun(rebuild(given, iter(leaves)))
            if not isinstance(result, Value):
                kind = type(result).__name__
                raise TypeError(f"{loss} gives a {kind} for Values; expected a Value")
            _name_constants(result, fun)
            if result.ndim == 0 and result.requires_grad:
                result.backward(retain_grads=True)
        return cls(file, namespace, given, fun, result)

    def compare(self, manual: Any) -> Comparison:
        """Compare gradients derived by hand, or a function that gives them."""
        from ..checking import compare

        with blamed(self.file):
            return compare(self.fun, self.params, manual)


def _name_constants(result: Value, fun: Callable[[Any], Any]) -> None:
    names = names_of_arrays(fun)
    for node in topological_order(result):
        if node.op is None and node.name is None:
            node.name = names.get(id(node.data))


def _data(leaf: Any) -> Any:
    return leaf.data if isinstance(leaf, Value) else leaf
