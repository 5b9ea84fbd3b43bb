"""`compare_vjp`: kernels, right and wrong, in all the types that people write them in."""

import json

import numpy as np
import pytest

import tinygrad_bp as bp

RNG = np.random.default_rng(7)
X, WEIGHT = RNG.standard_normal((4, 6)), RNG.standard_normal(6)


def rmsnorm(x, weight):
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6) * weight


def rmsnorm_backward(d_y, x, weight):
    rms = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + np.asarray(1e-6, x.dtype))
    n, d_n = x / rms, d_y * weight
    return (d_n - n * np.mean(d_n * n, axis=-1, keepdims=True)) / rms, np.sum(d_y * n, axis=0)


def weight_is_forgotten(d_y, x, weight):
    return rmsnorm_backward(d_y, x, np.ones_like(weight))


def verdicts(comparison):
    return {row.name: row.verdict for row in comparison.rows}


def as_bfloat16(array):
    """Round to 8 significant bits, in an array of the same type."""
    mantissa, exponent = np.frexp(array)
    return np.ldexp(np.rint(mantissa * 2**8) / 2**8, exponent).astype(array.dtype)


# --- types ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_each_dtype_has_its_tolerance(dtype):
    if dtype == "bfloat16":
        dtype = pytest.importorskip("ml_dtypes").bfloat16
    inputs = X.astype(dtype), WEIGHT.astype(dtype)
    right = bp.compare_vjp(rmsnorm, inputs, rmsnorm_backward)
    assert right, str(right)
    assert right.recorded
    assert any(f"x, weight: {np.dtype(dtype).name} numbers" in note for note in right.notes)
    assert "manual leaves its inputs and the upstream gradient as they were" in right.notes
    assert any("a strided or an expanded view gives the same" in note for note in right.notes)
    wrong = bp.compare_vjp(rmsnorm, inputs, weight_is_forgotten)
    assert verdicts(wrong) == {"x": "wrong", "weight": "correct"}


@pytest.mark.parametrize(("dtype", "factor"), [("float64", 1e-6), ("float32", 1e-4)])
def test_a_small_factor_is_seen_where_the_type_can_tell_it(dtype, factor):
    def off(*given):
        return [(1 + factor) * g for g in rmsnorm_backward(*given)]

    inputs = X.astype(dtype), WEIGHT.astype(dtype)
    assert not bp.compare_vjp(rmsnorm, inputs, off)
    assert bp.compare_vjp(rmsnorm, inputs, off, tolerance=10 * factor)
    assert bp.compare_vjp(rmsnorm, inputs, off, dtype="bfloat16")


@pytest.mark.parametrize("holder", [np.float32, np.float64])
def test_bfloat16_numbers_in_other_arrays_are_seen(holder):
    def backward(*given):
        return [as_bfloat16(g) for g in rmsnorm_backward(*given)]

    inputs = as_bfloat16(X).astype(holder), as_bfloat16(WEIGHT).astype(holder)
    comparison = bp.compare_vjp(rmsnorm, inputs, backward)
    assert comparison, str(comparison)
    assert any("x, weight: bfloat16 numbers" in note for note in comparison.notes)
    assert not bp.compare_vjp(rmsnorm, inputs, backward, dtype="float32")


def test_a_cause_that_round_off_hides_is_found_in_float64():
    def backward(*given):
        wrong = weight_is_forgotten(*given)
        return wrong if given[0].dtype == float else [as_bfloat16(g) for g in wrong]

    inputs = [as_bfloat16(a).astype(np.float32) for a in (X, WEIGHT)]
    comparison = bp.compare_vjp(rmsnorm, tuple(inputs), backward)
    assert "the cause was found in float64" in comparison.notes
    assert [found.mistake for found in comparison.diagnosis] == ["factor-missing"]


def test_short_numbers_are_no_sign_of_a_lower_type():
    x = np.array([1.0, 2.0, 4.0])
    u = np.array([1.0, 0.5, 2.0])
    assert bp.compare_vjp(lambda x: x**2, x, lambda u, x: 2 * x * u, upstream=u)
    assert not bp.compare_vjp(lambda x: x**2, x, 2 * x * u * (1 + 2.0**-7), upstream=u)


