"""Programs as JavaScript: functions of arrays, for pages that compute.

Operators and functions of numbers stand in one table here. What only moves elements, or fills an
array, is known by what it does to the numbers of their places; everything else is taken apart
until only these are left. The few functions of arrays that are called stand in `arrays.js` of the
room `exploring`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..kernel import Op
from ..ops.assigning import _put
from ..ops.einsum import _einsum, _spell_out
from ..ops.linalg import _logabsdet
from ..ops.lookups import IndexPart, add_at, at, fill_in
from ..ops.rearranging import number_places
from ..ops.shaping import _astype
from ..ops.sorting import _add_along, _along
from ..programs.addresses import Address, find_destinations, find_steps, move_places, row_major
from ..programs.expanding import expand
from ..programs.program import Instruction, Kind, Program

#: What is computed number by number; truth is 1 and 0.
_OF_NUMBERS: Mapping[Any, str] = {
    np.add: "(a, b) => a + b",
    np.subtract: "(a, b) => a - b",
    np.multiply: "(a, b) => a * b",
    np.divide: "(a, b) => a / b",
    np.power: "(a, b) => (a === 1 ? 1 : a ** b)",
    np.negative: "(a) => -a",
    np.positive: "(a) => a",
    np.absolute: "Math.abs",
    np.reciprocal: "(a) => 1 / a",
    np.square: "(a) => a * a",
    np.sqrt: "Math.sqrt",
    np.cbrt: "Math.cbrt",
    np.hypot: "Math.hypot",
    np.exp: "Math.exp",
    np.exp2: "(a) => 2 ** a",
    np.expm1: "Math.expm1",
    np.log: "Math.log",
    np.log2: "Math.log2",
    np.log10: "Math.log10",
    np.log1p: "Math.log1p",
    np.logaddexp: "(a, b) => (a === b ? a + Math.LN2"
    " : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))))",
    np.logaddexp2: "(a, b) => (a === b ? a + 1"
    " : Math.max(a, b) + Math.log1p(2 ** -Math.abs(a - b)) / Math.LN2)",
    np.sin: "Math.sin",
    np.cos: "Math.cos",
    np.tan: "Math.tan",
    np.arcsin: "Math.asin",
    np.arccos: "Math.acos",
    np.arctan: "Math.atan",
    np.arctan2: "Math.atan2",
    np.sinh: "Math.sinh",
    np.cosh: "Math.cosh",
    np.tanh: "Math.tanh",
    np.arcsinh: "Math.asinh",
    np.arccosh: "Math.acosh",
    np.arctanh: "Math.atanh",
    np.maximum: "Math.max",
    np.minimum: "Math.min",
    np.fmax: "(a, b) => (a !== a ? b : b !== b ? a : Math.max(a, b))",
    np.fmin: "(a, b) => (a !== a ? b : b !== b ? a : Math.min(a, b))",
    np.sign: "Math.sign",
    np.floor: "Math.floor",
    np.ceil: "Math.ceil",
    np.trunc: "Math.trunc",
    np.rint: "(a) => (Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a))",
    np.floor_divide: "(a, b) => Math.floor(a / b)",
    np.remainder: "(a, b) => (a % b && a % b < 0 !== b < 0 ? (a % b) + b : a % b)",
    np.fmod: "(a, b) => a % b",
    np.isnan: "(a) => +(a !== a)",
    np.isfinite: "(a) => +Number.isFinite(a)",
    np.isinf: "(a) => +(a === Infinity || a === -Infinity)",
    np.greater: "(a, b) => +(a > b)",
    np.greater_equal: "(a, b) => +(a >= b)",
    np.less: "(a, b) => +(a < b)",
    np.less_equal: "(a, b) => +(a <= b)",
    np.equal: "(a, b) => +(a === b)",
    np.not_equal: "(a, b) => +(a !== b)",
    np.logical_and: "(a, b) => +(a !== 0 && b !== 0)",
    np.logical_or: "(a, b) => +(a !== 0 || b !== 0)",
    np.logical_xor: "(a, b) => +((a !== 0) !== (b !== 0))",
    np.logical_not: "(a) => +(a === 0)",
    np.where: "(condition, a, b) => (condition !== 0 ? a : b)",
}
#: What the reductions of NumPy's functions begin with.
_FIRST: Mapping[np.ufunc, str] = {
    np.add: "0",
    np.multiply: "1",
    np.maximum: "-Infinity",
    np.minimum: "Infinity",
    np.logical_or: "0",
    np.logical_and: "1",
}
#: What is taken together step by step along an axis.
_ACCUMULATES: Mapping[Any, np.ufunc] = {np.cumsum: np.add, np.cumprod: np.multiply}
#: What is a function of arrays.
_OF_ARRAYS: Mapping[Any, str] = {
    np.matmul: "matmul",
    np.convolve: "convolve",
}
#: What is done with square matrices, the last two axes.
_OF_MATRICES: Mapping[Any, str] = {
    np.linalg.solve: "solve",
    np.linalg.inv: "inverse",
    np.linalg.det: "determinant",
    np.linalg.cholesky: "cholesky",
}
#: What gives places along an axis, or among all elements.
_GIVES_PLACES: Mapping[Any, str] = {
    np.argmax: "extreme((x, most) => x > most, ",
    np.argmin: "extreme((x, least) => x < least, ",
    np.argsort: "sorted(",
    np.argpartition: "sorted(",
}
#: What reads or writes at places that are operands.
_AT_PLACES = (at, add_at, _along, _add_along)
#: What NumPy's sums of truth values are.
_OF_TRUTHS = {np.add: np.logical_or, np.multiply: np.logical_and}


class NotWrittenError(TypeError):
    """It is not known how an op is written; `op` is its name."""

    def __init__(self, op: str) -> None:
        super().__init__(f"it is not known how {op} is written in JavaScript")
        self.op = op


class JavaScript:
    """Functions of JavaScript, each written once, and what they all use.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> script = JavaScript()
    >>> script.add(bp.derive(lambda x: np.tanh(x) * 2, 0.5).program, ["x"])
    0
    >>> print(script.text())
    (() => {
    const tanh = elementwise(Math.tanh);
    const multiply = elementwise((a, b) => a * b);
    return [
    (x) => multiply(tanh(x), 2),
    ];
    })()
    """

    def __init__(self) -> None:
        self._functions: dict[str, int] = {}
        self._uses: dict[str, str] = {}
        self._places: dict[str, str] = {}

    def add(
        self, program: Program, inputs: Sequence[str], parameters: Sequence[str] | None = None
    ) -> int:
        """Write the outputs of a program as a function of its inputs: one, or a list of them.

        Parameters
        ----------
        program : Program
            Typed.
        inputs : sequence of str
            What its inputs are called.
        parameters : sequence of str, optional
            What the function takes, where that is more.

        Returns
        -------
        int
            Its place among the functions; that of an earlier one of the same text.

        Raises
        ------
        NotWrittenError
            If an op is not known, and is not composed of known ones.
        """
        text = f"({', '.join(parameters or inputs)}) => {self._body(program, inputs)}"
        return self._functions.setdefault(text, len(self._functions))

    def text(self) -> str:
        """Write an expression that gives the list of the functions."""
        uses = [f"const {name} = {definition};\n" for name, definition in self._uses.items()]
        uses += [f"const {name} = {places};\n" for places, name in self._places.items()]
        functions = [f"{function},\n" for function in self._functions]
        return f"(() => {{\n{''.join(uses)}return [\n{''.join(functions)}];\n}})()"

    def _body(self, program: Program, inputs: Sequence[str]) -> str:
        program = expand(program, is_known)
        named = dict(zip(program.inputs, inputs, strict=True))
        uses = _uses(program)
        texts: list[str] = []
        lines: list[str] = []
        for k, step in enumerate(program.instructions):
            text = named.get(k, "")
            if not text and uses[k]:
                text = self._step(step, program.instructions, texts)
            if step.op is not None and uses[k] > 1:
                lines.append(f"const t{k} = {text};")
                text = f"t{k}"
            texts.append(text)
        results = [texts[k] for k in program.outputs]
        result = results[0] if len(results) == 1 else f"[{', '.join(results)}]"
        return f"{{ {' '.join(lines)} return {result}; }}" if lines else result

    # --- one step --------------------------------------------------------------------------

    def _step(self, step: Instruction, steps: Sequence[Instruction], texts: Sequence[str]) -> str:
        if step.op is None:
            assert step.kind is Kind.CONSTANT, step.kind
            return self._constant(np.asarray(step.data))
        if not is_known(step):
            raise NotWrittenError(step.op_name)
        operands = [texts[k] for k in step.operands]
        shapes = [steps[k].shape for k in step.operands]
        return self._write_op(step, step.op, operands, shapes)

    def _write_op(
        self, step: Instruction, op: Op, operands: list[str], shapes: Sequence[tuple[int, ...]]
    ) -> str:
        if op.moves:
            place = Address(0, 0, row_major(shapes[0]))
            places = self._where(move_places(step, place, shapes[0]))
            return f"take({operands[0]}, {places}, {_list(step.shape)})"
        if op.fills:
            puts = zip(operands, find_destinations(step, shapes), strict=True)
            parts = [f"{a}, {self._where(to)}" for a, to in puts]
            return f"put({_list(step.shape)}, {', '.join(parts)})"
        if op.reduces is not None:
            axes = _axes(step.metadata.get("axis"), len(shapes[0]))
            reduce = self._reduction(op.reduces)
            return f"{reduce}({operands[0]}, {axes}, {_list(step.shape)})"
        if op.numpy in _ACCUMULATES:
            ufunc = _ACCUMULATES[op.numpy]
            axis = step.metadata["axis"] % len(shapes[0])
            return f"accumulate({_OF_NUMBERS[ufunc]}, {operands[0]}, {axis})"
        if op is _einsum:
            terms, output = _spell_out(step.metadata["subscripts"], [*map(len, shapes)])
            return f'einsum("{",".join(terms)}->{output}", {", ".join(operands)})'
        if op is _put:
            base, *elements = operands
            places = number_places(step.shape, first=0)
            for element, index in zip(elements, step.metadata["indices"], strict=True):
                to = places[index]
                base = f"assigned({base}, {element}, {self._where(to)}, {_list(to.shape)})"
            return base
        if op in _AT_PLACES:
            return self._at_places(step, op, operands, shapes)
        if op.numpy in _GIVES_PLACES:
            return self._places_given(step, op, operands[0], shapes[0])
        if op.numpy in _OF_ARRAYS:
            return f"{_OF_ARRAYS[op.numpy]}({', '.join(operands)})"
        if op.numpy in _OF_MATRICES:
            if len({shape[:-2] for shape in shapes}) > 1:
                raise NotWrittenError(op.name)
            return f"{_OF_MATRICES[op.numpy]}({', '.join(operands)})"
        if op is _logabsdet:
            log, size = self._of_numbers(np.log), self._of_numbers(np.absolute)
            return f"{log}({size}(determinant({operands[0]})))"
        if op is _astype:
            return operands[0]
        function: Any = op.numpy
        if step.dtype == np.bool_:
            function = _OF_TRUTHS.get(function, function)
        return f"{self._of_numbers(function)}({', '.join(operands)})"

    def _places_given(self, step: Instruction, op: Op, operand: str, shape: Any) -> str:
        sorts = op.numpy in (np.argsort, np.argpartition)
        axis = step.metadata.get("axis", -1 if sorts else None)
        ndim = len(shape)
        if axis is None:
            ndim, operand = 1, f"reshaped({operand}, [{int(np.prod(shape))}])"
        found = f"{_GIVES_PLACES[op.numpy]}{operand}, {(-1 if axis is None else axis) % ndim})"
        return found if sorts and axis is not None else f"reshaped({found}, {_list(step.shape)})"

    def _at_places(self, step: Instruction, op: Op, operands: list[str], shapes: Any) -> str:
        """Write what reads at places that are operands, or adds there; the places are led there."""
        first, *places = operands
        adds = op in (add_at, _add_along)
        shape = step.shape if adds else shapes[0]
        index = step.metadata.get("index") or _index_along(step, shapes[1])
        led = ", ".join(self._leads(index, shape, shapes[1:], places))
        if adds:
            return f"put({_list(shape)}, {first}, led({led}))"
        return f"take({first}, led({led}), {_list(step.shape)})"

    def _leads(self, index: Any, shape: Any, lengths: Any, places: Sequence[str]) -> Iterator[str]:
        """Write where an index leads with zeros for its operands, then what each of them adds.

        That is, for each element, one step along the axis, times the place that one of the
        operand's elements is, counted from behind where it is negative.
        """
        zeros = [np.zeros(length, int) for length in lengths]
        yield self._where(number_places(shape, first=0)[fill_in(index, zeros)])
        axes = [axis for axis, part in _axes_of(index, len(shape)) if part is IndexPart.OPERAND]
        for k, (axis, place) in enumerate(zip(axes, places, strict=True)):
            own = np.arange(zeros[k].size).reshape(lengths[k])
            wide = [*shape]
            wide[axis] = max(own.size, 1)
            along = np.arange(wide[axis]).reshape([-1, *[1] * (len(shape) - 1 - axis)])
            filled = fill_in(index, [*zeros[:k], own, *zeros[k + 1 :]])
            which = self._where(np.broadcast_to(along, wide)[filled])
            yield f"[{place}, {which}, {row_major(shape)[axis]}, {shape[axis]}]"

    def _of_numbers(self, function: Any) -> str:
        name: str = function.__name__
        self._uses.setdefault(name, f"elementwise({_OF_NUMBERS[function]})")
        return name

    def _reduction(self, ufunc: np.ufunc) -> str:
        name = f"reduce_{ufunc.__name__}"
        self._uses.setdefault(name, f"reduction({_OF_NUMBERS[ufunc]}, {_FIRST[ufunc]})")
        return name

    def _where(self, places: Any) -> str:
        """Name places, written as a start and steps where that says it all."""
        found = find_steps(np.asarray(places))
        if found is None:
            text = _list(np.ravel(places).tolist())
        else:
            text = f"spread({found[0]}, {_list(found[1])}, {_list(np.shape(places))})"
        return self._places.setdefault(text, f"places_{len(self._places)}")

    def _constant(self, data: Any) -> str:
        if data.ndim == 0:
            return _number(data)
        text = f"{{ shape: {_list(data.shape)}, data: [{', '.join(map(_number, data.ravel()))}] }}"
        return self._places.setdefault(text, f"places_{len(self._places)}")


def _uses(program: Program) -> Counter[int]:
    """Count how often each step is read, on the way to an output."""
    uses = Counter(program.outputs)
    for k in reversed(range(len(program.instructions))):
        if uses[k]:
            uses.update(program.instructions[k].operands)
    return uses


def _index_along(step: Instruction, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Return the index that takes elements along an axis, with a gap for the places."""
    index: list[Any] = list(np.indices(shape, sparse=True))
    index[step.metadata["axis"]] = IndexPart.OPERAND
    return tuple(index)


