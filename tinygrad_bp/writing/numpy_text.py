"""The one table of how each op is written in NumPy.

An entry says how the text of an op comes from those of its operands, and which helper stands
above it. A helper is the exact formula of the engine, so that results agree to the last bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..programs.program import Instruction
from .expressions import COMPARISON, POWER, PRODUCT, SUM, UNARY, Expr, infix, inside
from .literals import Keep, index_text, literal

Write = Callable[[Instruction, Sequence[Expr], Keep], Expr]


class Entry(NamedTuple):
    """How an op is written, what its result may be called, and the helper that it calls."""

    write: Write
    word: str
    helper: str = ""


def _operator(symbol: str, level: int, word: str) -> Entry:
    return Entry(lambda step, operands, keep: infix(symbol, level, operands), word)


def _call(function: str, word: str = "", helper: str = "", **defaults: Any) -> Entry:
    """Write a call: the operands, then the options that are not the function's own defaults."""

    def write(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
        options = [
            f"{key}={_option(item, keep)}"
            for key, item in step.metadata.items()
            if key not in defaults or item is not defaults[key]
        ]
        return Expr(f"{function}({', '.join([*map(str, operands), *options])})")

    return Entry(write, word or function.rpartition(".")[2], helper)


def _option(item: Any, keep: Keep) -> str:
    """Write an option; one axis without parentheses."""
    single = isinstance(item, tuple) and len(item) == 1 and isinstance(item[0], int)
    return literal(item[0] if single else item, keep)


def _joined(function: str, word: str) -> Entry:
    """Write a call with the operands in brackets."""

    def write(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
        options = [f"{key}={literal(item, keep)}" for key, item in step.metadata.items() if item]
        parts = ", ".join(map(str, operands))
        return Expr(f"{function}({', '.join([f'[{parts}]', *options])})")

    return Entry(write, word)


def _neg(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    return Expr(f"-{inside(operands[0], POWER)}", UNARY)


def _transpose(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    axes = step.metadata["axes"]
    if axes is None or tuple(axes) == tuple(range(len(step.shape)))[::-1]:
        return Expr(f"{inside(operands[0], POWER + 1)}.T")
    return Expr(f"np.transpose({operands[0]}, {literal(tuple(axes), keep)})")


def _to_shape(function: str) -> Write:
    return lambda step, operands, keep: Expr(
        f"{function}({operands[0]}, {literal(tuple(step.shape), keep)})"
    )


def _astype(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    dtype = literal(step.metadata["dtype"], keep)
    return Expr(f"{inside(operands[0], POWER + 1)}.astype({dtype})")


def _getitem(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    index = index_text(_without_ellipsis(step.metadata["index"], len(step.shape)), keep)
    return Expr(f"{inside(operands[0], POWER + 1)}[{index}]")


def _without_ellipsis(index: Any, ndim: int) -> Any:
    """Write [:, None] for [..., None], where the dots stand for one axis."""
    if not isinstance(index, tuple) or not any(part is ... for part in index):
        return index
    plain = all(part is ... or part is None or isinstance(part, slice) for part in index)
    if not plain or len(index) != ndim:
        return index
    return tuple(slice(None) if part is ... else part for part in index)


def _scatter_add(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    index, shape = (step.metadata[key] for key in ("index", "shape"))
    shape = literal(shape, keep)
    return Expr(f"scatter_add({operands[0]}, {_index_option(index, keep)}, {shape})")


def _index_option(index: Any, keep: Keep) -> str:
    """Write an index as an argument of a function."""
    parts = index if isinstance(index, tuple) else (index,)
    sliced = any(isinstance(each, slice) for each in parts)
    return f"np.s_[{index_text(index, keep)}]" if sliced else literal(index, keep)


def _put(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    indices = [_index_option(each, keep) for each in step.metadata["indices"]]
    return Expr(f"put({', '.join(map(str, operands))}, indices=[{', '.join(indices)}])")


def _einsum(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    subscripts, optimize = (literal(step.metadata[k], keep) for k in ("subscripts", "optimize"))
    how = "" if optimize == "False" else f", optimize={optimize}"
    return Expr(f"np.einsum({subscripts}, {', '.join(map(str, operands))}{how})")


def _sinc(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
    order = step.metadata["order"]
    return Expr(f"slope_of_sinc({operands[0]}, {order})" if order else f"np.sinc({operands[0]})")


def from_template(template: str) -> Entry:
    """Make an entry of a text with ``{0}``, ``{1}`` for operands and ``{axis}`` for options."""

    def write(step: Instruction, operands: Sequence[Expr], keep: Keep) -> Expr:
        options = {key: literal(item, keep) for key, item in step.metadata.items()}
        parts = [inside(each, POWER + 1) for each in operands]
        return Expr(template.format(*parts, **options), COMPARISON - 1)

    return Entry(write, "result")


_SHIFT = """
def shift_for_exp(a, axis):
    shift = np.max(a, axis=axis, keepdims=True)
    return np.where(np.isfinite(shift), shift, shift.dtype.type(0))
"""
_LOGSUMEXP = (
    _SHIFT
    + """
def logsumexp(a, axis, keepdims):
    shift = shift_for_exp(a, axis)
    total = np.log(np.exp(a - shift).sum(axis=axis, keepdims=True)) + shift
    return total if keepdims else total.squeeze(axis)[()]
"""
)
_SIGMOID = """
@np.errstate(over="ignore")
def sigmoid(a):
    return 1 / (1 + np.exp(-a))
"""
_SOFTMAX = (
    _SHIFT
    + """
def softmax(a, axis):
    e = np.exp(a - shift_for_exp(a, axis))
    return e / e.sum(axis=axis, keepdims=True)
"""
)
_LOG_SOFTMAX = (
    _LOGSUMEXP
    + """
def log_softmax(a, axis):
    return a - logsumexp(a, axis, True)
"""
)
_SCATTER_ADD = """
def scatter_add(g, index, shape):
    full = np.zeros(shape, g.dtype)
    np.add.at(full, index, g)
    return full
"""

_PUT = """
def put(base, *elements, indices):
    y = np.array(base)
    for index, element in zip(indices, elements):
        y[index] = element
    return y
"""
_GATHER = """
def gather(a, places):
    return np.concatenate([np.zeros(1, a.dtype), np.ravel(a)])[places]
"""
_SCATTER = """
def scatter(g, places, shape):
    total = np.zeros(1 + int(np.prod(shape)), g.dtype)
    np.add.at(total, np.ravel(places), np.ravel(g))
    return total[1:].reshape(shape)[()]
"""
_EIGH = """
def eigh(a, UPLO):
    w, v = np.linalg.eigh(a, UPLO)
    return np.concatenate([w[..., None, :], v], axis=-2)
"""
_SVD = """
def svd(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.concatenate([u, s[..., None, :], vh.mT], axis=-2)
"""
_QR = """
def qr(a):
    return np.concatenate(np.linalg.qr(a), axis=-2)
"""

_ADD_ALONG = """
def add_along(g, places, axis, size):
    shape = list(g.shape)
    shape[axis] = size
    index = list(np.indices(g.shape, sparse=True))
    index[axis] = places
    total = np.zeros(shape, g.dtype)
    np.add.at(total, tuple(index), g)
    return total
"""

_SINC = """
def slope_of_sinc(a, order):
    from math import factorial
    z = np.asarray(a * np.pi)
    near = np.abs(z) <= order + 1
    far = np.where(near, 1, z).astype(z.dtype)
    slope = np.sin(far) / far
    for k in range(1, order + 1):
        slope = (np.sin(far + k * (np.pi / 2)) - k * slope) / far
    small = np.where(near, z, 0).astype(z.dtype)
    series = np.zeros_like(z)
    for m in range((order + 1) // 2, 2 * order + 16):
        power = 2 * m - order
        series += small**power * ((-1) ** m / (factorial(power) * (2 * m + 1)))
    return np.where(near, series, slope) * np.pi**order
"""

#: What is called in NumPy as in the table.
_SAME_NAME = """
exp exp2 expm1 log log2 log10 log1p sqrt cbrt square reciprocal logaddexp logaddexp2 positive
tanh sin cos tan sinh cosh arcsin arccos arctan arcsinh arccosh arctanh arctan2 hypot
maximum minimum fmax fmin fmod cross convolve sign heaviside floor ceil trunc rint round around
fix floor_divide isnan isinf isfinite isposinf isneginf signbit cumsum cumprod
logical_and logical_or logical_xor logical_not argsort argpartition count_nonzero searchsorted
nan_to_num flip flipud fliplr roll rot90 tile repeat resize delete take take_along_axis diag
diagflat diagonal pad
"""

ENTRIES: Mapping[str, Entry] = {
    "add": _operator("+", SUM, "total"),
    "sub": _operator("-", SUM, "difference"),
    "mul": _operator("*", PRODUCT, "product"),
    "div": _operator("/", PRODUCT, "quotient"),
    "matmul": _operator("@", PRODUCT, "product"),
    "pow": _operator("**", POWER, "power"),
    "remainder": _operator("%", PRODUCT, "remainder"),
    "neg": Entry(_neg, "negative"),
    "greater": _operator(">", COMPARISON, "mask"),
    "greater_equal": _operator(">=", COMPARISON, "mask"),
    "less": _operator("<", COMPARISON, "mask"),
    "less_equal": _operator("<=", COMPARISON, "mask"),
    "equal": _operator("==", COMPARISON, "mask"),
    "not_equal": _operator("!=", COMPARISON, "mask"),
    "relu": Entry(lambda step, operands, keep: Expr(f"np.maximum({operands[0]}, 0)"), "positive"),
    "sigmoid": _call("sigmoid", "activation", _SIGMOID),
    "softmax": _call("softmax", "probabilities", _SOFTMAX),
    "log_softmax": _call("log_softmax", "logarithms", _LOG_SOFTMAX),
    "logsumexp": _call("logsumexp", "total", _LOGSUMEXP),
    "abs": _call("np.abs", "size"),
    **{name: _call(f"np.{name}") for name in _SAME_NAME.split()},
    "sum": _call("np.sum", "total", axis=None, keepdims=False),
    **{
        name: _call(f"np.{name}", axis=None, keepdims=False)
        for name in ("prod", "max", "min", "any", "all", "argmax", "argmin")
    },
    **{
        name: _call(f"np.linalg.{name}")
        for name in ("inv", "pinv", "solve", "det", "cholesky", "eigvalsh")
    },
    "root": _call("np.sqrt"),
    "where": _call("np.where", "choice"),
    "transpose": Entry(_transpose, "transposed"),
    "reshape": Entry(_to_shape("np.reshape"), "reshaped"),
    "broadcast_to": Entry(_to_shape("np.broadcast_to"), "repeated"),
    "astype": Entry(_astype, "converted"),
    "concatenate": _joined("np.concatenate", "joined"),
    "getitem": Entry(_getitem, "part"),
    "einsum": Entry(_einsum, "product"),
    "sinc": Entry(_sinc, "sinc", _SINC),
    "logabsdet": Entry(lambda step, a, keep: Expr(f"np.linalg.slogdet({a[0]})[1]"), "logarithm"),
    "svdvals": Entry(
        lambda step, a, keep: Expr(f"np.linalg.svd({a[0]}, compute_uv=False)"), "spectrum"
    ),
    "lstsq": Entry(
        lambda step, a, keep: Expr(
            f"np.linalg.lstsq({a[0]}, {a[1]}, rcond={literal(step.metadata['rcond'], keep)})[0]"
        ),
        "solution",
    ),
    "along": _call("np.take_along_axis", "taken"),
    "add_along": _call("add_along", "added", _ADD_ALONG),
    "gather": _call("gather", "gathered", _GATHER),
    "scatter": _call("scatter", "scattered", _SCATTER),
    "eigh": _call("eigh", "spectrum", _EIGH),
    "svd": _call("svd", "factors", _SVD),
    "qr": _call("qr", "factors", _QR),
    "put": Entry(_put, "filled", _PUT),
    "scatter_add": Entry(_scatter_add, "scattered", _SCATTER_ADD),
}
