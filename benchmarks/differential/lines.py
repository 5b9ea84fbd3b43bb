"""The lines that random programs are made of: at least one for every row of the table of ops.

In a line ``{a}`` and ``{b}`` stand for earlier results and the other braces for arguments that fit
``{a}``, see `HOLES`. ``np`` is NumPy, or what a peer calls its namespace of the same functions;
``nn`` holds what is not NumPy's. A line that its operands do not allow is not taken, so a line need
not say what it takes. Numbers are kept where a function is smooth and small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Generator = np.random.Generator


class Line(NamedTuple):
    """What is written, and what is written for peers that do not assign to elements.

    Attributes
    ----------
    text : str
        An expression; or statements, in which ``{y}`` stands for the new result.
    functional : str, optional
        The same without assignments, for JAX.
    """

    text: str
    functional: str = ""


def _unary(names: str, form: str = "np.{}({{a}})") -> dict[str, list[str]]:
    return {name: [form.format(name)] for name in names.split()}


def _binary(names: str) -> dict[str, list[str]]:
    return {name: [f"np.{name}({{a}}, {{b}})", f"np.{name}({{a}}, 0.37)"] for name in names.split()}


_SQUARE = "({a} / 4 + 2 * np.eye({a}.shape[-1]))"
_DEFINITE = "({a} @ np.swapaxes({a}, -1, -2) / 4 + np.eye({a}.shape[-2]))"
# symmetric, with eigenvalues that are far apart
_DISTINCT = "({a} @ {a}.T / 8 + np.diag(np.arange(1.0, 1.0 + {a}.shape[0])))"

LINES: dict[str, list[str | Line]] = {
    # --- arithmetic
    "add": ["{a} + {b}", "{a} + 1", "0.5 + {a} + {a}"],
    "sub": ["{a} - {b}", "2 - {a}", "np.subtract({a}, {b})"],
    "mul": ["{a} * {b}", "{a} * 0.7", "{a} * {a}", "np.multiply({a}, {b})"],
    "div": ["{a} / ({b} * {b} + 1)", "1.5 / ({a} * {a} + 1)", "{a} / 3"],
    "neg": ["-{a}"],
    "pow": [
        "(np.abs({a}) + 0.5) ** np.tanh({b})",
        "{a} ** 2",
        "(np.abs({a}) + 0.5) ** -1.5",
        "1.3 ** {a}",
        "np.float_power(np.abs({a}) + 0.5, 1.7)",
    ],
    "abs": ["np.abs({a})", "abs({a})"],
    "matmul": ["{a} @ {b}", "np.matmul({a}, np.tanh({b}))", "np.dot({a}, {b})", "{a} @ {a}.T"],
    **_binary("maximum minimum fmax fmin"),
    # --- elementwise
    **_unary("tanh sin cos arctan arcsinh sinc positive"),
    **_unary("exp exp2 expm1 sinh cosh", "np.{}(np.tanh({{a}}))"),
    **_unary("square", "np.{}({{a}}) / 2"),
    **_unary("log log2 log10 log1p sqrt cbrt reciprocal", "np.{}(np.abs({{a}}) + 0.7)"),
    **_unary("arcsin arccos arctanh", "np.{}(0.9 * np.tanh({{a}}))"),
    "tan": ["np.tan(np.tanh({a}))"],
    "arccosh": ["np.arccosh({a} * {a} + 1.5)"],
    "slope_of_sinc": ["np.sinc({a}) * {a}"],
    "arctan2": ["np.arctan2({a}, np.abs({b}) + 0.5)"],
    "hypot": ["np.hypot({a}, np.abs({b}) + 0.5)"],
    "logaddexp": ["np.logaddexp({a}, {b})", "np.logaddexp(0, {a})"],
    "logaddexp2": ["np.logaddexp2({a}, {b})"],
    "root": [
        "np.linalg.norm({a})",
        "np.linalg.norm({a} + 0.1, axis={axis}, keepdims={keep})",
        "np.std(np.stack([{a}, {a} * {a} + 1.5]), axis=0)",
    ],
    "sigmoid": ["nn.sigmoid({a})"],
    "relu": ["nn.relu({a})"],
    "remainder": ["{a} % (np.abs({b}) + 0.6)", "np.remainder({a}, 0.8)"],
    "fmod": ["np.fmod({a}, np.abs({b}) + 0.6)"],
    # --- complex numbers, on the way from real ones to real ones
    "real": ["np.real(np.exp(1j * {a}))", "np.real((0.5 + 2j) * np.sin({a} * 1j / 4))"],
    "imag": ["np.imag(np.exp({a} * 1j) * {b})", "np.angle(1.5 + np.tanh({a}) * 1j)"],
    "conj": ["np.real(np.conj(1j * {a} + 1) * np.exp(2j * np.tanh({a})))"],
    "fft": ["np.real(np.fft.fft({a}, axis={along})) / 4"],
    "ifft": ["np.imag(np.fft.ifft({a} * np.exp({a} * 1j), axis={along}))"],
    "rfft": ["np.imag(np.fft.rfft({a}, axis={along})) / 4"],
    "irfft": ["np.fft.irfft(np.fft.rfft({a}) * np.exp(0.3j), {a}.shape[-1])"],
    # --- along axes
    "sum": [
        "np.sum({a}, axis={axis}, keepdims={keep})",
        "{a}.sum({axis})",
        "{a}.mean({axis})",
        "np.mean({a}, axis={axis}, keepdims={keep})",
        "np.var({a}, axis={axis}, keepdims={keep})",
        "np.trace({a})",
    ],
    "prod": ["np.prod({a}, axis={axis}, keepdims={keep})"],
    "max": ["np.max({a}, axis={axis}, keepdims={keep})", "np.ptp({a}, axis={axis})"],
    "min": ["np.min({a}, axis={axis}, keepdims={keep})"],
    "cumsum": ["np.cumsum({a}, axis={along})", "np.cumsum({a})"],
    "cumprod": ["np.cumprod({a}, axis={along})"],
    "logsumexp": ["nn.logsumexp({a}, axis={axis}, keepdims={keep})"],
    "softmax": ["nn.softmax({a}, axis={along})"],
    "log_softmax": ["nn.log_softmax({a}, axis={along})"],
    # --- shapes and places
    "concatenate": [
        "np.concatenate([{a}, {b}], axis={along})",
        "np.stack([{a}, {b}], axis={along})",
        "np.concatenate([{a}, {a} * {b}], axis=None)",
        "np.vstack([{a}, {b}])",
        "np.hstack([{a}, {b}])",
        "np.append({a}, {b})",
    ],
    "reshape": [
        "np.reshape({a}, {reshaped})",
        "{a}.reshape(-1)",
        "{a}[None]",
        "np.ravel({a})",
        "np.squeeze({a})",
        "np.expand_dims({a}, 0)",
    ],
    "transpose": [
        "{a}.T",
        "np.transpose({a}, {permuted})",
        "np.swapaxes({a}, 0, -1)",
        "np.moveaxis({a}, 0, -1)",
    ],
    "broadcast_to": [
        "np.broadcast_to({a}, {broadcast})",
        "np.broadcast_to({a}, {broadcast}) * {a}",
    ],
    "astype": ["{a}.astype(float) * {b}"],
    "getitem": ["{a}[{index}]", "{a}[{index}] * {b}", "{a}[{view}]", "{a}[{view}]"],
    "at": ["{a}[np.argmax({a}[0])]"],
    "add_at": ["{a}[:, np.argmax({a}[0])]"],
    "scatter_add": ["{a}[[0, 0, -1]]", "{a}[..., [0, 0]]"],
    "where": [
        "np.where({a} > 0.1, {a}, {b})",
        "np.where({a} > {b}, {a}, {b} * {b})",
        "np.where({a} < 0, 0.1, {a})",
        "np.clip({a}, -0.7, 0.9)",
    ],
    "put": [
        Line("{y} = {a} * 1.0; {y}[{view}] = 0.5", "{y} = ({a} * 1.0).at[{view}].set(0.5)"),
        Line(
            "{y} = {a} * 1.0; {y}[{view}] *= 0.5",
            "{y} = {a} * 1.0; {y} = {y}.at[{view}].set({y}[{view}] * 0.5)",
        ),
        Line(
            "{y} = {a}.copy(); {y}[{index}] = {y}[{index}] + {b}",
            "{y} = {a} * 1.0; {y} = {y}.at[{index}].set({y}[{index}] + {b})",
        ),
        Line(
            "{y} = {a}.copy(); w = {y}[{view}]; w[:] += {a}[{view}]; {y} = {y} * {a}",
            "{y} = ({a} * 1.0).at[{view}].add({a}[{view}]) * {a}",
        ),
        Line(
            "{y} = {a} * 2; u = {y}.sum(); {y}[0] = {y}[-1]; {y} = {y} * u",
            "{y} = {a} * 2; {y} = {y}.at[0].set({y}[-1]) * {y}.sum()",
        ),
        Line(
            "{y} = {a} * 2; {y}[:, np.array([0])] = 0.5; {y}[:, np.array([-1])] *= {a}[0, 0]",
            "{y} = ({a} * 2).at[:, 0].set(0.5); {y} = {y}.at[:, -1].set({y}[:, -1] * {a}[0, 0])",
        ),
        Line(
            "{y} = {a} * 1.0; {y}[None, 0] = {a}[-1]; {y}[None, -1] = {y}[0] * 2",
            "{y} = ({a} * 1.0).at[0].set({a}[-1]); {y} = {y}.at[-1].set({y}[0] * 2)",
        ),
    ],
    "gather": ["np.insert({a}, 1, {a}[0], axis=0)", "np.insert({a}, 0, 0.3)"],
    "scatter": ["np.roll({a}, 1)"],
    "along": ["np.sort({a}, axis={along})", "np.median({a}, axis={axis})"],
    "add_along": ["np.sort({a}, axis={along})[0]", "np.quantile({a}, 0.3, axis={along})"],
    "flip": ["np.flip({a}, axis={axis})", "{a}[::-1]"],
    **_unary("flipud fliplr rot90 diag diagonal diagflat"),
    "roll": ["np.roll({a}, 2, axis={along})"],
    "tile": ["np.tile({a}, 2)", "np.tile({a}, (2, 1))"],
    "repeat": ["np.repeat({a}, 2, axis={along})", "np.repeat({a}, 3)"],
    "resize": ["np.resize({a}, (2, 3))"],
    "delete": ["np.delete({a}, 0, axis={along})"],
    "take": ["np.take({a}, np.array([0, -1, 0]), axis={along})"],
    "take_along_axis": ["np.take_along_axis({a}, np.argsort({a}, axis={along}), axis={along})"],
    "pad": ["np.pad({a}, 1)", "np.pad({a}, 1, mode='edge')", "np.pad({a}, (0, 2))"],
    # --- products and linear algebra
    "einsum": [
        "np.einsum('ij,jk->ik', {a}, {b})",
        "np.einsum('ij->ji', {a})",
        "np.einsum('ii->i', {a})",
        "np.einsum('ij,ij->', {a}, {b})",
        "np.einsum('i...,i...->...', {a}, {b})",
        "np.einsum('i,j->ij', {a}, {b})",
        "np.tensordot({a}, {b}, axes=1)",
        "np.outer({a}, {b})",
        "np.inner({a}, {b})",
        "np.vecdot({a}, {b})",
        "np.kron({a}, {b})",
    ],
    "cross": ["np.cross({a}, {b})"],
    "convolve": ["np.convolve({a}, {b})", "np.convolve({a}, {b}, mode='same')"],
    "inv": [f"np.linalg.inv({_SQUARE})"],
    "pinv": [f"np.linalg.pinv({_SQUARE}[:2])"],
    "solve": [f"np.linalg.solve({_SQUARE}, {{b}})"],
    "lstsq": [f"np.linalg.lstsq({_SQUARE}[:, :1], {{b}})[0]"],
    "det": [f"np.linalg.det({_SQUARE})"],
    "logabsdet": [f"np.linalg.slogdet({_SQUARE})[1]"],
    "cholesky": [f"np.linalg.cholesky({_DEFINITE})"],
    "qr": [f"np.linalg.qr({_SQUARE})[0]", f"np.linalg.qr({_SQUARE})[1]"],
    "eig": [f"np.sort(np.real(np.linalg.eigvals({_DISTINCT})))"],
    "eigh": [f"np.linalg.eigh({_DISTINCT})[0]", f"np.linalg.eigh({_DISTINCT})[1] ** 2"],
    "eigvalsh": [f"np.linalg.eigvalsh({_DISTINCT})"],
    "svd": [f"np.linalg.svd({_DISTINCT})[1]"],
    "svdvals": [f"np.linalg.svd({_DISTINCT}, compute_uv=False)", "np.linalg.norm({a}, 'nuc')"],
    "sliding_window_view": ["np.lib.stride_tricks.sliding_window_view({a}, 2, axis={along})"],
}


# --- arguments that fit an operand ---------------------------------------------------------------


def _axis(rng: Generator, a: Any) -> str:
    few = rng.permutation(a.ndim)[: rng.integers(0, a.ndim + 1)]
    signed = [int(k - a.ndim * rng.integers(2)) for k in few]
    return str(rng.choice(["None", str(tuple(signed)), _along(rng, a)]))


def _along(rng: Generator, a: Any) -> str:
    return str(int(rng.integers(-a.ndim, a.ndim))) if a.ndim else "0"


def _reshaped(rng: Generator, a: Any) -> str:
    n = a.size
    sizes = [k for k in range(1, n + 1) if n % k == 0]
    if not sizes:
        return "(0, 2)"
    k = int(rng.choice(sizes))
    return str([(n,), (k, n // k), (k, -1), (1, n, 1)][rng.integers(4)])


def _permuted(rng: Generator, a: Any) -> str:
    return str(tuple(int(k) for k in rng.permutation(a.ndim)))


def _broadcast(rng: Generator, a: Any) -> str:
    grown = tuple(3 if n == 1 and rng.integers(2) else n for n in a.shape)
    return str((2, *grown) if rng.integers(2) else grown)


def _view(rng: Generator, a: Any) -> str:
    """An index of numbers, slices, Ellipsis and None alone, which gives views."""
    parts: list[str] = []
    for n in a.shape:
        number = str(int(rng.integers(-n, n))) if n else ":"
        parts.append(str(rng.choice([number, ":", "1:", ":-1", "::-1", "::2"])))
    parts = parts[: rng.integers(0, len(parts) + 1)]
    if rng.integers(3) == 0:
        parts.insert(rng.integers(0, len(parts) + 1), "...")
    return ", ".join(parts) or "..."


def _index(rng: Generator, a: Any) -> str:
    """An index of any kind, without repeats: assigning to those has an order of its own."""
    if not a.ndim or not a.shape[0]:
        return "..."
    n = a.shape[0]
    some = [int(k) for k in rng.permutation(n)[: rng.integers(1, n + 1)]]
    mask = f"np.array({[bool(k) for k in rng.integers(0, 2, n)]})"
    chosen = [_view(rng, a), str(some), mask, f"np.array({some})", f"{some}, ..."]
    return str(rng.choice(chosen))


HOLES: dict[str, Callable[[Generator, Any], str]] = {
    "axis": _axis,
    "along": _along,
    "keep": lambda rng, a: str(bool(rng.integers(2))),
    "reshaped": _reshaped,
    "permuted": _permuted,
    "broadcast": _broadcast,
    "view": _view,
    "index": _index,
}