def _axes_of(index: Sequence[Any], ndim: int) -> Iterator[tuple[int, Any]]:
    """Yield the parts of an index, each with the axis that it is about."""
    used = [_axes_used(part) for part in index]
    axis = 0
    for part, count in zip(index, used, strict=True):
        yield axis, part
        axis += ndim - sum(used) if part is Ellipsis else count


def _axes_used(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    array = np.asarray(0 if isinstance(part, slice | IndexPart) else part)
    return array.ndim if array.dtype == np.bool_ else 1


def is_known(step: Instruction) -> bool:
    """Return whether an op is written as it is."""
    op = step.op
    assert op is not None
    if op.moves or op.fills or op in (_astype, _einsum, _logabsdet, _put, *_AT_PLACES):
        return True
    if op.reduces is not None:
        return op.reduces in _FIRST
    if any(op.numpy in known for known in (_OF_ARRAYS, _OF_MATRICES, _ACCUMULATES, _GIVES_PLACES)):
        return True
    return op.numpy in _OF_NUMBERS and not step.metadata


def _axes(axis: Any, ndim: int) -> str:
    axes = range(ndim) if axis is None else np.atleast_1d(axis) % max(ndim, 1)
    return _list([int(k) for k in axes])


def _list(numbers: Sequence[int]) -> str:
    return f"[{', '.join(str(int(n)) for n in numbers)}]"


def _number(x: Any) -> str:
    x = float(x)
    if not np.isfinite(x):
        return "NaN" if np.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    return str(int(x)) if x.is_integer() and abs(x) < 2**53 and str(x) != "-0.0" else repr(x)
