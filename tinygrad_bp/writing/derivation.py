"""`derive`: the backward pass of a function, written out as source and as formulas."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..kernel import Value
from ..kernel.data import as_data
from ..programs.defining import define
from ..programs.program import Program
from ..programs.steadiness import are_same
from ..programs.trace import Traced, trace
from ..saving import write
from ..trees import flatten, rebuild
from .latex import Formulas
from .lines import Lines
from .numpy_text import from_template, make_readable
from .source import write_source


class Derivation:
    """A function and its backward pass, written out; made by `derive`.

    Called like the function, with arguments of the shapes that it was traced with, it returns
    ``(value, gradients)``: it runs the text in `source`.

    Attributes
    ----------
    program : Program
        The steps as plain data, for tools.
    """

    def __init__(
        self, traced: Traced, text: Mapping[str, str], like: Derivation | None = None
    ) -> None:
        entries = {name: from_template(template) for name, template in text.items()}
        self._traced = traced = replace(traced, program=make_readable(traced.program, entries))
        named = None if like is None else like.lines
        self._source = write_source(traced, entries, named)

    @property
    def program(self) -> Program:
        """The steps as plain data."""
        return self._traced.program

    @property
    def lines(self) -> Lines:
        """The assignments in the source, for tools."""
        return self._source.lines

    @cached_property
    def source(self) -> str:
        """NumPy text of a module with one function, which returns value and gradients."""
        return self._source.text()

    @property
    def complete_source(self) -> str:
        """The same with large arrays in it, in hexadecimal, where `source` takes arguments."""
        return self._source.text(complete=True)

    # --- running it ------------------------------------------------------------------------

    @cached_property
    def _function(self) -> Callable[..., Any]:
        name = self._source.name
        function: Callable[..., Any] = define(self.source, name, f"derivation {name}")
        return function

    def __call__(self, *args: Any, seed: Any = None) -> tuple[Any, Any]:
        """Compute the value and the gradients.

        Parameters
        ----------
        *args
            The arguments of the function, of the shapes with which it was traced.
        seed : tree, optional
            The cotangent of a value that is not one scalar, of its structure and shapes.

        Returns
        -------
        value : tree
            What the function returns.
        gradients : tree
            In the structure of the argument; a tuple of such for several arguments.

        Raises
        ------
        TypeError, ValueError
            If arguments do not fit what was traced.
        """
        traced = self._traced
        if len(args) != len(traced.arguments):
            raise TypeError(
                f"{self._source.name}: expected {len(traced.arguments)} arguments, "
                f"{', '.join(traced.parameters)}, got {len(args)}"
            )
        given = [
            self._check(name, k, mine, like)
            for k, (name, mine, like) in enumerate(
                zip(traced.parameters, args, traced.arguments, strict=True)
            )
        ]
        passed = [given[k] for k in traced.traced]
        if traced.program.seeds:
            if seed is None:
                raise ValueError(
                    f"{self._source.name}: the value is not a scalar, so its cotangent is needed: "
                    "pass seed=, of the structure and shapes of the value"
                )
            passed.append(self._fit("seed", seed, traced.value))
        elif seed is not None:
            raise TypeError(f"{self._source.name}: the value is a scalar, and takes no seed")
        value, gradients = self._function(*passed, **self._source.large)
        trees = tuple(traced.arguments[k] for k in traced.differentiated)
        structure = trees[0] if traced.single else trees
        return _like(value, traced.value), _like(gradients, structure)

    def _check(self, name: str, k: int, given: Any, like: Any) -> Any:
        if k in self._traced.traced:
            return self._fit(name, given, like)
        if not are_same(given, like):
            raise ValueError(
                f"{self._source.name}: {name} is not what it was when this was derived, and is "
                "part of it; derive again, or pass it as floats to make it an input"
            )
        return given

    def _fit(self, name: str, given: Any, like: Any) -> Any:
        wanted, found = flatten(like), flatten(given)
        if [path for path, _ in wanted] != [path for path, _ in found]:
            raise ValueError(
                f"{self._source.name}: expected {name} with {[p for p, _ in wanted]}, got "
                f"{[p for p, _ in found]}"
            )
        leaves = []
        for (path, leaf), (_, mine) in zip(wanted, found, strict=True):
            numbers = as_data(mine.data if isinstance(mine, Value) else mine, _dtype(leaf))
            if numbers.shape != np.shape(leaf):
                raise ValueError(
                    f"{self._source.name}: expected {' '.join(filter(None, (name, path)))} of "
                    f"shape {np.shape(leaf)}, with which it was derived, got {numbers.shape}; "
                    "derive again for another shape"
                )
            leaves.append(numbers)
        return rebuild(like, iter(leaves))

    def export(self, path: str | os.PathLike[str]) -> Path:
        """Write the source to a .py file that needs NumPy alone.

        Parameters
        ----------
        path : path_like
            The file, which is replaced as a whole or not at all.

        Returns
        -------
        Path
            The same path.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        write(path, self.complete_source.encode())
        return Path(path)

    # --- formulas --------------------------------------------------------------------------

    @cached_property
    def _formulas(self) -> Formulas:
        return Formulas(self._traced, self._source.lines)

    @cached_property
    def latex(self) -> str:
        """Formulas of all gradients: the chain rule along the paths, and in vector form."""
        return self._formulas.all()

    def latex_for(self, parameter: str | tuple[str, Any]) -> str:
        """Return the formulas of one gradient.

        Parameters
        ----------
        parameter : str or tuple of str and index
            The name of a parameter, ``"w_1"``, or one of its entries, ``("w_1", (1, 0))``.

        Returns
        -------
        str
            LaTeX for display mathematics: the product of derivatives along each path from the
            parameter to the output, through the nodes that have names. For a whole parameter
            its vector form too, where deltas are the derivatives by inner nodes.

        Raises
        ------
        KeyError
            If there is no such parameter.
        IndexError
            If there is no such entry.
        ValueError
            If there are too many paths to be read.
        """
        return self._formulas.of(parameter)

    # --- in a notebook ---------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<Derivation of {self._source.name.removesuffix('_and_gradients')}>"

    def __str__(self) -> str:
        return self.source

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"

    def _repr_html_(self) -> str:
        code = f"<pre><code>{html.escape(self.source)}</code></pre>"
        return f"{code}\n<div>{html.escape(self._repr_latex_())}</div>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {
            "text/plain": self.source,
            "text/html": self._repr_html_(),
            "text/latex": self._repr_latex_(),
        }


