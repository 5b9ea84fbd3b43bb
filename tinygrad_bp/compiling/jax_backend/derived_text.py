"""The `jax` backend: the derived text of a program, run with `jax.numpy` in the place of NumPy.

What `derive` writes is NumPy without side effects, so the same lines are a JAX function once
``np`` in them is `jax.numpy`. No op is known here; a few of NumPy's names are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...ops import mul
from ...programs import Instruction, Program, TracingError
from ...writing.expressions import Expr
from ...writing.lines import Lines, entries_of
from ...writing.literals import Keep
from ...writing.numpy_text import Spelling, from_template, make_readable
from ...writing.source import helpers_of, modules_of, names_beside

Function = Callable[..., tuple[Any, ...]]


def as_function(program: Program, text: Mapping[str, str] | None = None) -> Function:
    """Return a program as a pure JAX function, for `jax.jit`, `jax.vmap`, `jax.grad`.

    Parameters
    ----------
    program : Program
        Simplified, with shapes and dtypes.
    text : dict of str to str, optional
        How a user's own ops are written, as for `derive`.

    Returns
    -------
    callable
        ``function(*leaves)``: the leaves of inputs and seeds, in the order of the program, to a
        tuple of outputs and gradients. It does nothing but call `jax.numpy`.

    Raises
    ------
    ImportError
        If JAX is not installed.
    TracingError
        If it is not known how an op is written.

    Notes
    -----
    It raises a `TypeError` for leaves of other shapes or dtypes than the program has. JAX makes
    float32 of float64 unless its 64-bit mode is on: ``with jax.enable_x64(True):``.

    Examples
    --------
    >>> import jax, numpy as np
    >>> import tinygrad_bp as bp
    >>> cube = as_function(bp.derive(lambda x: x**3, 2.0).program)
    >>> with jax.enable_x64(True):
    ...     values, slopes = jax.vmap(cube)(np.array([1.0, 2.0]))
    >>> slopes
    Array([ 3., 12.], dtype=float64)
    """
    jax = jax_module()
    compute, constants, source = _execute(program, text or {}, jax)
    results = (*program.outputs, *program.gradients)
    dtypes = [program.instructions[k].dtype for k in results]  # JAX promotes by its own rules

    def function(*leaves: Any) -> tuple[Any, ...]:
        arrays = [jax.numpy.asarray(leaf) for leaf in leaves]
        _check(program, arrays)
        found = compute(*arrays, *map(jax.numpy.asarray, constants))
        return tuple(_of_dtype(each, dtype, jax) for each, dtype in zip(found, dtypes, strict=True))

    function.source = source  # type: ignore[attr-defined]
    return function


def _of_dtype(result: Any, dtype: np.dtype[Any], jax: Any) -> Any:
    if jax.numpy.iscomplexobj(result) and dtype.kind != "c":
        raise TracingError(
            "compile: on JAX a result is complex that is real in NumPy, as a spectrum is where all "
            "of it is real; take .real of it"
        )
    return jax.numpy.asarray(result, jax.dtypes.canonicalize_dtype(dtype))


def build(program: Program, text: Mapping[str, str] | None = None) -> Function:
    """Compile a program with `jax.jit`.

    Parameters
    ----------
    program : Program
        Simplified, with shapes and dtypes.
    text : dict of str to str, optional
        How a user's own ops are written, as for `derive`.

    Returns
    -------
    callable
        ``run(*leaves)``, from the leaves of inputs and seeds to a tuple of outputs and gradients.
        They are `jax.Array`, and stay on the device where they were computed.

    Raises
    ------
    ImportError
        If JAX is not installed.
    TracingError
        If it is not known how an op is written.

    Notes
    -----
    A program with float64 in it runs in JAX's 64-bit mode, which is on during the call and not
    changed for anything else; one of float32 runs in the mode that is set.
    """
    pure = as_function(program, text)
    function, precision = jax_module().jit(pure), _precision(program)

    def run(*leaves: Any) -> tuple[Any, ...]:
        with precision():
            result: tuple[Any, ...] = function(*_copy_arrays(leaves))
            return result

    run.source = pure.source  # type: ignore[attr-defined]
    return run


def build_loop(program: Program, carried: int, text: Mapping[str, str] | None = None) -> Function:
    """Compile any number of runs of a program, each with the outputs of the one before.

    Parameters
    ----------
    program : Program
        Simplified, with shapes and dtypes.
    carried : int
        How many of the first inputs are replaced by the first outputs, of the same shapes and
        dtypes. The other inputs stay as they are.
    text : dict of str to str, optional
        How a user's own ops are written, as for `derive`.

    Returns
    -------
    callable
        ``run(n, *leaves)``, to a tuple of what is carried after `n` runs: one
        `jax.lax.fori_loop`, which is compiled once for all `n`.

    Raises
    ------
    ImportError
        If JAX is not installed.
    TracingError
        If it is not known how an op is written.
    """
    jax = jax_module()
    alone = replace(program, seeds=(), outputs=program.outputs[:carried], gradients=(), wanted=())
    step, precision = as_function(alone, text), _precision(program)

    def loop(n: Any, *leaves: Any) -> tuple[Any, ...]:
        start = tuple(map(jax.numpy.asarray, leaves[:carried]))
        rest = leaves[carried:]
        result: tuple[Any, ...] = jax.lax.fori_loop(
            0, n, lambda _, state: step(*state, *rest), start
        )
        return result

    compiled = jax.jit(loop)

    def run(n: int, *leaves: Any) -> tuple[Any, ...]:
        with precision():
            result: tuple[Any, ...] = compiled(n, *_copy_arrays(leaves))
            return result

    run.source = step.source  # type: ignore[attr-defined]
    return run


def jax_module() -> Any:
    """Return JAX, or say what to install."""
    try:
        import jax
    except ImportError as error:
        raise ImportError(
            f"the backend 'jax' needs JAX ({error}): pip install 'tinygrad-bp[jax]'"
        ) from error
    return jax


def array_type() -> type:
    """Return the class of JAX's arrays."""
    return type(jax_module().numpy.zeros(()))