def test_an_entry_is_judged_by_its_array():
    def backward(u, x):
        exact = np.float32(2) * x * u
        exact[0] += np.float32(1e-6) * np.abs(exact).max()
        return exact

    x = np.array([1e-6, 1.0, -2.0], np.float32)
    upstream = np.array([0.3, 0.7, -1.1], np.float32)
    assert bp.compare_vjp(lambda x: x**2, x, backward, upstream=upstream)
    assert not bp.compare_vjp(lambda x: x**2, x, backward, upstream=upstream, dtype="float64")


def test_terms_that_cancel_are_judged_by_their_round_off():
    """The gradient by a bias in front of a softmax is 0 but for round-off."""

    def forward(x, bias):
        return bp.softmax(x + bias, axis=-1)

    def backward(u, x, bias, factor=1):
        p = np.exp(x + bias) / np.exp(x + bias).sum(-1, keepdims=True)
        d = p * (u - (p * u).sum(-1, keepdims=True))
        return d, factor * d.sum(-1, keepdims=True)

    x, bias = X.astype(np.float32), np.ones((4, 1), np.float32)
    assert bp.compare_vjp(forward, (x, bias), backward)
    assert not bp.compare_vjp(forward, (x, bias), lambda *g: backward(*g, factor=1e4))


# --- what is given -------------------------------------------------------------------------------


def test_one_array_a_tuple_or_a_dict_and_names_of_the_arguments():
    assert verdicts(bp.compare_vjp(lambda x: x**2, X, lambda u, x: 2 * x * u)) == {"x": "correct"}
    named = {"weight": WEIGHT, "x": X}
    by_name = bp.compare_vjp(
        rmsnorm,
        named,
        lambda u, weight, x: dict(zip(("dx", "dweight"), rmsnorm_backward(u, x, weight))),
    )
    assert verdicts(by_name) == {"weight": "correct", "x": "correct"}
    assert verdicts(bp.compare_vjp(np.multiply, (X, WEIGHT), lambda u, a, b: (u * b, u.sum(0) * 0)))


def cross_entropy(logits, labels):
    top = np.max(logits, axis=-1, keepdims=True)
    total = np.log(np.sum(np.exp(logits - top), axis=-1)) + top[:, 0]
    return total - logits[np.arange(len(labels)), labels]


def cross_entropy_backward(u, logits, labels):
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p * u[:, None]


def test_labels_are_constants_whose_gradient_may_be_none_or_absent():
    labels = np.array([0, 5, 2, 2])
    for give in (
        cross_entropy_backward,
        lambda *g: (cross_entropy_backward(*g), None),
        lambda *g: {"d_logits": cross_entropy_backward(*g)},
    ):
        assert verdicts(bp.compare_vjp(cross_entropy, (X, labels), give)) == {"logits": "correct"}

    def scaled_by_the_first(u, logits, labels):
        return cross_entropy_backward(np.full_like(u, u[0]), logits, labels)

    assert not bp.compare_vjp(cross_entropy, (X, labels), scaled_by_the_first)


def test_none_is_right_where_the_gradient_is_zero():
    def forward(x, unused):
        return x * 2 + 0 * unused

    comparison = bp.compare_vjp(forward, (X, X), lambda u, x, unused: (2 * u, None))
    assert comparison, str(comparison)
    assert "unused: its gradient is None, and rightly: 0" in comparison.notes
    u = np.cos(X)
    given = rmsnorm_backward(u, X, WEIGHT)[0], None
    missing = bp.compare_vjp(rmsnorm, (X, WEIGHT), given, upstream=u)
    assert not missing
    assert verdicts(missing) == {"x": "correct", "weight": "missing"}


def test_several_outputs():
    def forward(x):
        return np.sin(x), x.sum(axis=0)

    comparison = bp.compare_vjp(forward, X, lambda u, x: u[0] * np.cos(x) + u[1])
    assert comparison
    assert not bp.compare_vjp(forward, X, lambda u, x: u[0] * np.cos(x))


