"""What is recorded, and in which named group: the only ambient state of the engine.

One context variable holds both answers, so an op asks once: ``None`` says that nothing is
recorded (:class:`no_grad`), a tuple of names is the group that new nodes belong to
(:class:`scope`). A context variable is per thread and per task, and the ``with`` statement
resets it when the block raises.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, Self

Scope = tuple[str, ...]

recording: ContextVar[Scope | None] = ContextVar("recording", default=())

#: What stands for the present run of a function by a transform, None outside of all.
run: ContextVar[object] = ContextVar("run", default=None)

#: Who is asked, while a graph is traced to be written out, for what otherwise gives plain numbers:
#: ``witness(function, args, kwargs)`` for comparisons and for NumPy's functions without a
#: derivative, so that a mask such as ``a > 0`` becomes a node and not a constant. Mostly nobody.
witness: ContextVar[Callable[..., Any] | None] = ContextVar("witness", default=None)


class _Setting:
    """A context manager that sets `recording` and puts it back; may be entered again inside."""

    __slots__ = ("_tokens",)

    def __init__(self) -> None:
        self._tokens: list[Token[Scope | None]] = []

    def __exit__(self, *exception: object) -> None:
        recording.reset(self._tokens.pop())


class no_grad(_Setting):  # noqa: N801 - named as in PyTorch
    """Context in which ops on Values record nothing.

    Results are leaves without parents and with ``requires_grad=False``; their memory is that of
    their data. Leaves made inside keep the ``requires_grad`` that they are given.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x = bp.Value(3.0)
    >>> with bp.no_grad():
    ...     y = x * x
    >>> y.requires_grad, y.parents
    (False, ())
    """

    __slots__ = ()

    def __enter__(self) -> Self:
        self._tokens.append(recording.set(None))
        return self


class scope(_Setting):  # noqa: N801 - used as a word in a with statement
    """Context whose new nodes belong to a named group, for diagrams and derived source.

    Scopes nest: a node made inside ``scope("net")`` and ``scope("layer 1")`` has the scope
    ``("net", "layer 1")``. Inside :class:`no_grad` nothing is recorded, so a scope there is idle.

    Parameters
    ----------
    name : str
        The name of the group, as it is to be read in a diagram.

    Raises
    ------
    TypeError
        If `name` is not a string.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> with bp.scope("layer 1"):
    ...     y = bp.Value(2.0) * 3
    >>> y.scope
    ('layer 1',)
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"scope: the name must be a string, got {type(name).__name__}")
        self.name = name
        self._tokens = []

    def __enter__(self) -> Self:
        outer = recording.get()
        self._tokens.append(recording.set(None if outer is None else (*outer, self.name)))
        return self
