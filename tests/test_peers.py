"""Values and gradients of NumPy's functions beside those of JAX and of HIPS autograd.

One table of calls. Peers that are not installed are skipped (``pip install '.[peers]'``), and so
are, by name, functions that a peer does not have.
"""

import contextlib
import importlib
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinygrad_bp as bp
from tinygrad_bp.kernel.dispatch import IMPLEMENTATIONS, read_all

read_all()

ELEMENTWISE = """absolute square sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin
    arccos arctan sinh cosh tanh arcsinh arctanh sinc deg2rad rad2deg degrees radians negative
    positive reciprocal nan_to_num"""
OF_TWO = """add subtract multiply divide true_divide power float_power mod remainder fmod logaddexp
    logaddexp2 arctan2 hypot maximum minimum fmax fmin"""
REDUCTIONS = "sum mean prod var std max min amax amin ptp median average"

#: Rows: the function, what is called, the shapes of its operands (entries in 0.1 ... 0.9), and
#: what autograd does otherwise.
ROWS = [
    *((name, lambda f, a: f(a), [(2, 3)]) for name in ELEMENTWISE.split()),
    ("arccosh", lambda f, a: f(1 + a), [(2, 3)]),
    *((name, lambda f, a, b: f(a, b), [(2, 3), (3,)]) for name in OF_TWO.split()),
    ("clip", lambda f, a: f(a, 0.3, 0.7), [(2, 3)]),
    ("heaviside", lambda f, a, b: f(a - 0.5, b), [(3,), (3,)]),
    *((name, lambda f, a: f(a), [(2, 3)]) for name in REDUCTIONS.split()),
    *((name, lambda f, a: f(a, axis=-1), [(2, 3)]) for name in REDUCTIONS.split()),
    *(
        (n, lambda f, a: f(a, axis=(0, 2)), [(2, 3, 2)])
        for n in REDUCTIONS.split()
        if n != "average"
    ),
    *((n, lambda f, a: f(a, axis=1, ddof=1, keepdims=True), [(2, 3)]) for n in ("var", "std")),
    ("average", lambda f, a, w: f(a, axis=1, weights=w), [(2, 3), (2, 3)]),
    ("cumsum", lambda f, a: f(a, axis=1), [(2, 3)]),
    ("cumprod", lambda f, a: f(a, axis=1), [(2, 3)]),
    ("cumsum", lambda f, a: f(a), [(2, 3)]),
    ("diff", lambda f, a: f(a, 2), [(2, 4)]),
    ("gradient", lambda f, a: f(a, axis=1), [(2, 4)]),
    ("trace", lambda f, a: f(a, offset=1), [(3, 3)]),
    ("reshape", lambda f, a: f(a, (3, -1)), [(2, 3)]),
    ("ravel", lambda f, a: f(a), [(2, 3)]),
    ("squeeze", lambda f, a: f(a, 1), [(2, 1, 3)]),
    ("expand_dims", lambda f, a: f(a, 1), [(2, 3)]),
    ("transpose", lambda f, a: f(a, (2, 0, 1)), [(2, 3, 2)]),
    ("swapaxes", lambda f, a: f(a, 0, 2), [(2, 3, 2)]),
    ("moveaxis", lambda f, a: f(a, 0, -1), [(2, 3, 2)]),
    ("rollaxis", lambda f, a: f(a, 2), [(2, 3, 2)]),
    ("roll", lambda f, a: f(a, 1, axis=1), [(2, 3)]),
    ("rot90", lambda f, a: f(a), [(2, 3)]),
    ("flip", lambda f, a: f(a, 1), [(2, 3)]),
    ("fliplr", lambda f, a: f(a), [(2, 3)]),
    ("flipud", lambda f, a: f(a), [(2, 3)]),
    ("tile", lambda f, a: f(a, (2, 2)), [(2, 3)]),
    ("repeat", lambda f, a: f(a, 2, axis=1), [(2, 3)]),
    ("pad", lambda f, a: f(a, ((1, 2), (0, 1)), "constant"), [(2, 3)]),
    ("pad", lambda f, a: f(a, 1, mode="reflect"), [(2, 3)], "pads with constants only"),
    ("broadcast_to", lambda f, a: f(a, (2, 3)), [(3,)], "does not differentiate new axes"),
    ("broadcast_to", lambda f, a: f(a, (2, 3)), [(2, 1)]),
    ("atleast_1d", lambda f, a: f(a), [()]),
    ("atleast_2d", lambda f, a: f(a), [(3,)]),
    ("atleast_3d", lambda f, a: f(a), [(2, 3)]),
    ("concatenate", lambda f, a, b: f([a, b], axis=1), [(2, 3), (2, 2)]),
    ("stack", lambda f, a, b: f([a, b], axis=1), [(2, 3), (2, 3)]),
    ("vstack", lambda f, a, b: f((a, b)), [(2, 3), (3,)]),
    ("hstack", lambda f, a, b: f((a, b)), [(2, 3), (2, 1)]),
    ("dstack", lambda f, a, b: f((a, b)), [(2, 3), (2, 3)]),
    ("column_stack", lambda f, a, b: f((a, b)), [(3,), (3,)]),
    ("split", lambda f, a: f(a, 3, axis=1)[1], [(2, 6)]),
    ("array_split", lambda f, a: f(a, 2, axis=1)[0], [(2, 5)]),
    ("vsplit", lambda f, a: f(a, 2)[1], [(4, 2)]),
    ("hsplit", lambda f, a: f(a, 2)[1], [(2, 4)]),
    ("dsplit", lambda f, a: f(a, 2)[1], [(2, 1, 4)]),
    ("append", lambda f, a, b: f(a, b), [(2,), (3,)]),
    ("diag", lambda f, a: f(a, 1), [(3, 3)]),
    ("diag", lambda f, a: f(a), [(3,)]),
    ("diagonal", lambda f, a: f(a, 0, 0, 1), [(3, 3)], "takes the last two axes only"),
    ("diagonal", lambda f, a: f(a, 0, -1, -2), [(3, 3)]),
    ("tril", lambda f, a: f(a, -1), [(3, 3)]),
    ("triu", lambda f, a: f(a, 1), [(3, 3)]),
    ("sort", lambda f, a: f(a), [(7,)]),
    ("partition", lambda f, a: f(a, 3)[3], [(7,)]),
    ("take", lambda f, a: f(a, np.array([2, 0, 2]), axis=1), [(2, 3)]),
    ("take_along_axis", lambda f, a: f(a, np.array([[2, 0], [1, 1]]), 1), [(2, 3)]),
    ("where", lambda f, a, b: f(np.array([True, False, True]), a, b), [(3,), (3,)]),
    ("where", lambda f, a, b: f(a > 0.5, a, b), [(2, 3), (3,)], "does not broadcast in where"),
    ("select", lambda f, a, b: f([np.array([True, False, True])], [a], b), [(3,), (3,)]),
    ("full_like", lambda f, a, b: f(a, b), [(2, 3), ()], "drops the gradient of the number"),
    *((n, lambda f, a, b: f(a, b), [(2, 3), (3, 4)]) for n in ("dot", "matmul")),
    *((n, lambda f, a, b: f(a, b), [(3,), (3,)]) for n in ("dot", "vdot", "inner", "outer")),
    ("matmul", lambda f, a, b: f(a, b), [(2, 2, 3), (3, 2)]),
    ("inner", lambda f, a, b: f(a, b), [(2, 3), (4, 3)]),
    ("tensordot", lambda f, a, b: f(a, b, axes=2), [(2, 3, 4), (3, 4, 2)]),
    ("tensordot", lambda f, a, b: f(a, b, axes=[[2], [0]]), [(2, 3, 4), (4, 2)]),
    ("einsum", lambda f, a, b: f("ij,jk->ik", a, b), [(2, 3), (3, 4)]),
    ("einsum", lambda f, a, b: f("...i,i", a, b), [(2, 3), (3,)]),
    ("einsum", lambda f, a: f("ii->i", a), [(3, 3)], "takes no repeated index"),
    ("kron", lambda f, a, b: f(a, b), [(2, 3), (2, 2)]),
    ("cross", lambda f, a, b: f(a, b), [(2, 3), (2, 3)]),
    ("cross", lambda f, a, b: f(a, b), [(2, 3), (3,)], "does not broadcast in cross"),
    ("trapezoid", lambda f, a, b: f(a, b), [(4,), (4,)]),
    ("interp", lambda f, a, b: f(a, np.array([0.0, 0.37, 0.61, 1.0]), b), [(5,), (4,)]),
    ("convolve", lambda f, a, b: f(a, b, mode="same"), [(5,), (3,)]),
    ("linalg.norm", lambda f, a: f(a), [(2, 3)]),
    ("linalg.norm", lambda f, a: f(a, axis=1), [(2, 3)]),
    ("linalg.norm", lambda f, a: f(a, "nuc"), [(2, 3)]),
    ("linalg.norm", lambda f, a: f(a, 3), [(4,)]),
    ("linalg.multi_dot", lambda f, a, b, c: f([a, b, c]), [(2, 3), (3, 4), (4, 2)]),
    ("linalg.matrix_power", lambda f, a: f(a, 3), [(3, 3)]),
    ("linalg.inv", lambda f, a: f(a + 2 * np.eye(3)), [(2, 3, 3)]),
    ("linalg.pinv", lambda f, a: f(a + np.eye(4, 3)), [(4, 3)]),
    ("linalg.det", lambda f, a: f(a + np.eye(3)), [(2, 3, 3)]),
    ("linalg.slogdet", lambda f, a: f(a + 2 * np.eye(3))[1], [(2, 3, 3)]),
    ("linalg.solve", lambda f, a, b: f(a + 2 * np.eye(3), b), [(3, 3), (3, 2)]),
    ("linalg.cholesky", lambda f, a: f(a @ a.T + np.eye(3)), [(3, 3)]),
    ("linalg.eigh", lambda f, a: f(a + a.T + np.diag([0.0, 3, 6]))[0], [(3, 3)]),
    ("linalg.eigh", lambda f, a: f(a + a.T + np.diag([0.0, 3, 6]))[1] ** 2, [(3, 3)]),
    ("linalg.svd", lambda f, a: f(a + np.diag([0, 2, 5]), full_matrices=False)[1], [(3, 3)]),
    ("linalg.svd", lambda f, a: f(a + np.diag([0, 2, 5]), full_matrices=False)[0] ** 2, [(3, 3)]),
    ("linalg.qr", lambda f, a: f(a + np.eye(4, 3))[0] ** 2, [(4, 3)]),
    ("linalg.lstsq", lambda f, a, b: f(a + np.eye(4, 3), b)[0], [(4, 3), (4,)]),
]
IDS = [f"{name}-{k}" for k, (name, *_) in enumerate(ROWS)]
PEERS = {"jax": "jax.numpy", "autograd": "autograd.numpy"}