# --- the text ----------------------------------------------------------------------------------


def _execute(
    program: Program, text: Mapping[str, str], jax: Any
) -> tuple[Callable[..., Any], list[Any], str]:
    """Run the text of a program. Return its function, the constants that go in last, the text."""
    texts = {name: from_template(each) for name, each in text.items()}
    program = _with_places_as_arrays(make_readable(program, texts))
    entries = entries_of(program, texts)
    entries |= _write_masks_as_numbers(program, entries)
    helpers = helpers_of(entries)
    names = names_beside(helpers)
    leaves = {k: names("leaf") for k in (*program.inputs, *program.seeds)}
    lines = Lines(program, entries, names, leaves)
    steps = {lines.variables[k] for k in lines.variables}
    constants = {name: array for name, array in lines.constants.items() if name in steps}
    options = {name: array for name, array in lines.constants.items() if name not in steps}
    body = [f"{line.name} = {line.text}" for line in lines.assignments]
    returned = [lines.expression(k).text for k in (*program.outputs, *program.gradients)]
    function = [
        f"def compute({', '.join([*leaves.values(), *constants])}):",
        *body,
        f"return [{', '.join(returned)}]",
    ]
    namespace: dict[str, Any] = {"np": _as_numpy(jax.numpy), "math": math, **options}
    source = "\n\n".join([*helpers, "\n    ".join(function)]) + "\n"
    for module in {*modules_of([source])} - {"math"}:
        import_module(f"jax.{module}")
        namespace["scipy"] = jax.scipy
    exec(compile(source, "<jax>", "exec"), namespace)
    namespace |= {"accumulate_at": _accumulate_at, "put": _put}
    return namespace["compute"], list(constants.values()), source


