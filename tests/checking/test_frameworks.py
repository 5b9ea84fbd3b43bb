"""`check_torch` and `check_jax`, with the frameworks where they are installed."""

import numpy as np
import pytest

import tinygrad_bp as bp

RNG = np.random.default_rng(3)
X = RNG.standard_normal((4, 6)).astype(np.float32)
WEIGHT = RNG.standard_normal(6).astype(np.float32)


def rmsnorm(x, weight):
    """The forward pass in NumPy."""
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6) * weight


# --- PyTorch -------------------------------------------------------------------------------------


def torch_rmsnorm(*, forget=False, write=False, contiguous=True, none=False):
    """Make a torch.autograd.Function, right or with a mistake planted."""
    torch = pytest.importorskip("torch")

    class RMSNorm(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight):
            rms = torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6)
            ctx.save_for_backward(x, weight, rms)
            return x / rms * weight

        @staticmethod
        def backward(ctx, d_y):
            x, weight, rms = ctx.saved_tensors
            if not contiguous:  # as a kernel does that is given a pointer
                d_y = torch.as_strided(d_y, x.shape, x.stride()) if d_y.numel() else d_y
            n = x / rms
            d_n = d_y if forget else d_y * weight
            d_x = (d_n - n * (d_n * n).mean(-1, keepdim=True)) / rms
            d_weight = (d_y * n).sum(0)
            if write:
                d_y.zero_()
            return d_x, None if none else d_weight

    return RMSNorm.apply


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("with_reference", [True, False])
def test_torch_function_in_each_dtype(dtype, with_reference):
    torch = pytest.importorskip("torch")
    inputs = [torch.tensor(a).to(getattr(torch, dtype)) for a in (X, WEIGHT)]
    options = {"reference": rmsnorm} if with_reference else {}
    comparison = bp.testing.check_torch(torch_rmsnorm(), *inputs, **options)
    assert [row.name for row in comparison.rows] == ["x", "weight"]
    assert comparison.recorded == with_reference
    assert any(f"x, weight: {dtype} numbers" in note for note in comparison.notes)
    with pytest.raises(AssertionError, match="manual wrong"):
        bp.testing.check_torch(torch_rmsnorm(forget=True), *inputs, **options)


def test_torch_mistakes_beside_the_numbers():
    torch = pytest.importorskip("torch")
    inputs = [torch.tensor(a) for a in (X, WEIGHT)]
    for made, text in (
        ({"write": True}, "writes into the upstream gradient"),
        ({"none": True}, "its gradient is None"),
    ):
        with pytest.raises(AssertionError) as caught:
            bp.testing.check_torch(torch_rmsnorm(**made), *inputs, reference=rmsnorm)
        assert text in " ".join(str(caught.value).split())


def test_torch_strides_that_are_not_looked_at():
    torch = pytest.importorskip("torch")
    with pytest.raises(AssertionError, match="strided"):
        bp.testing.check_torch(
            torch_rmsnorm(contiguous=False), torch.tensor(X), torch.tensor(WEIGHT)
        )


def test_torch_reference_in_torch_and_several_outputs():
    torch = pytest.importorskip("torch")

    def both(x, k):
        values, places = torch.topk(x, k)
        return values * 2, places

    def low(x, weight):  # computes in float32 whatever it is given
        return torch_rmsnorm()(x.float(), weight.float())

    assert bp.testing.check_torch(both, torch.tensor(X), 2)
    inputs = torch.tensor(X), torch.tensor(WEIGHT)
    with pytest.raises(ValueError, match="give reference="):
        bp.testing.check_torch(low, *inputs)
    comparison = bp.testing.check_torch(low, *inputs, reference=torch_rmsnorm())
    assert not comparison.recorded
    assert bp.testing.check_torch(low, *inputs, reference=rmsnorm).recorded


# --- JAX -----------------------------------------------------------------------------------------


def jax_rmsnorm(*, forget=False):
    """Make a function with a custom_vjp, right or with a mistake planted."""
    jax = pytest.importorskip("jax")
    jnp = jax.numpy

    def forward(x, weight):
        rms = jnp.sqrt(jnp.mean(x * x, axis=-1, keepdims=True) + 1e-6)
        return x / rms * weight, (x, weight, rms)

    def backward(saved, d_y):
        x, weight, rms = saved
        n = x / rms
        d_n = d_y if forget else d_y * weight
        d_x = (d_n - n * jnp.mean(d_n * n, axis=-1, keepdims=True)) / rms
        return d_x, jnp.sum(d_y * n, axis=0)

    @jax.custom_vjp
    def rmsnorm(x, weight):
        return forward(x, weight)[0]

    rmsnorm.defvjp(forward, backward)
    return rmsnorm


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("with_reference", [True, False])
def test_jax_function_in_each_dtype(dtype, with_reference):
    jax = pytest.importorskip("jax")
    inputs = [jax.numpy.asarray(a, dtype) for a in (X, WEIGHT)]
    options = {"reference": rmsnorm} if with_reference else {}
    comparison = bp.testing.check_jax(jax_rmsnorm(), *inputs, **options)
    assert [row.name for row in comparison.rows] == ["x", "weight"]
    assert comparison.recorded == with_reference
    assert any(f"x, weight: {dtype} numbers" in note for note in comparison.notes)
    with pytest.raises(AssertionError, match="manual wrong"):
        bp.testing.check_jax(jax_rmsnorm(forget=True), *inputs, **options)


def test_jax_labels_several_outputs_and_plain_numbers():
    jax = pytest.importorskip("jax")
    jnp = jax.numpy

    def losses(logits, labels, scale):
        chosen = jax.nn.log_softmax(logits)[jnp.arange(4), labels]
        return -scale * chosen, jnp.argmax(logits, axis=-1)

    labels = np.array([0, 5, 2, 2])
    comparison = bp.testing.check_jax(losses, X, labels, 0.5)
    assert [row.name for row in comparison.rows] == ["logits"]


def test_jax_in_float32_alone_needs_a_reference():
    jax = pytest.importorskip("jax")

    def low(x):
        return jax.numpy.sin(x.astype("float32"))

    with pytest.raises(ValueError, match="give reference="):
        bp.testing.check_jax(low, X)
    assert bp.testing.check_jax(low, X, reference=np.sin)
    assert bp.testing.check_jax(low, X, reference=lambda x: jax.numpy.sin(x))


def test_products_in_tf32_have_its_tolerance_and_are_said(monkeypatch):
    jax = pytest.importorskip("jax")

    @jax.custom_vjp
    def short(x):
        return 2 * x

    def backward(_, u):  # as exact as TF32
        return ((2 + 2.0**-10) * u,)

    short.defvjp(lambda x: (2 * x, None), backward)
    with pytest.raises(AssertionError, match="manual wrong"):
        bp.testing.check_jax(short, X, reference=lambda x: 2 * x)
    monkeypatch.setattr("tinygrad_bp.checking.frameworks.Jax.products", "TF32")
    comparison = bp.testing.check_jax(short, X, reference=lambda x: 2 * x)
    assert "JAX multiplies float32 matrices in TF32 on this device" in comparison.notes


def test_a_reference_that_fails_everywhere_says_so():
    pytest.importorskip("jax")

    def broken(x, weight):
        raise KeyError("nothing here")

    with pytest.raises(KeyError, match="nothing here"):
        bp.testing.check_jax(jax_rmsnorm(), X, WEIGHT, reference=broken)
