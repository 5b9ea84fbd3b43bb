"""`compile`: a function, traced once for each kind of arguments, and then run as fast code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial, update_wrapper
from itertools import cycle
from operator import index
from threading import Lock, RLock, local
from typing import Any, NamedTuple

from ..kernel import Value
from ..transforms import value_and_grad
from ..transforms.running import check_argnums
from ..trees import flatten
from .arguments import Arguments
from .backends import find_backend
from .cache import Cache, CacheInfo
from .calls import make_finisher, make_taker
from .rewriting import rewrite
from .specialize import record, record_loop, refuse_in_place


class _Entry(NamedTuple):
    """A program ready to be called: from arguments to leaves, from leaves to the result."""

    take: Callable[..., tuple[Any, ...] | None]
    finish: Callable[..., Any]
    source: str


class _Alternating(local):
    """Two functions of one program in turn, of its own for each thread.

    The results of a call are the function's own memory, and stay while the next call runs, of
    which they may be the arguments.
    """

    def __init__(self, build: Callable[[], Callable[..., Any]]) -> None:
        pair = build(), build()
        self.source = getattr(pair[0], "source", "")
        self._functions = cycle(pair)

    def __call__(self, *leaves: Any) -> Any:
        return next(self._functions)(*leaves)


class Compiled:
    """A function that runs as a program; made by `compile`, and called like the function."""

    def __init__(
        self,
        fun: Callable[..., Any],
        argnums: int | Sequence[int] | None,
        backend: str,
        cache_size: int,
        copy: bool,
        text: Mapping[str, str] | None,
    ) -> None:
        update_wrapper(self, fun)
        self._fun, self._argnums, self._copy = fun, argnums, copy
        self._plain = fun if argnums is None else value_and_grad(fun, argnums)
        self._backend, self._text = find_backend(backend, text), text
        self._cache: Cache[_Entry] = Cache(cache_size)
        #: Keys of arguments whose whole numbers have to be part of the program.
        self._frozen: Cache[bool] = Cache(cache_size)
        self._lock = RLock()
        self._latest: _Entry | None = None
        self._source: str | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the value and the gradients; without argnums what the function returns.

        Parameters
        ----------
        *args, **kwargs
            The arguments of the function. Values make it run as it is, without a program, so
            that it can be part of a graph.

        Raises
        ------
        TypeError, ValueError
            If the function does what a program cannot do (see `compile`), or what it computes
            is not defined for the arguments.
        """
        entry = self._latest
        leaves = None if entry is None else entry.take(args, kwargs)
        if entry is not None and leaves is not None:
            self._cache.hits += 1
            return entry.finish(leaves)
        if _has_values(args, kwargs):
            return self._plain(*args, **kwargs)
        entry, leaves = self._find(args, kwargs, loop=False)
        self._latest = entry
        return entry.finish(leaves)

    def repeat(self, n: int) -> Callable[..., Any]:
        """Make a function that applies the function n times to its first argument.

        Parameters
        ----------
        n : int
            How often, 0 or more. The same program serves every n.

        Returns
        -------
        callable
            Takes the arguments of the function. The first one is replaced each time by what the
            function returns, which must have its structure, shapes and dtypes; the others stay.
            Returns the last value, always in memory of its own.

        Raises
        ------
        TypeError, ValueError
            If n is not an integer from 0 on. When called: if the value is not like the first
            argument, or the function does what a program cannot do.

        Examples
        --------
        >>> import tinygrad_bp as bp
        >>> newton = bp.compile(lambda x, a: (x + a / x) / 2, argnums=None)
        >>> newton.repeat(6)(1.0, 2.0)
        np.float64(1.414213562373095)
        """
        count = index(n)
        if count < 0:
            raise ValueError(f"repeat: expected 0 or more times, got {count}")

        latest: _Entry | None = None

        def repeated(*args: Any, **kwargs: Any) -> Any:
            nonlocal latest
            leaves = None if latest is None else latest.take(args, kwargs)
            if latest is not None and leaves is not None:
                self._cache.hits += 1
                return latest.finish((count, *leaves))
            if not args:
                raise TypeError("repeat: expected a first argument, to be replaced each time")
            if _has_values(args, kwargs):
                first, *others = args
                for _ in range(count):
                    first = self._fun(first, *others, **kwargs)
                return first
            latest, leaves = self._find(args, kwargs, loop=True)
            return latest.finish((count, *leaves))

        return repeated

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The same as a pure function of JAX's arrays; for the backend "jax".

        It is for `jax.jit`, `jax.vmap`, `jax.grad` and arrays that are sharded over devices. It
        takes and returns what the compiled function does, and is traced for each structure, shape
        and dtype, with numbers of its own where JAX has none. float64 needs JAX's 64-bit mode,
        ``jax.enable_x64(True)``, without which JAX has none.

        Raises
        ------
        AttributeError
            For another backend.

        Examples
        --------
        >>> import jax, numpy as np
        >>> import tinygrad_bp as bp
        >>> slope = bp.compile(lambda x: np.tanh(x) ** 2, backend="jax").function
        >>> with jax.enable_x64(True):
        ...     values, slopes = jax.vmap(slope)(np.array([0.0, 0.5]))
        >>> slopes
        Array([0.        , 0.72686...], dtype=float64)
        """
        if self._backend.name != "jax":
            raise AttributeError(
                f"function: the backend is {self._backend.name!r}, and only 'jax' has a function "
                "for JAX's transforms; compile with backend='jax'"
            )
        from .jax_backend.function import pure_function

        return pure_function(self._fun, self._argnums, self._cache.size, self._text)

    @property
    def source(self) -> str:
        """The text of the program that was made or looked up last, if the backend makes text.

        Raises
        ------
        RuntimeError
            If there is none yet.
        """
        if self._source is None:
            raise RuntimeError("compile: there is no program yet; call the function first")
        return self._source

    def cache_info(self) -> CacheInfo:
        """Return hits, misses, and how many programs are and can be kept."""
        with self._lock:
            return self._cache.info()

    def cache_clear(self) -> None:
        """Forget all programs; the next call traces again."""
        with self._lock:
            self._latest = self._source = None
            self._cache.clear()
            self._frozen.clear()

    def __repr__(self) -> str:
        info = self._cache.info()
        name = getattr(self._fun, "__qualname__", repr(self._fun))
        return (
            f"<Compiled {name}, argnums={self._argnums}, backend={self._backend.name!r}, "
            f"{info.currsize} of {info.maxsize} programs>"
        )

    # --- making programs -------------------------------------------------------------------

    def _find(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], *, loop: bool
    ) -> tuple[_Entry, tuple[Any, ...]]:
        """Return the program for some arguments, made if need be, and its leaves."""
        by = (
            ()
            if loop or self._argnums is None
            else check_argnums("compile", self._argnums, len(args))
        )
        with self._lock:
            arguments = Arguments(args, kwargs, by, frozen=False)
            key = (loop, arguments.key())
            if not self._frozen.get(key):
                try:
                    return self._entry(key, arguments, loop), arguments.data
                except Exception:
                    if not arguments.has_whole_numbers:
                        raise
            frozen = Arguments(args, kwargs, by, frozen=True)
            entry = self._entry((loop, frozen.key()), frozen, loop)
            self._frozen.put(key, True)
            return entry, frozen.data

    def _entry(self, key: Any, arguments: Arguments, loop: bool) -> _Entry:
        entry = self._cache.get(key)
        if entry is None:
            entry = self._make(arguments, loop)
            self._cache.put(key, entry)
        self._source = entry.source
        return entry

    def _make(self, arguments: Arguments, loop: bool) -> _Entry:
        if loop:
            recorded, carried = record_loop(self._fun, arguments)
            build: Any = partial(self._backend.build_loop, rewrite(recorded.program), carried)
        else:
            recorded = record(self._fun, arguments, self._numbers(arguments))
            build = partial(self._backend.build, rewrite(recorded.program))
        refuse_in_place(self._fun if loop else self._plain, arguments)
        lent = self._backend.lends
        alternating = lent and not self._copy and not loop
        run: Any = _Alternating(build) if alternating else build()
        finish = make_finisher(
            run,
            recorded.results,
            recorded.tree,
            lock=Lock() if lent and not alternating else None,
            copy=lent and not alternating,
        )
        return _Entry(
            make_taker(arguments, self._backend.array), finish, getattr(run, "source", "")
        )

    def _numbers(self, arguments: Arguments) -> int | list[int] | None:
        """Return argnums counted from 0."""
        if self._argnums is None:
            return None
        count = len(arguments.trees) - len(arguments.names)
        found = check_argnums("compile", self._argnums, count)
        return found[0] if isinstance(self._argnums, int) else found


def _has_values(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return any(isinstance(leaf, Value) for _, leaf in flatten((args, kwargs)))


def compile(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] | None = 0,
    backend: str = "numpy",
    *,
    cache_size: int = 16,
    copy: bool = True,
    text: Mapping[str, str] | None = None,
) -> Compiled:
    """Make a function that runs as a compiled program: `value_and_grad`, but fast.

    The function is traced when it is first called, and again for arguments of another structure,
    shape or dtype. What is found is simplified, written out as code, and kept.

    Parameters
    ----------
    fun : callable
        Computes with ops or with NumPy's functions. It may call `grad` and its kin itself.
    argnums : int, sequence of int or None, optional
        By which positional arguments to differentiate, as in `value_and_grad`. None compiles
        the function alone, which may then return any tree: a training step, from parameters to
        parameters.
    backend : {"numpy", "numba", "jax"}, optional
        What runs the program. `numba` and `jax` need the extras of those names.
    cache_size : int, optional
        How many programs are kept; the one used longest ago is dropped first.
    copy : bool, optional
        Whether results are memory of their own. Otherwise they are the program's own buffers,
        for reading: they are overwritten by the call after the next one in the same thread.

    text : dict of str to str, optional
        How a user's own ops are written, as for `derive`; for the backend "jax", which cannot run
        their forward functions.

    Returns
    -------
    Compiled
        Called like ``value_and_grad(fun, argnums)``, or like `fun` for None. See also its
        `repeat`, `source`, `cache_info` and `cache_clear`.

    Raises
    ------
    TypeError, ValueError
        If `fun` cannot be called, or options are not what they should be. When called: if the
        function does what a program cannot do: it branches on data, turns Values into plain
        numbers, draws random numbers, changes an argument in place, uses a Value that is no
        argument; or if its value is not a scalar, and there are argnums.
    ImportError
        If the backend is not installed.

    Notes
    -----
    Leaves that hold floats are inputs, and so are arrays of whole numbers unless the function
    needs to know them while it is traced, as for an index. Those, Python's ints and everything
    else are part of the program; other ones give another program. Python floats that are not
    differentiated by have the precision of the arrays beside them. Arrays that the function takes
    from outside are constants, as they are when it is traced.

    Calls from several threads do not disturb each other. Where an argument is a Value the
    function runs as it is, without a program.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> loss = lambda p: np.sum(np.tanh(p["w"]) ** 2)
    >>> value, gradients = bp.compile(loss)({"w": np.array([0.5, -0.5])})
    >>> round(float(value), 6), gradients["w"].round(6)
    (0.427105, array([ 0.726862, -0.726862]))

    A training step, and ten of them in one call:

    >>> def step(p):
    ...     return {"w": p["w"] - 0.1 * bp.grad(loss)(p)["w"]}
    >>> compiled = bp.compile(step, argnums=None)
    >>> compiled.repeat(10)({"w": np.array([0.5, -0.5])})["w"].round(6)
    array([ 0.067884, -0.067884])
    """
    if not callable(fun):
        raise TypeError(f"compile: expected a function, got {type(fun).__name__}")
    if index(cache_size) < 1:
        raise ValueError(f"compile: cache_size must be at least 1, got {cache_size!r}")
    return Compiled(fun, argnums, backend, cache_size, copy, text)