def named(module, name):
    for part in name.split("."):
        module = getattr(module, part, None)
    return module


@contextlib.contextmanager
def double_precision(peer):
    if peer == "autograd":
        yield
        return
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


def operands(shapes, seed):
    """Draw entries that are all different: no two are closer than 1/500."""
    rng = np.random.default_rng(seed)
    sizes = [int(np.prod(shape)) for shape in shapes]
    entries = 0.1 + 0.8 * (rng.permutation(sum(sizes)) + rng.uniform(0.2, 0.8)) / sum(sizes)
    return [p.reshape(s) for p, s in zip(np.split(entries, np.cumsum(sizes)[:-1]), shapes)]


def value_and_gradients(peer, function, call):
    """Return what computes a peer's value, and the gradients of its product with weights."""
    library = importlib.import_module(peer)
    anp = importlib.import_module(PEERS[peer])

    def compute(weights, *arrays):
        everything = tuple(range(len(arrays)))
        gradients = library.grad(lambda *a: anp.sum(call(function, *a) * weights), everything)
        return call(function, *arrays), gradients(*arrays)

    if peer == "jax":
        compute = library.jit(compute)  # one program, not one for each step
    return lambda *arrays: compute(*map(anp.array, arrays))


def ours(function, call, arrays):
    leaves = [bp.Value(a) for a in arrays]
    value = call(function, *leaves)
    weights = np.random.default_rng(3).normal(size=value.shape)
    (value * weights).sum().backward()
    return value.data, [np.zeros(x.shape) if x.grad is None else x.grad for x in leaves], weights