def test_an_output_of_integers_has_no_upstream_gradient():
    def forward(x):
        data = x.data if isinstance(x, bp.Value) else np.real(x)
        return x * 2, np.argmax(data, axis=-1)

    def backward(u, x):
        assert u[1] is None
        return 2 * u[0]

    assert bp.compare_vjp(forward, X, backward)
    for upstream in ((X,), (X, None)):
        assert bp.compare_vjp(forward, X, backward, upstream=upstream)
    with pytest.raises(ValueError, match="2 outputs, and upstream 3 arrays"):
        bp.compare_vjp(forward, X, backward, upstream=(X, X, X))


def test_a_kernel_that_takes_one_type_alone_is_judged_in_that():
    def backward(u, x):
        if x.dtype != np.float32:
            raise TypeError("float32 alone")
        return u * np.cosh(x + 0.3) ** 3

    comparison = bp.compare_vjp(lambda x: np.sin(x), X.astype(np.float32), backward)
    assert verdicts(comparison) == {"x": "wrong"}
    assert [cause.mistake for cause in comparison.diagnosis] == ["unexplained"]


def test_gradients_that_were_computed_elsewhere():
    u = RNG.standard_normal(X.shape)
    given = rmsnorm_backward(u, X, WEIGHT)
    assert bp.compare_vjp(rmsnorm, (X, WEIGHT), given, upstream=u)
    assert not bp.compare_vjp(rmsnorm, (X, WEIGHT), given, upstream=2 * u)
    with pytest.raises(ValueError, match="give upstream="):
        bp.compare_vjp(rmsnorm, (X, WEIGHT), given)


def test_a_loss_needs_no_upstream_gradient():
    assert bp.compare_vjp(lambda x: np.sum(x**2), X, 2 * X)


def test_a_mistake_is_diagnosed():
    comparison = bp.compare_vjp(
        rmsnorm, (X, WEIGHT), lambda *g: [g / 2 for g in rmsnorm_backward(*g)]
    )
    assert [found.mistake for found in comparison.diagnosis] == ["constant-factor"]


def test_the_upstream_gradient_has_its_name():
    line = bp.compare_vjp(rmsnorm, (X, WEIGHT), weight_is_forgotten).diagnosis[0].line
    assert "upstream" in line
    assert "array(" not in line


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_cause_is_found_whatever_the_dtype(dtype):
    inputs = X.astype(dtype), WEIGHT.astype(dtype)
    in_float64 = bp.compare_vjp(rmsnorm, (X, WEIGHT), weight_is_forgotten)
    comparison = bp.compare_vjp(rmsnorm, inputs, weight_is_forgotten)
    mistakes = [[found.mistake for found in each.diagnosis] for each in (in_float64, comparison)]
    assert mistakes[0] == mistakes[1]
    assert mistakes[0] not in ([], ["unexplained"])


def test_a_forward_pass_that_cannot_be_recorded_is_differentiated_numerically():
    def opaque(x, weight):
        if isinstance(x, bp.Value):
            raise TypeError("C code")
        return rmsnorm(x, weight)

    comparison = bp.compare_vjp(opaque, (X, WEIGHT), rmsnorm_backward)
    assert comparison
    assert "C code" in comparison.refusal
    assert not bp.compare_vjp(opaque, (X, WEIGHT), weight_is_forgotten)


# --- what else may be wrong ----------------------------------------------------------------------


def contiguous(array):
    """Read the memory at an array as if it were contiguous, as a kernel with a pointer does."""
    memory = array if array.base is None else array.base
    return np.resize(np.ascontiguousarray(memory).ravel(), array.shape)


def test_strides_that_are_not_looked_at():
    comparison = bp.compare_vjp(
        rmsnorm, (X, WEIGHT), lambda u, *inputs: rmsnorm_backward(contiguous(u), *inputs)
    )
    assert not comparison
    assert verdicts(comparison) == {"x": "correct", "weight": "correct"}
    assert "a strided view" in comparison.faults[0]
    assert "NOT right" in comparison.summary
    assert json.loads(comparison.to_json())["faults"] == comparison.faults
    assert comparison.faults[0][:40] in str(comparison).replace("\n  ", " ")


