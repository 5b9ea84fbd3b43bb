"""What an idiom is, and how it is put to NumPy and to the package."""

import inspect
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_bp as bp
from tests.gradients import five_point
from tinygrad_bp.commands.files import UserFile

#: Stands above every idiom: the data that a loss finds around it.
DATA = """\
import numpy as np

X = np.array([[0.5, -1.0, 0.3, 0.8], [2.0, 0.4, -0.7, 0.1], [-0.4, 0.9, 1.2, -0.6],
              [1.1, -0.2, 0.6, -1.3], [-0.9, 0.7, -0.1, 0.2]])
T = np.array([[1.0, 0.0, 0.2], [0.0, 1.0, -0.3], [0.5, 0.1, 1.0], [0.3, 0.9, 0.0], [0.0, 0.4, 0.6]])
y = np.array([0, 2, 1, 2, 0])
x = np.array([0.4, -0.3, 1.1])
"""

#: What a parameter of that name is given.
ARGUMENTS = {
    "W": np.array([[0.3, -0.8, 0.5], [0.9, 0.2, -0.4], [-0.6, 0.7, 0.1], [0.15, -0.35, 0.85]]),
    "A": np.array([[2.1, 0.4, -0.3], [0.7, 1.8, 0.2], [-0.5, 0.6, 2.6]]),
    "b": np.array([0.25, -0.45, 0.65]),
    "v": np.array([0.7, 0.25, 1.4]),
    "s": np.array(0.6),
}


@dataclass(frozen=True)
class Idiom:
    """A loss as somebody writes it who has NumPy in mind and no engine.

    Attributes
    ----------
    name : str
        The idiom in a few characters of Markdown.
    source : str
        Python that defines ``loss``, a function of some of `ARGUMENTS`; stands below `DATA`.
    pending : bool
        Whether it does not yet do what is said here. Who makes it do so takes this away.
    refused : str
        Where it is to be refused: what the message contains that names the rewrite.
    """

    name: str
    source: str
    pending: bool = False
    refused: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def text(self) -> str:
        """The whole file."""
        return f"{DATA}\n{self.source}"


Loss = Callable[..., Any]


def plain_loss(idiom: Idiom) -> Loss:
    """Return the loss as NumPy runs it."""
    return _executed(idiom.text)


def losses(idiom: Idiom, folder: Path) -> Iterator[tuple[str, Loss]]:
    """Yield the loss in each way in which it is served the package's namespace.

    As a file under ``tinygrad-bp check`` it is served as it is. By API it imports the namespace,
    as far as that is there; of other modules than NumPy only the file's imports are served.
    """
    file = folder / "idiom.py"
    file.write_text(idiom.text, encoding="utf-8")
    yield "file", UserFile.run(file).namespace["loss"]
    if find_spec("tinygrad_bp.numpy") and "import" not in idiom.source:
        import_module("tinygrad_bp.numpy")
        text = idiom.text.replace("import numpy as np", "import tinygrad_bp.numpy as np", 1)
        yield "namespace", _executed(text)


def arguments(loss: Loss) -> list[np.ndarray]:
    """Return fresh arguments for a loss."""
    return [ARGUMENTS[name].copy() for name in inspect.signature(loss).parameters]


def assert_does_what_is_said(idiom: Idiom, folder: Path) -> None:
    """Assert that an idiom gives NumPy's number and the numeric gradient, or that it is refused."""
    with quiet():
        wanted = number(plain_loss(idiom))
        gradients = five_point(plain_loss(idiom), arguments(plain_loss(idiom)))
        for way, loss in losses(idiom, folder):
            if idiom.refused:
                assert idiom.refused in refusal(loss), way
                continue
            value, found = differentiated(loss)
            np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-14, err_msg=way)
            for one, other in zip(found, gradients, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9, err_msg=way)


def number(loss: Loss) -> float:
    """Return what NumPy gives: a finite number with the parameters as they were."""
    given = arguments(loss)
    found = np.asarray(loss(*given))
    assert found.shape == ()
    assert found.dtype.kind == "f"
    assert np.isfinite(found)
    return float(found)


def differentiated(loss: Loss) -> tuple[Any, tuple[Any, ...]]:
    """Return value and gradients by the engine."""
    given = arguments(loss)
    value, gradients = bp.value_and_grad(loss, tuple(range(len(given))))(*given)
    return value, gradients


def refusal(loss: Loss) -> str:
    """Return what a comparison says of a loss that it cannot take, or nothing.

    That is its error, or its report where the loss runs but its gradient is lost on the way.
    """
    try:
        comparison = bp.compare(lambda params: loss(*params), arguments(loss))
    except (TypeError, ValueError) as error:
        return str(error)
    return "" if comparison.ok else str(comparison)


def becomes(loss: Loss) -> list[str]:
    """Return the names of the ops that a loss is recorded as, each once, in their order."""
    nodes = bp.topological_order(loss(*map(bp.Value, arguments(loss))))
    return list(dict.fromkeys(node.op.name for node in nodes if node.op is not None))


@contextmanager
def quiet() -> Iterator[None]:
    """Let NumPy say that matrices are old-fashioned: people use them all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        yield


def _executed(text: str) -> Loss:
    module = types.ModuleType("idiom")
    exec(compile(text, "idiom.py", "exec"), vars(module))
    return module.loss
