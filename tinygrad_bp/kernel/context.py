"""What is recorded, and in which named group: the only ambient state of the engine.

One context variable holds both answers, so an op asks once: ``None`` says that nothing is
recorded (:class:`no_grad`), a tuple of names is the group that new nodes belong to
(:class:`scope`). It also holds how things came to be so, by which setting and what was outside
of it. A context variable is per thread and per task, and the ``with`` statement puts it back
when the block raises.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, Self, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
Scope = tuple[str, ...]

#: What is recorded, because of which setting, and what there is outside of that, likewise.
_Recording = tuple[Scope | None, "_Setting | None", Any]
recording: ContextVar[_Recording] = ContextVar("recording", default=((), None, None))

#: What stands for the present run of a function by a transform, None outside of all.
run: ContextVar[object] = ContextVar("run", default=None)

#: Who is asked, while a graph is traced to be written out, for what otherwise gives plain numbers:
#: ``witness(function, args, kwargs)`` for comparisons and for NumPy's functions without a
#: derivative, so that a mask such as ``a > 0`` becomes a node and not a constant. Mostly nobody.
witness: ContextVar[Callable[..., Any] | None] = ContextVar("witness", default=None)


#: What is callable and no function: a class would no longer be one, a static method not static.
_NONE = (type, staticmethod)


class _Setting:
    """A context manager that sets `recording` and puts it back, and a decorator.

    It holds nothing itself: it may be entered again inside, and in several threads. The block of
    a generator may be left after one that was entered later.
    """

    __slots__ = ()

    def _inside(self, outer: Scope | None) -> Scope | None:
        """Return what is recorded inside."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        outer = recording.get()
        recording.set((self._inside(outer[0]), self, outer))
        return self

    def __exit__(self, *exception: object) -> None:
        entered = recording.get()
        if entered[1] is self:
            recording.set(entered[2])
        else:
            self._leave_before_others(entered)

    def _leave_before_others(self, entered: _Recording) -> None:
        """Take the setting out from under others, and let those be inside of what is left."""
        later = []
        while entered[1] is not self:
            if entered[1] is None:  # it was entered in another thread or task: no concern of this
                return
            later.append(entered[1])
            entered = entered[2]
        left = entered[2]
        for setting in reversed(later):
            left = (setting._inside(left[0]), setting, left)
        recording.set(left)

    def __call__(self, function: F) -> F:
        """Let a function run inside; a generator is inside while it runs, not while it waits."""
        inside: Any
        if isgeneratorfunction(function):
            inside = self._around_each_step(function)
        elif iscoroutinefunction(function):

            async def inside(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

        elif isasyncgenfunction(function) or isinstance(function, _NONE) or not callable(function):
            raise TypeError(
                f"{type(self).__name__}: expected a function, a generator or a coroutine to "
                f"decorate, got {function!r}; use a with statement inside of it"
            )
        else:

            def inside(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return function(*args, **kwargs)

        decorated: Any = wraps(function)(inside)
        return decorated  # type: ignore[no-any-return]

    def _around_each_step(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def steps(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            generator = function(*args, **kwargs)
            resume, sent = generator.send, None
            while True:
                try:
                    with self:
                        item = resume(sent)
                except StopIteration as end:
                    return end.value
                try:
                    resume, sent = generator.send, (yield item)
                except GeneratorExit:
                    with self:
                        generator.close()
                    raise
                except BaseException as error:
                    resume, sent = generator.throw, error

        return steps


class no_grad(_Setting):  # noqa: N801 - named as in PyTorch
    """Context in which ops on Values record nothing; also a decorator.

    Results are leaves without parents and with ``requires_grad=False``; their memory is that of
    their data. Leaves made inside keep the ``requires_grad`` that they are given.

    Notes
    -----
    A ``with`` block holds until it is left. In a generator that yields inside of one, it holds for
    whoever goes on meanwhile, as all of Python's contexts do. Decorate the generator instead: it
    is inside while it runs, and not while it waits.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x = bp.Value(3.0)
    >>> with bp.no_grad():
    ...     y = x * x
    >>> y.requires_grad, y.parents
    (False, ())
    >>> @bp.no_grad()
    ... def accuracy(x):
    ...     return x * x
    >>> accuracy(x).requires_grad
    False
    """

    __slots__ = ()

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        """Make a context, or decorate a function where it is written without parentheses."""
        setting = super().__new__(cls)
        return setting if function is None else setting(function)

    def _inside(self, outer: Scope | None) -> None:
        return None


class record(_Setting):  # noqa: N801 - used as a word in a with statement
    """Context in which ops record, inside `no_grad` too."""

    __slots__ = ()

    def _inside(self, outer: Scope | None) -> Scope:
        return outer or ()


class resume(_Setting):  # noqa: N801 - used as a word in a with statement
    """Context in which ops record what they did at another time, whatever is recorded outside."""

    __slots__ = ("recorded",)

    def __init__(self, recorded: Scope | None) -> None:
        self.recorded = recorded

    def _inside(self, outer: Scope | None) -> Scope | None:
        return self.recorded


class scope(_Setting):  # noqa: N801 - used as a word in a with statement
    """Context whose new nodes belong to a named group, for diagrams and source; also a decorator.

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

    def _inside(self, outer: Scope | None) -> Scope | None:
        return None if outer is None else (*outer, self.name)
