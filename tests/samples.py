"""One registry of samples: every row of the table of ops in a function, with its arguments.

The test over every row (`tests/ops/test_rows.py`) and the table in the documentation
(`docs/ops_backends.py`) read it.
"""

import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

import tinygrad_bp as bp
from tinygrad_bp.kernel import Op
from tinygrad_bp.kernel.dispatch import IMPLEMENTATIONS, plainly, read_all

read_all()

#: NumPy's functions without a derivative.
PLAIN = [
    function
    for function, found in IMPLEMENTATIONS.items()
    if isinstance(found, partial) and found.func is plainly
]


@cache
def rows() -> dict[str, Op]:
    """Return the rows of the table by name, in the order of its files; those for SciPy apart."""
    modules = [name for name in sorted(sys.modules) if name.startswith("tinygrad_bp.ops.")]
    own = [name for name in modules if "of_scipy" not in name]
    things = [thing for name in own for thing in vars(sys.modules[name]).values()]
    things += [each for each in IMPLEMENTATIONS.values() if not isinstance(each, Op)]
    found: dict[str, Op] = {}
    for thing in things:
        op = thing if isinstance(thing, Op) else getattr(thing, "op", None)
        if isinstance(op, Op):
            other = found.setdefault(op.name, op)
            assert other is op or op.moves, f"two rows are called {op.name!r}"
    return found


class Sample(NamedTuple):
    """A function in which a row is met.

    Attributes
    ----------
    fun : callable
        Of the arguments, arrays or Values.
    shapes : tuple
        Those of the arguments.
    low, high : float
        Between which numbers they are.
    analytic : bool
        Whether complex numbers can go through it.
    reference : callable or None
        What NumPy alone computes of arrays; by default `fun` itself, which is NumPy's.
    """

    fun: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...] = ((3, 3),)
    low: float = 0.1
    high: float = 0.9
    analytic: bool = True
    reference: Callable[..., Any] | None = None

    def arguments(self, seed: int = 7) -> list[Any]:
        """Return arguments: distinct numbers, no two of them near a kink between them."""
        rng = np.random.default_rng(seed)
        size = sum(int(np.prod(shape)) for shape in self.shapes)
        numbers = rng.permutation(np.linspace(self.low, self.high, size + 2)[1:-1])
        numbers *= 1 - seed % 7 / 64  # their sum differs, too
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])
        return [
            part.reshape(shape)[()]
            for part, shape in zip(np.split(numbers, ends[:-1]), self.shapes, strict=True)
        ]


ONE, TWO = ((3, 3),), ((3, 3), (3, 3))


def _named(name: str) -> Callable[..., Any]:
    return getattr(np, name, None) or getattr(bp, name)


def _unary(names: str, low: float, high: float) -> dict[str, Sample]:
    return {name: Sample(_named(name), ONE, low, high) for name in names.split()}


def _with_kinks(names: str, shapes: tuple[tuple[int, ...], ...]) -> dict[str, Sample]:
    return {name: Sample(_named(name), shapes, -1, 1.1, analytic=False) for name in names.split()}


def _softmax(a: Any) -> Any:
    return np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)


def _assigned(a: Any) -> Any:
    filled = a * 2.0
    filled[1] = a[0]
    return filled


_regular = 3 * np.eye(3)
_turned = np.array([[0.0, -5.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 1.0]])