def _dtype(leaf: Any) -> Any:
    return np.float32 if getattr(leaf, "dtype", None) == np.float32 else np.float64


def _like(result: Any, tree: Any) -> Any:
    """Give results the structure that the user's containers have."""
    return rebuild(tree, iter([np.asarray(leaf)[()] for _, leaf in flatten(result)]))


def derive(
    fun: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    text: Mapping[str, str] | None = None,
) -> Derivation:
    """Write out a function and its backward pass, as NumPy source and as formulas.

    Parameters
    ----------
    fun : callable
        Computes with ops or with NumPy's functions. It is run a few times: the steps that it
        takes must not depend on the data.
    *args
        Its arguments: arrays, numbers, Values, and nested dicts, lists and tuples of them. What
        comes out is for their shapes.
    argnums : int or sequence of int, optional
        By which arguments to differentiate; all by default. Of the others, floats are inputs,
        and everything else (labels, options) stays as it is.
    text : dict of str to str, optional
        How a user's own ops are written: ``{"softplus": "np.logaddexp(0, {0})"}``, with ``{0}``,
        ``{1}`` for operands and ``{axis}`` for options.

    Returns
    -------
    Derivation
        Its `source`, its `latex`; and it is called like `fun`, for value and gradients. The
        gradients have the structure of the argument; there is a tuple of them for several
        arguments. Where the value is not one scalar, a cotangent is passed as ``seed=``.

    Raises
    ------
    TypeError
        If what is computed cannot be written out: it branches on data, turns traced Values into
        plain numbers, draws random numbers, or has an op whose text is not known.

    Notes
    -----
    Arrays that the function takes from outside become constants of the module, with their names.
    Numbers are written so that they come back exactly. The text computes with the same formulas
    as the engine, in the same order, so results agree to the last bits.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> def loss(w, x):
    ...     y = bp.named(np.tanh(x @ w), "y")
    ...     return np.sum(y**2)
    >>> derivation = bp.derive(loss, np.ones(3), np.ones((2, 3)), argnums=0)
    >>> print(derivation.source)
    import numpy as np
    <BLANKLINE>
    def loss_and_gradients(w, x):
        y = np.tanh(x @ w)
        power = y ** 2
        total = np.sum(power)
        d_w = x.T @ (2 * y * (1 - power))  # backward
        return total, d_w
    <BLANKLINE>
    >>> value, d_w = derivation(np.zeros(3), np.ones((2, 3)))
    """
    return Derivation(trace(fun, args, argnums), text or {})
