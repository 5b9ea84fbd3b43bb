"""Every form of an op's arguments whose result may be a view: what NumPy gives memory of its own
depends on the form, on the layout of the operand, and on the release.

Each takes a matrix of shape (3, 3); what it gives may be an array of any shape, or several.
"""

import numpy as np

import tinygrad_bp as bp

INDICES = {
    "number": np.s_[1, 2],
    "negative number": np.s_[-1, -2],
    "row": np.s_[1],
    "...": np.s_[...],
    "..., number": np.s_[..., 0],
    "number, ...": np.s_[0, ...],
    "all numbers and ...": np.s_[1, 2, ...],
    "... and all numbers": np.s_[..., 1, 2],
    "()": (),
    "None": None,
    "None, ...": np.s_[None, ...],
    "..., None": np.s_[..., None],
    "number, None, number": np.s_[1, None, 2],
    "numbers, None and ...": np.s_[1, 2, None, ...],
    ":": np.s_[:],
    "columns": np.s_[:, 1:],
    "negative steps": np.s_[::-1, ::-2],
    "nothing": np.s_[1:1],
    "one": np.s_[1:2, 2:3],
    "np.int64": (np.int64(1), np.int64(2)),
    "array of shape ()": np.array(1),
    "arrays of shape ()": (np.array(1), np.array(2)),
    "..., array of shape ()": (..., np.array(1)),
    "list": [0, 2],
    "list of one": [1],
    "lists": ([0, 1], [1, 1]),
    "slice, list": np.s_[:, [0, 2]],
    "list, None": ([0, 1], None),
    "mask": np.eye(3, dtype=bool),
    "mask of rows": np.array([True, False, True]),
    "True": True,
    "False": False,
}
SUBSCRIPTS = [
    *("ij->ij", "ij->ji", "ij", "ji", "ii->i", "ii", "ij->", "ij->i", "ij->j", "...", "...->..."),
    *("i...->...i", "...i->i...", "ij...->ji..."),
]
PAIRS = [
    "ij,jk->ik",
    "ij,ij->ij",
    "ij,ij->",
    "ij,->ij",
    "ij,->ji",
    ",ij->ji",
    "ii,->i",
    "i...,->...",
]

