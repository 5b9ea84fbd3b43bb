"""Complex values: NumPy's numbers, and gradients in JAX's convention, dL/dx - i dL/dy."""

import types
import warnings

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.gradients import five_point

RNG = np.random.default_rng(5)
X = RNG.normal(size=(3, 4))
Z = RNG.normal(size=(3, 4)) + 1j * RNG.normal(size=(3, 4))
SQUARE = RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3))
HERMITIAN = SQUARE @ SQUARE.conj().T
LA = np.linalg

_HOLOMORPHIC = ["exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "arctan", "square"]
#: Of complex numbers, to complex or real ones.
FUNCTIONS = {
    **{name: getattr(np, name) for name in _HOLOMORPHIC},
    "sign": np.sign,
    "angle": lambda z: np.angle(z, deg=True),
    "reciprocal and power": lambda z: np.reciprocal(z) + z**2.5 + 2**z,
    "with real numbers": lambda z: (z * X - X / z) + X @ z.T @ X,
    "parts": lambda z: z.real * z.imag + z.conj(),
    "real_if_close": lambda z: np.real_if_close(z + z.conj()),
    "sums": lambda z: np.sum(z, axis=0) * np.prod(z) + np.cumsum(z)[4],
    "mean, var, std": lambda z: np.mean(z) * np.var(z) + np.std(z, axis=0),
    "products": lambda z: np.vdot(z, z * 1j) + np.einsum("ij,kj->ik", z, z) + np.vecdot(z, z**2),
    "convolve": lambda z: np.convolve(z[0], z[1]) * np.correlate(z[0], z[1], "full"),
    "cov": lambda z: np.cov(z),
    "where": lambda z: np.where(X > 0, z, X) ** 2,
    "sorted": lambda z: np.sort(z, axis=0) * np.array([[1.0], [2.0], [3.0]]),
    "norms": lambda z: LA.norm(z) + LA.norm(z, 3, axis=1) + LA.norm(z, "nuc") + LA.norm(z, 2),
    "det": lambda z: LA.det(z[:, :3]) + LA.slogdet(z[:, :3]).sign * LA.slogdet(z[:, 1:]).logabsdet,
    "inv": lambda z: LA.inv(z[:, :3]) + LA.solve(z[:, 1:], z[:, :3]),
    "pinv": lambda z: LA.pinv(z),
    "sigmoid": lambda z: bp.sigmoid(z) + bp.softmax(z) * bp.absolute(z),
    "eigvals": lambda z: LA.eigvals(z[:, :3]) * [1.0, 2.0, 3.0],
    "eig": lambda z: LA.eig(z[:, :3]).eigenvectors * [1.0, 2.0, 3.0],
    "cholesky": lambda z: LA.cholesky(z @ z.conj().T),
    "eigh": lambda z: LA.eigh(z @ z.conj().T).eigenvalues * X[0, :3],
    "eigh, upper": lambda z: LA.eigvalsh(z @ z.conj().T, "U") * [1.0, 2.0, 3.0],
    "vectors of eigh": lambda z: np.abs(LA.eigh(z @ z.conj().T).eigenvectors),
    "svd": lambda z: np.abs(LA.svd(z, full_matrices=False).U) + LA.svd(z, compute_uv=False),
    "svd back": lambda z: rebuilt(*LA.svd(z, full_matrices=False)),
    "svd back, tall": lambda z: rebuilt(*LA.svd(z.T, full_matrices=False)),
    "qr": lambda z: rebuilt_qr(*LA.qr(z)) + np.abs(LA.qr(z).R),
    **{
        f"{name} {n} {norm}": lambda z, name=name, n=n, norm=norm: getattr(np.fft, name)(
            z, n, 1, norm
        )
        for name in ("fft", "ifft", "irfft", "hfft")
        for n, norm in ((None, None), (3, "ortho"), (7, "forward"))
    },
    "fft2": lambda z: np.fft.fft2(z) * np.fft.ifft2(z, norm="ortho"),
    "fftn": lambda z: np.fft.fftn(z, (2, 5), axes=(0, 1)) + np.fft.ifftn(z, (2, 5), axes=(1, 0)).T,
    "irfft2": lambda z: np.fft.irfft2(z, norm="ortho"),
    "irfftn": lambda z: np.fft.irfftn(z, (3, 5), axes=(1, 0)),
    "shifted": lambda z: np.fft.fftshift(z) * X + np.fft.ifftshift(z, axes=1) ** 2,
}
#: Of real numbers, through complex ones.
THROUGH = {
    "phases": lambda x: np.abs(np.sum(np.exp(1j * x)) + x[0]) ** 2,
    "python's complex": lambda x: ((1 + 2j) * x - 1j).imag * x + (x * complex(0, 1)).conj().imag,
    "rfft": lambda x: np.abs(np.fft.rfft(x)) + np.fft.rfft(x, 5, norm="ortho").imag,
    "rfftn": lambda x: np.abs(np.fft.rfftn(x)) + np.fft.rfft2(x, norm="ortho").real,
    "ihfft": lambda x: np.fft.ihfft(x, 5).imag,
    "filter": lambda x: np.fft.irfft(np.fft.rfft(x) * np.exp(-np.arange(3.0)), 4) ** 3,
    "eig of a real matrix": lambda x: np.abs(LA.eig(x[:, :3]).eigenvectors) + x[0, 0],
    "astype": lambda x: (x.astype(complex) * 1j).imag,
    "arctan2": lambda x: np.angle(x[0] + 1j * x[1]),
}


def rebuilt(u, s, vh):
    return (u * (s**2)) @ vh


def rebuilt_qr(q, r):
    return q @ (r * np.arange(1.0, 5.0)) @ np.ones((4, 4))


def loss_of(fun, given, home=np):
    """Make a real loss of all parts of what a function gives."""
    shape = np.shape(fun(given))
    fun = fun if home is np else in_jax(fun)
    weights = np.random.default_rng(3).normal(size=(2, *shape))

    def loss(z):
        y = fun(z)
        return home.sum(home.real(y) * weights[0] + home.imag(y) * weights[1])

    return loss


def numeric(loss, z):
    """Differentiate by the real and the imaginary parts: dL/dx - i dL/dy."""
    of_real, of_imag = five_point(lambda x, y: loss(x + 1j * y), [z.real, z.imag])
    return of_real - 1j * of_imag


@pytest.mark.parametrize("name", FUNCTIONS)
def test_of_complex_numbers(name):
    fun = FUNCTIONS[name]
    found, wanted = fun(bp.Value(Z)), fun(Z)
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found.data, wanted, rtol=1e-12, atol=1e-12)
    loss = loss_of(fun, Z)
    gradient = bp.grad(loss)(Z)
    assert gradient.dtype == np.complex128
    np.testing.assert_allclose(gradient, numeric(loss, Z), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", THROUGH)
def test_real_numbers_through_complex_ones(name):
    fun = THROUGH[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(fun(bp.Value(X)).data, fun(X), rtol=1e-12, atol=1e-12)
        loss = loss_of(fun, X)
        gradient = bp.grad(loss)(X)
        assert gradient.dtype == np.float64
        np.testing.assert_allclose(gradient, five_point(loss, [X])[0], rtol=1e-7, atol=1e-8)
        product = bp.hvp(loss, (X,), (Z.real,))[0]
        along = five_point(lambda t: np.sum(bp.grad(loss)(X + t * Z.real) * Z.imag), [np.zeros(())])
        np.testing.assert_allclose(np.sum(product * Z.imag), along[0], rtol=1e-6, atol=1e-6)


#: What is compared with JAX itself: each convention that could be another one.
SHARED_WITH_JAX = ["exp", "parts", "with real numbers", "products", "inv", "irfft None None"]
SHARED_WITH_JAX += ["irfft 7 forward", "phases", "rfft", "astype", "arctan2", "eigh"]


def test_as_jax():
    jax = pytest.importorskip("jax")
    cases = [(name, (FUNCTIONS | THROUGH)[name]) for name in SHARED_WITH_JAX]
    losses = {name: loss_of(fun, X if name in THROUGH else Z, np) for name, fun in cases}
    theirs = {name: loss_of(fun, X if name in THROUGH else Z, jax.numpy) for name, fun in cases}

    def gradients(x, z):
        return {name: jax.grad(theirs[name])(x if name in THROUGH else z) for name in theirs}

    with jax.enable_x64(True):
        wanted = jax.jit(gradients)(X, Z)
    for name, loss in losses.items():
        found = bp.grad(loss)(X if name in THROUGH else Z)
        np.testing.assert_allclose(found, wanted[name], rtol=1e-9, atol=1e-10, err_msg=name)


def in_jax(fun):
    """Make a function of NumPy's one of JAX's."""
    import jax.numpy as jnp

    if isinstance(fun, np.ufunc):
        return getattr(jnp, fun.__name__)
    names = globals() | {"np": jnp, "LA": jnp.linalg}
    return types.FunctionType(fun.__code__, names, None, fun.__defaults__)


# --- what is refused -------------------------------------------------------------------------


def test_a_complex_loss_is_refused():
    for call in (
        lambda: bp.grad(lambda x: x * 1j)(1.0),
        lambda: bp.value_and_grad(np.sum)(Z),
        lambda: (bp.Value(1.0) * 1j).backward(),
        lambda: bp.hvp(np.sum, (Z,), (Z,)),
    ):
        with pytest.raises(TypeError, match=r"expected a real number.*take \.real"):
            call()
    with pytest.raises(TypeError, match=r"jacobian: expected real numbers.*\.imag"):
        bp.jacobian(np.exp)(Z[0])


def test_complex_numbers_do_not_get_into_real_arrays():
    h = bp.Value(X) * 2
    before = h.data.copy()
    for change in (
        lambda: h.__setitem__(0, 1j),
        lambda: h.__iadd__(1j),
        lambda: setattr(bp.Value(X), "data", Z),
        lambda: setattr(h, "imag", 1.0),
    ):
        with pytest.raises(TypeError, match=r"complex|imaginary"):
            change()
        np.testing.assert_array_equal(h.data, before)


def test_what_has_no_rule_for_complex_numbers_says_so():
    with pytest.raises(TypeError, match=r"lstsq: complex Values.*pinv"):
        LA.lstsq(bp.Value(Z), X[:, 0])
    with pytest.raises(TypeError, match=r"rfft"):
        np.fft.rfft(bp.Value(Z))
    with pytest.raises(TypeError, match=r"explore: a page shows real numbers.*from mul on"):
        bp.explore(np.abs(np.exp(bp.Value(1.0) + 0) * bp.Value(2.0) * complex(1, 0)))


def test_a_transform_says_what_it_expects():
    for wrong in (
        lambda: np.fft.fft(bp.Value(X), norm="none"),
        lambda: np.fft.fft(bp.Value(X), 0),
        lambda: np.fft.fftn(bp.Value(X), (2, 3), axes=(1,)),
    ):
        with pytest.raises(ValueError, match=r"fftn?: expected"):
            wrong()


# --- as values -------------------------------------------------------------------------------


def test_leaves_constants_and_precision():
    z = bp.Value(Z.astype(np.complex64))
    assert (z.dtype, (z * 2j).dtype, z.real.dtype) == (np.complex64, np.complex64, np.float32)
    assert (bp.Value(X) * 1j).dtype == np.complex128
    assert (bp.Value(X).astype(np.float32) * 1j).dtype == np.complex64
    np.sum(np.abs(z) ** 2).backward()
    assert z.grad.dtype == np.complex64
    np.testing.assert_allclose(z.grad, 2 * Z.conj(), rtol=1e-5)
    assert bp.Value(X).real.op is None
    assert complex(bp.Value(2j, requires_grad=False)) == 2j
    assert f"{bp.Value(1 + 2j):.1f}" == "1.0+2.0j"
    assert bp.Value(1 + 2j).item() == 1 + 2j
    with pytest.raises(TypeError, match=r"complex\(\) of a Value.*lose"):
        complex(bp.Value(2j))


def test_gradients_of_real_nodes_are_real():
    x = bp.Value(X[0])
    y = x * 2
    np.sum(np.exp(y * 1j)).real.backward(retain_grads=True)
    assert y.grad.dtype == x.grad.dtype == np.float64
    np.testing.assert_allclose(x.grad, -2 * np.sin(2 * X[0]))


def test_a_seed_may_be_complex():
    z = bp.Value(Z)
    (z * 2).backward(Z)
    np.testing.assert_allclose(z.grad, 2 * Z)
    _, pull_back = bp.vjp(lambda x: x * 1j, X)
    np.testing.assert_allclose(pull_back(Z)[0], (Z * 1j).real)
    assert bp.jvp(np.exp, (Z,), (Z,))[1].dtype == np.complex128


def test_parts_are_views_that_can_be_assigned_to():
    def loss(x):
        z = x * 1j
        part = z.real
        part[0] = x[1]
        z.imag = x**2
        z[1] *= 2j
        return np.sum(np.abs(z) ** 2 * X + np.sin(z.real) + z.imag**3)

    np.testing.assert_allclose(bp.grad(loss)(X), five_point(loss, [X])[0], rtol=1e-8)


def test_the_angle_of_real_numbers_is_plain():
    a = np.array([-2.0, 3.0])
    np.testing.assert_array_equal(np.angle(bp.Value(a)), [np.pi, 0])
    np.testing.assert_array_equal(np.angle(bp.Value(a), deg=True), [180, 0])


def test_buffers_take_complex_values():
    import tinygrad_bp.numpy as served

    def loss(x):
        z = served.zeros(4, complex)
        for k in range(4):
            z[k] = x[0, k] * np.exp(1j * x[1, k])
        return np.abs(z.sum())

    np.testing.assert_allclose(bp.grad(loss)(X), five_point(loss, [X])[0], rtol=1e-7, atol=1e-9)


# --- what reads graphs -----------------------------------------------------------------------


def spectrum(p):
    z = np.fft.fft(p["x"] * np.exp(1j * p["x"]))
    return np.sum(np.abs(z[1:]) ** 2) + z.imag[0]


def test_compare_takes_a_real_loss_of_complex_numbers():
    params = {"x": X[0]}
    right = bp.compare(spectrum, params, bp.grad(spectrum)(params))
    assert right.ok
    assert right.numeric_method == "adaptive"
    wrong = bp.compare(spectrum, params, {"x": bp.grad(spectrum)(params)["x"] * 2})
    assert [row.verdict for row in wrong.rows] == ["wrong"]
    assert "real numbers only" in str(wrong)


def test_programs_and_pictures(tmp_path):
    params = {"x": X[0]}
    derivation = bp.derive(spectrum, params)
    assert "np.real(" in derivation.source
    assert r"\operatorname{Re}" in derivation.latex
    other = {"x": X[1]}
    value, gradients = bp.value_and_grad(spectrum)(other)
    for way in (derivation, bp.compile(spectrum)):
        found, slopes = way(other)
        np.testing.assert_allclose(found, value)
        np.testing.assert_allclose(slopes["x"], gradients["x"])
    loss = spectrum({"x": bp.Value(X[0, :2], name="x")})
    loss.backward()
    bp.draw(loss, tmp_path / "graph.txt")
    assert "j" in (tmp_path / "graph.txt").read_text(encoding="utf-8")
    assert str(bp.draw(loss, backward=True)).startswith("digraph")


def test_a_constant_cotangent_that_is_complex():
    def fun(a):
        return np.imag((Z[0] * a) @ a)

    value, gradient = bp.value_and_grad(fun)(X[1])
    for way in (bp.derive(fun, X[0]), bp.compile(fun)):
        found, slope = way(X[1])
        np.testing.assert_allclose(found, value, rtol=1e-14)
        np.testing.assert_allclose(slope, gradient, rtol=1e-14)


def test_a_conjugate_in_the_wrong_place_would_be_seen(monkeypatch):
    wrong = bp.Op("exp", np.exp, lambda g, y, a: g * y.conj())
    monkeypatch.setitem(
        FUNCTIONS, "exp", lambda z: wrong(z) if isinstance(z, bp.Value) else np.exp(z)
    )
    with pytest.raises(AssertionError):
        test_of_complex_numbers("exp")