SAMPLES: dict[str, Sample] = {
    # --- arithmetic
    "add": Sample(lambda a, b: a + b, TWO, -2, 2),
    "sub": Sample(lambda a, b: a - b, TWO, -2, 2),
    "mul": Sample(lambda a, b: a * b, TWO, -2, 2),
    "div": Sample(lambda a, b: a / b, TWO, 0.5, 2),
    "neg": Sample(lambda a: -a * a, ONE, -2, 2),
    "pow": Sample(lambda a, b: a**b, TWO, 0.5, 2),
    "abs": Sample(np.abs, ONE, -1, 1.1, analytic=False),
    "matmul": Sample(lambda a, b: a @ b, TWO, -2, 2),
    **_with_kinks("maximum minimum fmax fmin", TWO),
    # --- elementwise
    **_unary("exp exp2 expm1 tanh square sin cos sinh cosh arctan arcsinh positive", -2, 2),
    "sinc": Sample(np.sinc, ONE, -2, 2, analytic=False),
    "slope_of_sinc": Sample(lambda a: np.sinc(a) * a, ONE, -2, 2, analytic=False),
    **_unary("log log2 log10 log1p sqrt reciprocal", 0.5, 3),
    "cbrt": Sample(np.cbrt, ONE, 0.5, 3, analytic=False),
    **_unary("tan arcsin arccos arctanh", -0.9, 0.9),
    "arccosh": Sample(lambda a: np.arccosh(a + 1)),
    **{
        name: Sample(_named(name), TWO, 0.1, 2, analytic=False)
        for name in ("arctan2", "hypot", "logaddexp", "logaddexp2")
    },
    "root": Sample(lambda a: np.linalg.norm(a, axis=0), analytic=False),
    "sigmoid": Sample(bp.sigmoid, ONE, -3, 3, reference=lambda a: 1 / (1 + np.exp(-a))),
    "relu": Sample(bp.relu, ONE, -1, 1.1, False, lambda a: np.maximum(a, 0)),
    "remainder": Sample(lambda a, b: a % b, TWO, 0.3, 2, analytic=False),
    "fmod": Sample(np.fmod, TWO, 0.3, 2, analytic=False),
    # --- complex numbers, on the way from real ones to real ones
    "real": Sample(lambda a: np.exp(a * 1j).real, analytic=False),
    "imag": Sample(lambda a: np.exp(a * 1j).imag, analytic=False),
    "conj": Sample(lambda a: (np.conj(a * 1j + 1) * np.exp(a * 2j)).real, analytic=False),
    "fft": Sample(lambda a: np.abs(np.fft.fft(a, axis=0)), analytic=False),
    "ifft": Sample(lambda a: np.fft.ifft(a * np.exp(a * 1j)).imag, analytic=False),
    "rfft": Sample(lambda a: np.fft.rfft(a).imag, analytic=False),
    "irfft": Sample(lambda a: np.fft.irfft(a * 1j + a**2, axis=0), analytic=False),
    # --- along axes
    "sum": Sample(lambda a: np.sum(a, axis=0) ** 2),
    "prod": Sample(lambda a: np.prod(a, axis=1), analytic=False),
    "max": Sample(lambda a: np.max(a, axis=1), ONE, -1, 1, analytic=False),
    "min": Sample(lambda a: np.min(a, axis=0, keepdims=True), ONE, -1, 1, analytic=False),
    "cumsum": Sample(lambda a: np.cumsum(a, axis=0) ** 2),
    "cumprod": Sample(lambda a: np.cumprod(a, axis=1), analytic=False),
    "logsumexp": Sample(
        lambda a: bp.logsumexp(a, axis=1), reference=lambda a: np.log(np.exp(a).sum(axis=1))
    ),
    "softmax": Sample(bp.softmax, ONE, -2, 2, reference=_softmax),
    "log_softmax": Sample(bp.log_softmax, ONE, -2, 2, reference=lambda a: np.log(_softmax(a))),
    # --- shapes and places
    "concatenate": Sample(lambda a, b: np.concatenate([a, b[:1]]) ** 2, TWO),
    "reshape": Sample(lambda a: np.reshape(a, 9) ** 2),
    "transpose": Sample(lambda a: a.T * [1.0, 2.0, 3.0]),
    "broadcast_to": Sample(lambda a, b: np.broadcast_to(a, (3, 3)) @ b, ((3,), (3, 3))),
    "astype": Sample(lambda a: (a * a).astype(np.float64).astype(np.float64), analytic=False),
    "getitem": Sample(lambda a: a[1:, 0] ** 2),
    "at": Sample(lambda a: a[np.argmax(a[0])] ** 2, analytic=False),
    "add_at": Sample(lambda a: a[:, np.argmax(a[0])] ** 2, analytic=False),
    "scatter_add": Sample(lambda a: a[[0, 0, 2]] ** 2),
    "where": Sample(lambda a, b: np.where(a > 0.5, a * b, b), TWO, analytic=False),
    "put": Sample(_assigned),
    "gather": Sample(lambda a: np.insert(a, 1, a[0], axis=0) ** 2, analytic=False),
    "scatter": Sample(lambda a: np.roll(a, 1) ** 2),
    "along": Sample(lambda a: np.sort(a, axis=0)[0] ** 2, analytic=False),
    "add_along": Sample(lambda a: np.sort(a, axis=0)[1] ** 2, analytic=False),
    **{name: Sample(_named(name), analytic=False) for name in ("flip", "flipud", "fliplr")},
    **{name: Sample(_named(name)) for name in ("rot90", "diag", "diagonal", "diagflat")},
    "roll": Sample(lambda a: np.roll(a, 2, axis=1) ** 2),
    "tile": Sample(lambda a: np.tile(a, (2, 1)) ** 2),
    "repeat": Sample(lambda a: np.repeat(a, 2, axis=0) ** 2),
    "resize": Sample(lambda a: np.resize(a, (2, 5)) ** 2),
    "delete": Sample(lambda a: np.delete(a, 1, axis=0) ** 2),
    "take": Sample(lambda a: np.take(a, [0, 2, 2], axis=1) ** 2),
    "take_along_axis": Sample(lambda a: np.take_along_axis(a, np.array([[2, 0]]), 1)[:, 0]),
    "pad": Sample(lambda a: np.pad(a, 1) ** 2),
    # --- products and linear algebra
    "einsum": Sample(lambda a, b: np.einsum("ij,kj->ik", a, b), TWO),
    "cross": Sample(np.cross, TWO),
    "convolve": Sample(lambda a, b: np.convolve(a, b), ((3,), (4,))),
    "inv": Sample(lambda a: np.linalg.inv(a + _regular)),
    "pinv": Sample(lambda a: np.linalg.pinv(a[:2] + _regular[:2]), analytic=False),
    "solve": Sample(lambda a, b: np.linalg.solve(a + _regular, b), TWO),
    "lstsq": Sample(
        lambda a, b: np.linalg.lstsq(a[:, :2] + _regular[:, :2], b, rcond=None)[0],
        ((3, 3), (3,)),
        analytic=False,
    ),
    "det": Sample(np.linalg.det),
    "logabsdet": Sample(lambda a: np.linalg.slogdet(a + _regular)[1], analytic=False),
    "cholesky": Sample(lambda a: np.linalg.cholesky(a @ a.T + np.eye(3)), analytic=False),
    "qr": Sample(lambda a: np.linalg.qr(a + _regular).R, analytic=False),
    "eig": Sample(lambda a: np.abs(np.linalg.eig(a + _turned).eigenvectors), analytic=False),
    "eigh": Sample(lambda a: np.linalg.eigh(a + a.T).eigenvalues, analytic=False),
    "eigvalsh": Sample(lambda a: np.linalg.eigvalsh(a + a.T), analytic=False),
    "svd": Sample(lambda a: np.linalg.svd(a).S, analytic=False),
    "sliding_window_view": Sample(
        lambda a: np.lib.stride_tricks.sliding_window_view(a, 2, axis=0) ** 2
    ),
    "svdvals": Sample(lambda a: np.linalg.svd(a, compute_uv=False), analytic=False),
}