def _with_places_as_arrays(program: Program) -> Program:
    """Make arrays of the lists that are places, or stand in an index: JAX takes no lists there."""
    steps = [
        replace(step, metadata={k: _as_places(v) for k, v in step.metadata.items()})
        if {"index", "indices"} & step.metadata.keys()
        else step
        for step in program.instructions
    ]
    return replace(program, instructions=tuple(steps))


def _as_places(option: Any) -> Any:
    if isinstance(option, tuple):
        return tuple(map(_as_places, option))
    if isinstance(option, list):
        return np.asarray(option) if option else np.zeros(0, int)
    return option


def _write_masks_as_numbers(
    program: Program, entries: Mapping[int, Spelling]
) -> dict[int, Spelling]:
    """Let products with a mask multiply by 1 and 0, so that infinity times 0 is NaN.

    XLA takes a product with a converted truth value for a choice, and gives 0.
    """
    steps = program.instructions
    found: dict[int, Spelling] = {}
    for k, step in enumerate(steps):
        masks = [steps[j].dtype == np.bool_ for j in step.operands]
        if step.op is mul and step.dtype.kind == "f" and any(masks):
            found[k] = entries[k]._replace(write=partial(_write_product, entries[k].write, masks))
    return found


def _write_product(
    write: Any, masks: Sequence[bool], step: Instruction, operands: Sequence[Expr], keep: Keep
) -> Expr:
    factors = [
        Expr(f"np.where({each}, 1.0, 0.0)") if mask else each
        for each, mask in zip(operands, masks, strict=True)
    ]
    product: Expr = write(step, factors, keep)
    return product


def _as_numpy(jnp: Any) -> Any:
    """Return `jax.numpy`, where what a text uses has another meaning or is not there, with that."""
    own = {
        "array": np.array,  # an index or an option, which jit has to know
        "errstate": lambda **ignored: lambda function: function,
        "fix": jnp.trunc,
        "lib": SimpleNamespace(stride_tricks=SimpleNamespace(sliding_window_view=_windows)),
    }
    return SimpleNamespace(**{**vars(jnp), **own})


def _accumulate_at(full: Any, index: Any, g: Any) -> Any:
    """Add to places in the way of JAX, which does not write in place."""
    return full.at[index].add(g)


def _windows(x: Any, window_shape: Any, axis: Any = None) -> Any:
    """Take windows from their places, since JAX has no views."""
    places = np.arange(x.size).reshape(x.shape)
    return x.ravel()[np.lib.stride_tricks.sliding_window_view(places, window_shape, axis)]


def _put(base: Any, *elements: Any, indices: tuple[Any, ...]) -> Any:
    """Put elements into places in the way of JAX."""
    for index, element in zip(indices, elements, strict=True):
        base = base.at[index].set(element)
    return base


# --- what goes in ------------------------------------------------------------------------------


def _precision(program: Program) -> Callable[[], AbstractContextManager[Any]]:
    """Return a context in which JAX has the dtypes of a program."""
    steps = program.instructions
    if not any(step.dtype == np.float64 and type(step.data) is not float for step in steps):
        return nullcontext
    jax = jax_module()
    return lambda: jax.enable_x64(True)


def _copy_arrays(leaves: Sequence[Any]) -> list[Any]:
    """Copy NumPy's arrays: JAX still reads them when the call has returned, and they may change."""
    return [leaf.copy() if isinstance(leaf, np.ndarray) else leaf for leaf in leaves]


def _check(program: Program, leaves: Sequence[Any]) -> None:
    for k, leaf in zip((*program.inputs, *program.seeds), leaves, strict=True):
        step = program.instructions[k]
        if (leaf.shape, leaf.dtype) == (step.shape, step.dtype):
            continue
        advice = "trace it with arrays like these"
        if step.dtype == np.float64 and leaf.dtype == np.float32:
            advice = "call it under jax.enable_x64(True), or trace it with float32 arrays"
        raise TypeError(
            f"jax: expected {step.name or step.kind} of {step.dtype} and shape {step.shape}, with "
            f"which the function was traced, got {leaf.dtype} and {leaf.shape}; {advice}"
        )