FORMS = {
    # --- shapes
    "reshape": lambda a: np.reshape(a, 9),
    "reshape to the same": lambda a: np.reshape(a, (3, 3)),
    "reshape with -1": lambda a: a.reshape(-1, 1, 3),
    "reshape in order F": lambda a: np.reshape(a, 9, order="F"),
    "reshape of a transpose": lambda a: np.reshape(a.T, 9),
    "reshape of every other": lambda a: a[:, ::2].reshape(6),
    "reshape to ()": lambda a: a[1:2, 2:3].reshape(()),
    "reshape from ()": lambda a: a[1, 2].reshape(1, 1),
    "reshape from (1,) and back": lambda a: a[1:2, 0].reshape(()).reshape(1) * a[0],
    "ravel": np.ravel,
    "ravel of a transpose": lambda a: np.ravel(a.T),
    "ravel in order F": lambda a: np.ravel(a, order="F"),
    "flatten": lambda a: a.flatten(),
    "squeeze": lambda a: np.squeeze(a[:1]),
    "squeeze to ()": lambda a: np.squeeze(a[1:2, 1:2]),
    "squeeze of nothing": np.squeeze,
    "expand_dims": lambda a: np.expand_dims(a, 1),
    "expand_dims of ()": lambda a: np.expand_dims(a[1, 1], 0),
    "atleast_1d": np.atleast_1d,
    "atleast_2d": lambda a: np.atleast_2d(a[0]),
    "atleast_3d": np.atleast_3d,
    "atleast_1d of ()": lambda a: np.atleast_1d(a[1, 1]),
    "atleast_1d of several": lambda a: np.atleast_1d(a, a[0], a[1, 1]),
    "broadcast_to": lambda a: np.broadcast_to(a[0], (3, 3)),
    "broadcast_to the same": lambda a: np.broadcast_to(a, (3, 3)),
    "broadcast_to ()": lambda a: np.broadcast_to(a[1, 1], ()),
    "broadcast_arrays": lambda a: np.broadcast_arrays(a, a[:, :1], a[1, 1]),
    "astype the same": lambda a: np.astype(a, np.float64),
    "through float32": lambda a: np.astype(np.astype(a, np.float32), np.float64),
    "copy": np.copy,
    "full_like": lambda a: np.full_like(a, a[1, 1]),
    # --- axes
    "T": lambda a: a.T,
    "mT": lambda a: a.mT,
    "T of T": lambda a: a.T.T,
    "transpose": lambda a: np.transpose(a, (1, 0)),
    "transpose of nothing": lambda a: np.transpose(a, (0, 1)),
    "transpose of a row": lambda a: np.transpose(a[1]),
    "transpose of ()": lambda a: np.transpose(a[1, 1]),
    "matrix_transpose": np.matrix_transpose,
    "swapaxes": lambda a: np.swapaxes(a, 0, 1),
    "swapaxes of one": lambda a: np.swapaxes(a, 0, 0),
    "moveaxis": lambda a: np.moveaxis(a[None], 0, -1),
    "rollaxis": lambda a: np.rollaxis(a, 1),
    # --- places
    "diagonal": np.diagonal,
    "diagonal beside": lambda a: np.diagonal(a, 1),
    "linalg.diagonal": np.linalg.diagonal,
    "diag": np.diag,
    "diag of a row": lambda a: np.diag(a[0]),
    "diagflat": np.diagflat,
    "flip": np.flip,
    "flip of no axis": lambda a: np.flip(a, ()),
    "flipud": np.flipud,
    "fliplr": np.fliplr,
    "roll": lambda a: np.roll(a, 1, axis=0),
    "roll by 0": lambda a: np.roll(a, 0),
    "rot90": np.rot90,
    "rot90 by 0": lambda a: np.rot90(a, 0),
    "rot90 by 2": lambda a: np.rot90(a, 2),
    "split": lambda a: np.split(a, 3),
    "split to columns": lambda a: np.hsplit(a, [1]),
    "array_split": lambda a: np.array_split(a, 2, axis=1),
    "unstack": lambda a: [*a],
    "take": lambda a: np.take(a, 1, axis=0),
    "take one": lambda a: np.take(a, 4),
    "take all": lambda a: np.take(a, [0, 1, 2], axis=0),
    "take_along_axis": lambda a: np.take_along_axis(a, np.array([[0], [1], [2]]), 1),
    "take by places found": lambda a: np.take_along_axis(a, np.argsort(a, axis=0), 0),
    "take by places found of all": lambda a: np.take_along_axis(a, np.argsort(a, axis=None), None),
    "delete": lambda a: np.delete(a, 1, axis=0),
    "delete nothing": lambda a: np.delete(a, [], axis=0),
    "insert": lambda a: np.insert(a, 1, 0.5, axis=0),
    "append": lambda a: np.append(a, a[:1], axis=0),
    "resize to the same": lambda a: np.resize(a, (3, 3)),
    "resize": lambda a: np.resize(a, (2, 2)),
    "tile once": lambda a: np.tile(a, 1),
    "tile": lambda a: np.tile(a[0], (2, 1)),
    "repeat once": lambda a: np.repeat(a, 1, axis=0),
    "pad with nothing": lambda a: np.pad(a, 0),
    "pad": lambda a: np.pad(a, 1, mode="edge"),
    "sort": lambda a: np.sort(a, axis=0),
    "sort of one": lambda a: np.sort(a[:1], axis=0),
    "compress": lambda a: np.compress([True, False, True], a, axis=0),
    "extract": lambda a: np.extract(np.eye(3, dtype=bool), a),
    "tril": np.tril,
    "triu of all": lambda a: np.triu(a, -9),
    "meshgrid": lambda a: np.meshgrid(a[0], a[1]),
    "meshgrid of views": lambda a: np.meshgrid(a[0], a[1], copy=False, sparse=True),
    # --- choices, and what may give an operand back
    "real": np.real,
    "real_if_close": np.real_if_close,
    "conjugate": np.conjugate,
    "positive": np.positive,
    "+": lambda a: +a,
    "1 *": lambda a: 1 * a,
    "+ 0": lambda a: a + 0,
    "/ 1": lambda a: a / 1,
    "** 1": lambda a: a**1,
    "- -": lambda a: np.negative(-a),
    "where of all": lambda a: np.where(np.ones((3, 3), bool), a, 0.0),
    "where": lambda a: np.where(a > 0.5, a, a.T),
    "where of numbers": lambda a: np.where(a[0, 0] > 0.5, a[0, 1], a[1, 0]) * a,
    "clip from below": lambda a: np.clip(a, 0.4, None),
    "clip of neither": lambda a: np.clip(a, None, None),
    "clip": lambda a: np.clip(a, 0.2, 0.8),
    "maximum with itself": lambda a: np.maximum(a, a),
    "minimum": lambda a: np.minimum(a, 0.5),
    "nan_to_num": np.nan_to_num,
    "select": lambda a: np.select([a > 0.5], [a], a.T),
    "relu": bp.relu,
    "alias": lambda a: bp.named(a, "named"),
    # --- sums of nothing, and of one
    "sum over no axis": lambda a: np.sum(a, axis=()),
    "sum over one": lambda a: np.sum(a[:, :1], axis=1),
    "sum of ()": lambda a: np.sum(a[1, 1]) * a,
    "sum with keepdims": lambda a: np.sum(a, axis=1, keepdims=True),
    "max over no axis": lambda a: np.max(a, axis=()),
    "max over one": lambda a: np.max(a[:1], axis=0),
    "min of all": lambda a: np.min(a, keepdims=True),
    "prod over no axis": lambda a: np.prod(a, axis=()),
    "mean over no axis": lambda a: np.mean(a, axis=()),
    "ptp": lambda a: np.ptp(a, axis=0),
    "median of one": lambda a: np.median(a[:, :1], axis=1),
    "logsumexp": lambda a: bp.logsumexp(a, axis=1),
    "logsumexp with keepdims": lambda a: bp.logsumexp(a, axis=1, keepdims=True),
    "softmax": lambda a: bp.softmax(a, axis=1),
    "cumsum": lambda a: np.cumsum(a, axis=0),
    "cumsum of one": lambda a: np.cumsum(a[:1], axis=0),
    "cumprod of all": np.cumprod,
    "diff of order 0": lambda a: np.diff(a, 0),
    "trapezoid": lambda a: np.trapezoid(a, axis=0),
    # --- joining
    "concatenate one": lambda a: np.concatenate([a]),
    "concatenate nothing": lambda a: np.concatenate([a, a[:0]]),
    "concatenate flat": lambda a: np.concatenate([a, a[0]], axis=None),
    "stack one": lambda a: np.stack([a]),
    "block": lambda a: np.block([[a, a]]),
    "column_stack": lambda a: np.column_stack([a, a[0]]),
    # --- products
    "vecdot": lambda a: np.vecdot(a, a),
    "vecdot of rows": lambda a: np.vecdot(a[0], a[1]),
    "matvec": lambda a: np.matvec(a, a[0]),
    "vecmat": lambda a: np.vecmat(a[0], a),
    "dot of rows": lambda a: np.dot(a[0], a[1]),
    "dot of ()": lambda a: np.dot(a[1, 1], a),
    "inner": lambda a: np.inner(a, a),
    "outer": lambda a: np.outer(a[0], a[1]),
    "kron of one": lambda a: np.kron(a[:1, :1], a),
    "tensordot of none": lambda a: np.tensordot(a[0], a[1], 0),
    "multi_dot": lambda a: np.linalg.multi_dot([a, a]),
    "matrix_power 0": lambda a: np.linalg.matrix_power(a, 0) * a,
    "matrix_power 1": lambda a: np.linalg.matrix_power(a, 1),
    "cross": lambda a: np.cross(a[0], a[1]),
    "convolve with one": lambda a: np.convolve(a[0], a[1, :1]),
    # --- linear algebra
    "inv": lambda a: np.linalg.inv(a + 3 * np.eye(3)),
    "pinv": lambda a: np.linalg.pinv(a[:2]),
    "solve": lambda a: np.linalg.solve(a + 3 * np.eye(3), a),
    "det": np.linalg.det,
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "cholesky": lambda a: np.linalg.cholesky(a @ a.T + np.eye(3)),
    "upper cholesky": lambda a: np.linalg.cholesky(a @ a.T + np.eye(3), upper=True),
    "qr": lambda a: [*np.linalg.qr(a)],
    "eigh": lambda a: np.linalg.eigh(a + a.T).eigenvalues,
    "eigvalsh": lambda a: np.linalg.eigvalsh(a + a.T),
    "svd": lambda a: np.linalg.svd(a).S,
    "svdvals": lambda a: np.linalg.svd(a, compute_uv=False),
    "lstsq": lambda a: np.linalg.lstsq(a[:, :2], a[:, 2], rcond=None)[0],
    "norm": lambda a: np.linalg.norm(a, axis=1),
    # --- all forms of an index, and of a sum of products
    **{f"a[{name}]": lambda a, index=index: a[index] for name, index in INDICES.items()},
    **{f"einsum {each}": lambda a, each=each: np.einsum(each, a) for each in SUBSCRIPTS},
    **{
        f"einsum {each}": lambda a, each=each: np.einsum(
            each, *(a[1, 1] if not term else a for term in each.partition("->")[0].split(","))
        )
        for each in PAIRS
    },
    "einsum of lists": lambda a: np.einsum(a, [0, 1], [1, 0]),
    "optimal einsum": lambda a: np.einsum("ij->ji", a, optimize=True),
}


def matrices():
    """Matrices of which an op may show one in another way and not the other: layouts in memory."""
    a = np.random.default_rng(5).uniform(0.1, 0.9, (4, 3, 3))
    wide = np.zeros((6, 6))
    wide[::2, 1::2] = a[3]
    return [a[0], a[1].T, a[2][::-1, ::-1], wide[::2, 1::2]]


def parts(result):
    """Return the arrays that a form gives, in a list."""
    return [*result] if isinstance(result, list | tuple) else [result]


def with_memory_used_again(form):
    """Make a function whose result depends on a form of a value that nothing else needs.

    What follows takes whatever memory looks free, forward and backward.
    """

    def fun(a):
        found = parts(form(a * 2))
        busy = a
        for k in range(3):
            busy = np.sin(busy) * (k + 1)
        factor = np.sum(busy * np.exp(a))
        return sum(np.sum(each * factor) + np.sum(np.tanh(each)) for each in found)

    return fun
