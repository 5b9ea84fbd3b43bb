"""`Op`: one row of the table of operations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, overload

import numpy as np

from .backward import Rule
from .context import recording
from .data import NUMBERS, WEAK, is_weak, refuse_class
from .history import clock
from .value import NOTHING, Value, _new, constant
from .views import Sharing

#: What Python writes as an operator.
OPERATORS: dict[Callable[..., Any], str] = {
    np.add: "+",
    np.subtract: "-",
    np.multiply: "*",
    np.divide: "/",
    np.remainder: "%",
    np.matmul: "@",
    np.power: "**",
    np.negative: "-",
    np.greater: ">",
    np.greater_equal: ">=",
    np.less: "<",
    np.less_equal: "<=",
    np.equal: "==",
    np.not_equal: "!=",
}
#: Where functions have the names by which they are written; those of SciPy are added when read.
HOMES: dict[Any, str] = {
    np: "np",
    np.linalg: "np.linalg",
    np.fft: "np.fft",
    np.lib.stride_tricks: "np.lib.stride_tricks",
}
_ARRAY = np.ndarray
_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
_RAISED_AGAIN = (ValueError, TypeError, IndexError, np.linalg.LinAlgError)


class Op:
    """An operation: a name, a forward function, one derivative rule per operand.

    An Op is called like a function. On Values it records a node; on arrays and numbers alone it
    gives what the forward function gives.

    Parameters
    ----------
    name : str
        What the op is called in tables, diagrams and errors.
    forward : callable
        ``forward(*operands, **metadata)`` on arrays gives the output array.
    *rules : callable or None
        For each operand ``rule(g, y, *operands, **metadata)``, the vector-Jacobian product: from
        the cotangent `g` of the output `y`, that of the operand. It is written with operators,
        NumPy's functions and ops, so that it runs on arrays and on Values alike. It need not
        undo broadcasting. None for an operand without a derivative.
    variadic : callable, optional
        Instead of `rules`, for any number of operands: one rule, which is told the operand in
        question as ``position=``.
    shares : bool or Sharing, optional
        Whether the output may be in the memory of an operand: a view, or the operand itself. A
        `Sharing` says how it can be assigned to, where NumPy lets it.
        False promises that the forward function always returns memory of its own, which a program
        can use; by default it takes a user's op to be one that may share.
    doc : str, optional
        What it computes.
    numpy : callable, optional
        NumPy's or SciPy's function that computes the same of the same operands and options. By
        default that which `forward` is, or which the op implements.
    text : str, optional
        How it is written in Python, where that is not a call of `numpy` or of `forward`:
        ``"np.logaddexp(0, {0})"`` with ``{0}``, ``{1}`` for operands and ``{axis}`` for options,
        ``{*}`` for all operands, ``{axis:, axis=}`` for an option that is left out where it is off.
    math : str, int or tuple, optional
        How it is written in formulas, where that is not its name: another name, ``"ln"``, or a
        layout with numbers for operands, ``("sup", "e", 0)``; see `writing.notation`.
    word : str, optional
        What a result without a name is called.
    elementwise : bool, optional
        Whether each element is computed from those at the same place, after broadcasting. Known
        by itself where `numpy` says so, and for what is composed of such ops.
    commutes : bool, optional
        Whether operands may change places.
    moves : bool, optional
        Whether the elements of the result are elements of the only operand, or 0.
    fills : bool, optional
        Whether each element of an operand is put somewhere into the result, or added there: the
        rules tell where to.
    reduces : numpy.ufunc, optional
        With what elements along the option ``axis`` are taken together.
    branch : callable, optional
        For a piecewise op ``branch(y, *operands, **metadata)``: a code for the piece that each
        unit is on, and whether one is exactly between two.

    Raises
    ------
    TypeError
        If the name is not a string, something else is not callable, or there are no rules.

    Notes
    -----
    Operands are positional, everything else (an axis, a shape) is metadata and keyword-only.

    Examples
    --------
    The softplus, a user's own op:

    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> softplus = bp.Op(
    ...     "softplus", lambda a: np.logaddexp(0, a), lambda g, y, a: g * bp.sigmoid(a)
    ... )
    >>> x = bp.Value(0.0)
    >>> softplus(x).backward()
    >>> x.grad
    np.float64(0.5)
    """

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        *rules: Rule,
        variadic: Callable[..., Any] | None = None,
        shares: bool | Sharing | None = None,
        doc: str | None = None,
        numpy: Callable[..., Any] | None = None,
        text: str | None = None,
        math: Any = None,
        word: str | None = None,
        elementwise: bool = False,
        commutes: bool = False,
        moves: bool = False,
        fills: bool = False,
        reduces: np.ufunc | None = None,
        branch: Callable[..., Any] | None = None,
    ) -> None:
        if not name or not isinstance(name, str):
            raise TypeError(f"Op: the name must be a string and not empty, got {name!r}")
        for part in (forward, *rules):
            if part is not None and not callable(part):
                raise TypeError(f"Op {name!r}: forward and rules must be callable, got {part!r}")
        if not rules and variadic is None:
            raise TypeError(f"Op {name!r}: expected a derivative rule for each operand, got none")
        self.name = name
        self.forward = forward
        self.rules: tuple[Rule, ...] = rules
        self.variadic = variadic
        self.arity = len(rules) if variadic is None else None
        self.shares = shares
        self._view = shares if isinstance(shares, Sharing) else None
        self.__doc__ = doc or f"The op {name!r}."
        self.text, self.math, self.word = text, math, word
        self.elementwise = elementwise or _is_elementwise(forward)
        self.commutes, self.moves, self.fills = commutes, moves, fills
        self.reduces, self.branch = reduces, branch
        self.numpy: Callable[..., Any] | None = None
        self.name_after(numpy or forward)

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def name_after(self, function: Callable[..., Any]) -> None:
        """Let one of NumPy's functions be what the op computes, unless that is known."""
        if self.numpy is None and _is_numpys(function):
            self.numpy = function
            self.elementwise = self.elementwise or _is_elementwise(function)

    def rule(self, position: int) -> Rule:
        """Return the derivative rule for the operand at a position, None where it has none."""
        if self.variadic is None:
            return self.rules[position]
        return partial(self.variadic, position=position)

    @property
    def symbol(self) -> str:
        """The operator that Python writes for it, "" where there is none."""
        return "" if self.numpy is None else OPERATORS.get(self.numpy, "")

    @overload  # as in `OfValues`
    def __call__(self, a: Value, /, *operands: Any, **metadata: Any) -> Value: ...
    @overload
    def __call__(self, a: Any, b: Value, /, *operands: Any, **metadata: Any) -> Value: ...
    @overload
    def __call__(self, *operands: Any, **metadata: Any) -> Any: ...
    def __call__(self, *operands: Any, **metadata: Any) -> Any:
        """Compute, and record a node where an operand is a Value."""
        if len(operands) != self.arity and self.arity is not None:
            raise TypeError(f"{self.name}: expected {self.arity} operands, got {len(operands)}")
        data: list[Any] = []
        found = mixed = requires_grad = False
        for operand in operands:
            if isinstance(operand, Value):
                data.append(operand._data)
                requires_grad = requires_grad or operand.requires_grad
                found = True
            else:
                data.append(operand)
                mixed = True
        if mixed:
            if not found:
                return self._on_arrays(operands, metadata)
            operands = self._with_constants(operands, data)
        try:
            result = self.forward(*data, **metadata) if metadata else self.forward(*data)
        except Exception as error:
            self._explain(error, operands)
        if type(result) is not _ARRAY or not result.ndim:
            if not isinstance(result, np.generic):
                result = np.asarray(result)
                self._check_result(result)
                result = result[()]
            if not requires_grad and result.dtype.kind in "fc" and all(map(is_weak, data)):
                result = result.item()
        if self.numpy is None and result.dtype not in _FLOATS:
            self._check_result(result)
        scope = recording.get()[0]
        if scope is None:
            node = constant(result)
        else:
            node = _new(Value)
            node._data = result
            node.op = self
            node._parents = operands
            node.metadata = metadata or NOTHING
            node.requires_grad = requires_grad
            node.scope = scope
            node._version = clock[0]
            node.grad = node.name = None
            node._retains_grad = False
        if self._view is not None:
            self._view.announce(node, self, metadata, operands[0])
        return node

    def _with_constants(self, operands: tuple[Any, ...], data: list[Any]) -> tuple[Value, ...]:
        """Make constants of what is no Value; beside an array Python's numbers are its data."""
        nodes = list(operands)
        for k, operand in enumerate(operands):
            if isinstance(operand, Value):
                continue
            if type(operand) in WEAK:
                nodes[k] = constant(operand)
            else:
                nodes[k] = constant(operand, what=f"{self.name}: operand {k}")
                data[k] = nodes[k]._data
        return tuple(nodes)

    def _check_result(self, result: Any) -> None:
        if result.dtype.char not in NUMBERS:
            raise TypeError(
                f"{self.name}: expected the forward function to return numbers, an array or "
                f"one, got dtype {result.dtype}: {str(result)[:60]}"
            )

    def _on_arrays(self, operands: tuple[Any, ...], metadata: dict[str, Any]) -> Any:
        """Compute without Values; beside an array Python's numbers take its precision."""
        for operand in operands:
            if type(operand) is not _ARRAY:
                break
        else:
            return self.forward(*operands, **metadata)
        weak = len(operands) > 1
        arrays = [
            a if type(a) is np.ndarray or (weak and type(a) in WEAK) else self._as_array(a)
            for a in operands
        ]
        result = self.forward(*arrays, **metadata)
        return np.asarray(result * 1.0)[()] if type(result) in WEAK else result

    def _as_array(self, operand: Any) -> Any:
        if isinstance(operand, np.generic):
            return operand
        refuse_class(type(operand), self.name)
        return np.asarray(operand)[()]

    def _explain(self, error: Exception, parents: tuple[Value, ...]) -> NoReturn:
        """Raise an error of the forward function again, with the operands in its text."""
        operands = ", ".join(
            f"operand {k}{f' ({p.name!r})' if p.name else ''} of shape {p.shape}"
            for k, p in enumerate(parents)
        )
        message = f"{self.name}: {error} [{operands}]"
        kind = type(error) if type(error) in _RAISED_AGAIN else None
        if kind is None:
            error.add_note(message)
            raise error
        raise kind(message) from error


def _is_numpys(function: Any) -> bool:
    """Return whether a function is one that NumPy has under its own name."""
    name = getattr(function, "__name__", "")
    return any(getattr(home, name, None) is function for home in HOMES)


def _is_elementwise(function: Any) -> bool:
    return isinstance(function, np.ufunc) and function.signature is None and function.nout == 1