def test_views_that_are_refused_are_said():
    def backward(u, *inputs):
        if not u.flags.c_contiguous:
            raise ValueError("not contiguous")
        return rmsnorm_backward(u, *inputs)

    comparison = bp.compare_vjp(rmsnorm, (X, WEIGHT), backward)
    assert comparison
    assert any("takes no upstream gradient that is a strided" in note for note in comparison.notes)


@pytest.mark.parametrize("what", [0, 1])
def test_writing_into_what_is_given(what):
    def backward(*given):
        result = [g.copy() for g in rmsnorm_backward(*given)]
        if given[what].flags.writeable:
            given[what][:] = 0
        return result

    comparison = bp.compare_vjp(rmsnorm, (X.copy(), WEIGHT), backward)
    assert not comparison
    assert any(
        f"writes into {('the upstream gradient', 'x')[what]}" in f for f in comparison.faults
    )


def test_the_inputs_of_the_caller_are_never_changed():
    x = X.copy()

    def backward(u, x, weight):
        result = [g.copy() for g in rmsnorm_backward(u, x, weight)]
        x[:] = 0
        return result

    bp.compare_vjp(rmsnorm, (x, WEIGHT), backward)
    assert np.array_equal(x, X)


def test_random_numbers_and_buffers_that_are_not_zeroed():
    rng, kept = np.random.default_rng(0), np.zeros(6)

    def draws(u, x, weight):
        d_x, d_weight = rmsnorm_backward(u, x, weight)
        return d_x * (rng.random(d_x.shape) < 0.5) * 2, d_weight

    def adds(u, x, weight):
        d_x, d_weight = rmsnorm_backward(u, x, weight)
        kept[:] += d_weight
        return d_x, kept

    for backward, name in ((draws, "x"), (adds, "weight")):
        comparison = bp.compare_vjp(rmsnorm, (X, WEIGHT), backward)
        assert any(f"when it is called again: {name}" in fault for fault in comparison.faults)


def test_last_bits_that_differ_are_said_and_are_no_fault():
    calls = []

    def backward(*given):
        calls.append(1)
        return [g * (1 + len(calls) % 2 * 2.0**-52) for g in rmsnorm_backward(*given)]

    comparison = bp.compare_vjp(rmsnorm, (X, WEIGHT), backward)
    assert comparison
    assert any("not deterministic" in note for note in comparison.notes)


def test_a_uniform_upstream_gradient_leaves_round_off_alone():
    """For an expanded view the gradient of a softmax is 0 but for round-off."""

    def backward(u, x):
        p = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
        order = 1 if u.strides[-1] else -1
        return p * (u - (p * u)[..., ::order].sum(-1, keepdims=True))

    assert bp.compare_vjp(lambda x: bp.softmax(x, axis=-1), X, backward).faults == []


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"upstream": np.ones(3)}, ValueError, r"expected shape \(4, 6\)"),
        ({"upstream": (np.ones(3), np.ones(3))}, ValueError, "gives 1 outputs, and upstream 2"),
        ({"dtype": "int8"}, ValueError, "unknown dtype 'int8'"),
        ({"tolerance": -1}, ValueError, "0 or more"),
        ({"upstreams": 0}, ValueError, "no upstream gradient"),
        ({"numeric": "none"}, ValueError, "unknown method"),
    ],
)
def test_options_that_do_not_fit(options, error, text):
    with pytest.raises(error, match=text):
        bp.compare_vjp(rmsnorm, (X, WEIGHT), rmsnorm_backward, **options)


def test_inputs_that_do_not_fit():
    with pytest.raises(ValueError, match="no input is an array of floating-point numbers"):
        bp.compare_vjp(np.square, np.arange(3), lambda u, x: u)
    with pytest.raises(TypeError, match="real"):
        bp.compare_vjp(np.square, np.ones(3) * 1j, lambda u, x: u)
    with pytest.raises(TypeError, match="callable"):
        bp.compare_vjp(None, X, lambda u, x: u)
    with pytest.raises(TypeError, match="floating-point"):
        bp.compare_vjp(lambda x: np.argmax(x), X, lambda u, x: u)
