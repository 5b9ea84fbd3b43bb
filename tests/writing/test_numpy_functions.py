"""NumPy's functions in derived sources: value and gradient, on other data than traced."""

import numpy as np
import pytest

import tinygrad_bp as bp

FUNCTIONS = {
    "einsum": lambda a: np.einsum("ij,kj->ik", a, a),
    "flip": lambda a: np.flip(a, axis=1),
    "roll": lambda a: np.roll(a, 2),
    "tile": lambda a: np.tile(a, (2, 1)),
    "repeat": lambda a: np.repeat(a, 2, axis=0),
    "pad": lambda a: np.pad(a, 1),
    "take": lambda a: np.take(a, [0, 2, 2], axis=1),
    "diagonal": np.diagonal,
    "diag": lambda a: np.diag(a) * a,
    "trace": np.trace,
    "tril": np.tril,
    "cumsum": lambda a: np.cumsum(a, axis=0),
    "cumprod": lambda a: np.cumprod(a, axis=1),
    "prod": lambda a: np.prod(a, axis=1),
    "var": lambda a: np.var(a, axis=0),
    "std": np.std,
    "diff": lambda a: np.diff(a, axis=1),
    "kron": lambda a: np.kron(a, a),
    "outer": lambda a: np.outer(a, a[0]),
    "cross": lambda a: np.cross(a, a[::-1]),
    "convolve": lambda a: np.convolve(a[0], a[1]),
    "inv": lambda a: np.linalg.inv(a + 5 * np.eye(3)),
    "solve": lambda a: np.linalg.solve(a + 5 * np.eye(3), a),
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "cholesky": lambda a: np.linalg.cholesky(a @ a.T + np.eye(3)),
    "eigh": lambda a: np.linalg.eigh(a + a.T).eigenvalues,
    "eigvalsh": lambda a: np.linalg.eigvalsh(a + a.T),
    "svd": lambda a: np.linalg.svd(a).S,
    "svdvals": lambda a: np.linalg.svd(a, compute_uv=False),
    "qr": lambda a: np.linalg.qr(a).R,
    "norm": np.linalg.norm,
    "norm of order 3": lambda a: np.linalg.norm(a, 3, axis=1),
    "norm of order 1.5": lambda a: np.linalg.norm(a[0], 1.5),
    "vector_norm": lambda a: np.linalg.vector_norm(a, ord=3, axis=0),
    "and": lambda a: (
        np.where((a > 0) & (a < 0.5), a, 2 * a) + a * (np.eye(3, dtype=bool) & (a > 0))
    ),
    "or": lambda a: a * ((a > 0.5) | (a < -0.5) | np.eye(3, dtype=bool)),
    "xor and not": lambda a: a * ((a > 0) ^ (a < 0.5)) + a * ~(a > 0),
    "hypot": lambda a: np.hypot(a, a.T + 2),
    "arctan2": lambda a: np.arctan2(a, a.T + 3),
    "remainder": lambda a: np.remainder(a, 0.7),
    "fmod": lambda a: np.fmod(a, 0.7),
    "fmax": lambda a: np.fmax(a, a.T),
    "logaddexp": lambda a: np.logaddexp(a, a.T),
    "sin": lambda a: np.sin(a) * np.cos(a) / (2 + np.sinh(a) ** 2),
    "sort": lambda a: np.sort(a, axis=0) * np.arange(9.0).reshape(3, 3),
    "sort all": lambda a: np.sort(a, axis=None) * np.arange(9.0),
    "the least of all": lambda a: np.ravel(a)[np.argsort(a, axis=None)[:3]],
    "the least three": lambda a: np.sum(np.ravel(a)[np.argpartition(a, 2, axis=None)[:3]]),
    "take_along_axis": lambda a: np.take_along_axis(a, np.argsort(a, axis=1), 1)[:, 0],
    "row of the largest": lambda a: a[np.argmax(a[:, 0])],
    "largest of each row": lambda a: a[np.arange(3), np.argmax(a, axis=1)],
    "columns in another order": lambda a: a[:, np.argsort(a[0])] * np.arange(3.0),
    "take the largest": lambda a: np.take(a, np.argmax(a)) * np.take(a, np.argmin(a[0]), axis=1),
    "the same row twice": lambda a: a[np.stack([np.argmax(a[0]), np.argmax(a[0])]), None, 1:],
    "partition": lambda a: np.partition(a, 1, axis=0)[1],  # the order among others is free
    "partition all": lambda a: np.partition(a, 4, axis=None)[4] * a,
    "zeros_like": lambda a: np.zeros_like(a) + a,
    "ones_like": lambda a: np.ones_like(a[0]) * a + np.ones_like(a, dtype=int),
    "empty_like": lambda a: np.empty_like(a, shape=(0, 3)).sum() + a,
    "triu_indices_from": lambda a: a[np.triu_indices_from(a)],
    "places as other integers": lambda a: (
        np.take_along_axis(a, np.argsort(a, axis=0).astype(np.int64), 0) * (a > 0.2).astype(int)
    ),
    "median": lambda a: np.median(a, axis=1),
    "det": lambda a: np.linalg.det(np.stack([a, a.T])),
    "heaviside": lambda a: np.heaviside(a, 0.5) * a,
    "heaviside with a value": lambda a: np.heaviside(a - a[0, 0], a[1, 1]) * a,
    "interp": lambda a: np.interp(a, [0.0, 0.3, 1.0], [0.0, 1.0, 4.0]),
    "interp in places": lambda a: np.interp(0.4, np.sort(a[0]), a[1]),
    "interp in periods": lambda a: np.interp(a, [0.0, 0.5, 1.5], [0.0, 1.0, 4.0], period=2),
    "select": lambda a: np.select([a > 0.3, a < -0.4], [a, 2 * a], 0.5 * a),
    "nan_to_num": lambda a: np.nan_to_num(np.where(a > 0, a, np.nan), nan=0.5),
    "argmax method": lambda a: a * a.argmax() + a.any(axis=0) + a.argsort(axis=1).astype(float),
    "lstsq": lambda a: np.linalg.lstsq(a, a[0], rcond=None)[0],
    "rows without full rank": lambda a: np.linalg.lstsq(a[:2], a[:2, 0], rcond=None)[0],
    "sinc": lambda a: np.sinc(3 * a) + np.sinc(a - a[0, 0]),
    "expm1": lambda a: np.expm1(a) + np.log1p(a * a) + np.exp2(a) + np.cbrt(a),
}


