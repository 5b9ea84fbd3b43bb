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
    "hypot": lambda a: np.hypot(a, a.T + 2),
    "arctan2": lambda a: np.arctan2(a, a.T + 3),
    "remainder": lambda a: np.remainder(a, 0.7),
    "fmod": lambda a: np.fmod(a, 0.7),
    "fmax": lambda a: np.fmax(a, a.T),
    "logaddexp": lambda a: np.logaddexp(a, a.T),
    "sin": lambda a: np.sin(a) * np.cos(a) / (2 + np.sinh(a) ** 2),
    "expm1": lambda a: np.expm1(a) + np.log1p(a * a) + np.exp2(a) + np.cbrt(a),
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


@pytest.mark.parametrize(
    "fun",
    [
        lambda a: np.sum(np.sort(a, axis=0) * np.arange(9.0).reshape(3, 3)),
        lambda a: np.median(a),
        lambda a: np.linalg.det(a),  # looks whether the matrix is singular
        lambda a: np.sum(np.heaviside(a, 0.5) * a),
        lambda a: np.sum(np.interp(a, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0])),
    ],
)
def test_what_takes_its_order_from_the_data_is_refused_and_not_frozen(fun):
    with pytest.raises(TypeError, match=r"changes with the arguments|rule of det"):
        bp.derive(fun, np.random.default_rng(0).normal(size=(3, 3)))