def assert_agreement(peer, name, call, shapes, seeds, function=None):
    theirs = value_and_gradients(peer, named(importlib.import_module(PEERS[peer]), name), call)
    for seed in seeds:
        arrays = operands(shapes, seed)
        value, gradients, weights = ours(function or named(np, name), call, arrays)
        with double_precision(peer), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of the peer
            try:
                wanted, wanted_gradients = theirs(weights, *arrays)
            except NotImplementedError as error:
                pytest.skip(f"{peer} does not differentiate {name}: {error}")
        np.testing.assert_allclose(value, wanted, rtol=1e-11, atol=1e-13)
        for found, expected in zip(gradients, wanted_gradients, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
@pytest.mark.parametrize("peer", PEERS)
def test_agreement(peer, row):
    name, call, shapes, *otherwise = row
    pytest.importorskip(peer, reason=f"{peer} is not installed")
    if named(np, name) is None or named(np, name) not in IMPLEMENTATIONS:
        pytest.skip(f"numpy.{name} is not there, or not implemented for Values")
    if named(importlib.import_module(PEERS[peer]), name) is None:
        pytest.skip(f"{peer} has no {name}")
    if peer == "autograd" and otherwise:
        pytest.skip(f"autograd {otherwise[0]}")
    assert_agreement(peer, name, call, shapes, range(3))


@pytest.mark.parametrize("peer", PEERS)
@given(seed=st.integers(0, 2**32 - 1), shape=array_shapes(max_dims=3, max_side=3), data=st.data())
def test_a_net_of_functions_agrees_on_any_shape(peer, seed, shape, data):
    pytest.importorskip(peer, reason=f"{peer} is not installed")
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))

    def call(f, a, b):
        lib = np if isinstance(a, bp.Value) else importlib.import_module(PEERS[peer])
        inner = f(lib.sin(a) * b[..., None], lib.exp(-b)[..., None] / (1 + a))
        return lib.sum(lib.sqrt(inner**2 + 1), axis=axis)

    assert_agreement(peer, "logaddexp", call, [shape, shape[:-1]], [seed])


@pytest.mark.parametrize("peer", PEERS)
def test_a_wrong_rule_is_caught(peer):
    pytest.importorskip(peer, reason=f"{peer} is not installed")
    wrong = bp.Op("wrong", np.sin, lambda g, y, a: 1.001 * g * np.cos(a))
    assert_agreement(peer, "sin", lambda f, a: f(a), [(2, 3)], [0])
    with pytest.raises(AssertionError):
        assert_agreement(peer, "sin", lambda f, a: f(a), [(2, 3)], [0], function=wrong)


def test_every_differentiable_function_of_the_list_has_a_row():
    listed = {*ELEMENTWISE.split(), *OF_TWO.split(), *REDUCTIONS.split()}
    assert listed <= {name for name, *_ in ROWS}
    assert len({name for name, *_ in ROWS}) >= 120