def rows_of_scipy() -> dict[str, Op]:
    """Return the rows for SciPy by name, once their modules are read."""
    modules = [name for name in sys.modules if name.startswith("tinygrad_bp.ops.of_scipy.")]
    things = [thing for name in modules for thing in vars(sys.modules[name]).values()]
    things += IMPLEMENTATIONS.values()
    own = {id(op) for op in rows().values()}
    return {op.name: op for op in things if isinstance(op, Op) and id(op) not in own}


_VECTOR = ((3,),)
_INVERSES = ["erfinv", "erfcinv", "ndtri"]
_UFUNCS = ["erf", "erfc", "ndtr", "log_ndtr", "digamma", "gammaln", "gamma", "rgamma"]
_UFUNCS += [*_INVERSES, "i0", "i1", "j0", "j1", "y0", "y1"]


def samples_of_scipy(scipy: Any) -> dict[str, Sample]:
    """Return a sample of each row for SciPy, of functions of the package that is given."""
    special = scipy.special
    return {
        **{name: Sample(getattr(special, name), _VECTOR, 0.2, 0.9) for name in _UFUNCS},
        "polygamma": Sample(lambda a: special.polygamma(1, a), _VECTOR),
        "gammainc": Sample(lambda a: special.gammainc(1.5, a), _VECTOR),
        "gammaincc": Sample(lambda a: special.gammaincc([1.5, 2.0, 2.5], a), _VECTOR),
        "betainc": Sample(lambda a: special.betainc(1.5, 2.5, a), _VECTOR),
        **{
            name: Sample(lambda a, name=name: getattr(special, name)(2, a), _VECTOR)
            for name in ("jv", "yv", "yn", "iv", "ive", "kv")
        },
        "stdtr": Sample(lambda a: scipy.stats.t.cdf(a, 4.0), _VECTOR),
        "expm": Sample(scipy.linalg.expm),
        "sqrtm": Sample(lambda a: scipy.linalg.sqrtm(a + _regular)),
        "solve_sylvester": Sample(
            lambda a, b: scipy.linalg.solve_sylvester(a + _regular, b, a * b), TWO
        ),
        "convolved": Sample(scipy.signal.convolve, TWO),
    }