#: Of arrays that may have no elements.
EMPTY = {
    "tanh": lambda a: np.tanh(a),
    "sum": lambda a: a * np.sum(a),
    "sum of rows": lambda a: np.sum(a, axis=0) ** 2,
    "transpose": lambda a: a.T * 1.5,
    "constants": lambda a: (a + np.zeros(a.shape)) * np.full(a.shape, 2) * np.full(a.shape, True),
    "index": lambda a: a[:0] ** 2,
    "list": lambda a: a[[]] ** 2,
    "mask": lambda a: a[np.zeros(a.shape, bool)],
    "roll": lambda a: np.roll(a, 1) * 2,
    "flip": lambda a: np.flip(a) ** 2,
    "repeat": lambda a: np.repeat(a, 2, axis=0) ** 2,
    "sort": lambda a: np.sort(a, axis=0),
    "cumsum": lambda a: np.cumsum(a, axis=0),
    "stack": lambda a: np.stack([a, a]) ** 2,
    "outer": lambda a: np.outer(a, a),
    "product": lambda a: np.prod(a),
    "where": lambda a: np.where(a > 0, a, 1.0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_source_and_engine_agree(name):
    rng = np.random.default_rng(2)

    def fun(a):
        return np.sum(FUNCTIONS[name](a) * 1.5) + np.sum(FUNCTIONS[name](a) ** 2)

    derivation = bp.derive(fun, rng.normal(size=(3, 3)))
    for _ in range(3):
        a = rng.normal(size=(3, 3))
        value, gradient = bp.value_and_grad(fun)(a)
        found, d = derivation(a)
        np.testing.assert_allclose(found, value, rtol=1e-12)
        np.testing.assert_allclose(d, gradient, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
@pytest.mark.parametrize("name", EMPTY)
def test_arrays_without_elements(name, shape):
    fun = lambda a: np.sum(EMPTY[name](a) * 2.0)
    a = np.ones(shape)
    value, gradient = bp.value_and_grad(fun)(a)
    derivation = bp.derive(fun, a)
    for run in (derivation, bp.compile(fun)):
        found, d = run(a)
        assert (found, d.shape, d.dtype) == (value, gradient.shape, gradient.dtype)
    assert derivation.latex


@pytest.mark.parametrize(
    "fun",
    [
        lambda a: np.sum(np.unique(a) * np.arange(9.0)),
        lambda a: np.sum(a[a > 0]),
        lambda a: np.sum(a) * np.nonzero(a.ravel())[0][0],
    ],
)
def test_what_takes_places_from_the_data_is_refused_and_not_frozen(fun):
    with pytest.raises(
        TypeError, match=r"changes with the arguments|gives plain numbers|mask that depends on"
    ):
        bp.derive(fun, np.random.default_rng(0).normal(size=(3, 3)))


def test_a_checkpoint_is_written_out_as_what_it_computes():
    fun = bp.checkpoint(lambda a: np.sum(np.tanh(a) ** 2))
    plain = bp.derive(lambda a: np.sum(np.tanh(a) ** 2), np.ones(3)).source
    assert bp.derive(lambda a: fun(a), np.ones(3)).source == plain


def test_the_determinant_of_a_singular_matrix_raises_in_a_derived_source():
    derivation = bp.derive(np.linalg.det, np.eye(2))
    with pytest.raises(np.linalg.LinAlgError):
        derivation(np.ones((2, 2)))


def test_products_with_a_vector_are_those_of_the_textbook():
    def fun(a, b):
        return np.sum((a @ b) ** 2)

    matrix_first = bp.derive(fun, np.ones((2, 3)), np.ones(3)).source
    assert "d_a = d_product[:, None] * b" in matrix_first
    assert "d_b = a.T @ d_product" in matrix_first
    vector_first = bp.derive(fun, np.ones(3), np.ones((3, 2))).source
    assert "d_a = b @ d_product" in vector_first
    assert "d_b = a[:, None] * d_product" in vector_first


SWAPPED = np.arange(3.0).astype(">f8"), np.arange(3, dtype=">i4"), np.arange(3.0).astype(">f4")


@pytest.mark.parametrize("constant", SWAPPED, ids=lambda constant: constant.dtype.str)
def test_constants_have_the_byte_order_of_the_machine(constant):
    fun = lambda a: np.sum(a * constant) + np.sum(np.where(a > constant, a, constant) ** 2)
    program = bp.derive(fun, np.ones(3)).program
    assert all(step.dtype.isnative for step in program.instructions)
    a = np.array([0.5, -1.0, 3.0])
    value, gradient = bp.value_and_grad(fun)(a)
    for run in (bp.derive(fun, np.ones(3)), bp.compile(fun)):
        np.testing.assert_allclose(run(a)[0], value)
        np.testing.assert_allclose(run(a)[1], gradient)
