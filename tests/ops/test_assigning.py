"""Assignment to Values: NumPy's numbers, through views too, and the right gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.gradients import assert_right, complex_step

# --- any sequence of reads, writes, views and reductions --------------------------------------

READS = {
    "[i]": lambda a, i, j: a[i % len(a)],
    "[i:]": lambda a, i, j: a[i % len(a) :],
    "[::-1]": lambda a, i, j: a[::-1],
    "[..., j]": lambda a, i, j: a[..., j % a.shape[-1]],
    "[[i, j, i]]": lambda a, i, j: a[[i % len(a), j % len(a), i % len(a)]],
    "[:, None]": lambda a, i, j: a[:, None],
    ".T": lambda a, i, j: a.T,
    ".reshape": lambda a, i, j: a.reshape(-1),
    ".ravel": lambda a, i, j: a.ravel(),
    ".flatten": lambda a, i, j: a.flatten(),
    ".copy": lambda a, i, j: a.copy(),
    ".swapaxes": lambda a, i, j: a.swapaxes(0, -1),
    "squeeze": lambda a, i, j: np.squeeze(a),
    "flip": lambda a, i, j: np.flip(a, 0),
    "diagonal": lambda a, i, j: np.diagonal(np.atleast_2d(a)),
    "broadcast_to": lambda a, i, j: np.broadcast_to(a, (2, *a.shape)),
    "+": lambda a, i, j: +a,
    "real": lambda a, i, j: np.atleast_1d(a),
    "sin": lambda a, i, j: np.sin(a),
    "sum": lambda a, i, j: a.sum(0),
}
INDICES = {
    "i": lambda a, i, j: i % len(a),
    "slice": lambda a, i, j: slice(i % len(a), None, 2),
    "...": lambda a, i, j: ...,
    "...j": lambda a, i, j: (..., j % a.shape[-1]),
    "mask": lambda a, i, j: (np.arange(a.size).reshape(a.shape) * 7 + i) % 3 == 0,
    "repeated": lambda a, i, j: [i % len(a), j % len(a), i % len(a)],
}


def put(a, index, e):
    a[index] = e


def put_more(a, index, e):
    a[index] += e


def put_times(a, index, e):
    a[index] *= e


WRITES = {
    "=": put,
    "+=": put_more,
    "*=": put_times,
    "add.at": lambda a, index, e: np.add.at(a, index, e),
}


def whole_more(a, e):
    a += e
    return a


def whole_less(a, e):
    a -= e * a
    return a


def filled(a, e):
    a.fill(e)
    return a


WHOLE = {
    "+=": whole_more,
    "-=": whole_less,
    "fill": filled,
    "out": lambda a, e: np.multiply(a, e, out=a),
}

NUMBER = st.integers(0, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), NUMBER, st.sampled_from(sorted(READS)), NUMBER, NUMBER),
        st.tuples(
            st.just("write"),
            NUMBER,
            st.sampled_from(sorted(WRITES)),
            st.sampled_from(sorted(INDICES)),
            NUMBER,
            NUMBER,
            NUMBER,
        ),
        st.tuples(st.just("whole"), NUMBER, st.sampled_from(sorted(WHOLE)), NUMBER),
        st.tuples(st.just("use"), NUMBER, NUMBER),
    ),
    min_size=1,
    max_size=9,
)


def program(steps):
    """Make a function that does the steps, on arrays and on Values alike."""

    def run(x):
        known = [x * 1.5]  # what the steps choose from: the latest four
        total = 0.0
        for kind, which, *more in steps:
            a = known[-1 - which % len(known)]
            if kind == "read" and np.ndim(a):
                name, i, j = more
                known.append(READS[name](a, i, j))
            elif kind == "write" and np.ndim(a):
                name, at, i, j, source = more
                element = known[-1 - source % len(known)]
                index = INDICES[at](a, i, j)
                WRITES[name](a, index, np.sum(element) if (i + j) % 2 else element)
            elif kind == "whole" and np.ndim(a):
                name, source = more
                changed = WHOLE[name](a, np.mean(known[-1 - source % len(known)]))
                assert changed is a
            elif kind == "use":
                total = total + np.sum(np.cos(a) * (1 + more[0]))
        for a in known:
            total = total + np.sum(a * a)
        return total

    return run


def differentiated(run):
    """Return what a refusal says, or value and gradient."""
    try:
        return "", *bp.value_and_grad(run)(X)
    except REFUSED as error:
        return str(error), None, None


X = np.array([[0.3, -0.8, 0.5], [0.9, 0.2, -0.4]])
REFUSED = (TypeError, ValueError, IndexError)


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_any_sequence_gives_numpys_numbers_and_the_complex_steps_gradient_or_is_refused(steps):
    run = program(steps)
    try:
        wanted = run(X.copy())
    except REFUSED:
        with pytest.raises(REFUSED):
            bp.grad(run)(X)
        return
    refusal, value, gradient = differentiated(run)
    if refusal:
        assert "copy" in refusal
        return
    with np.errstate(all="ignore"):
        (numeric,) = complex_step(run, [X])
        scale = max(1.0, float(np.abs(numeric).max()))
    if not np.isfinite(scale) or scale > 1e12:
        return
    np.testing.assert_allclose(value, wanted, rtol=1e-9)
    np.testing.assert_allclose(gradient / scale, numeric / scale, rtol=0, atol=1e-9)


def test_the_property_would_see_a_wrong_gradient(monkeypatch):
    from tinygrad_bp.ops import assigning

    steps = [("write", 0, "=", "i", 1, 0, 0)]
    rule = assigning._put_rule
    monkeypatch.setattr(assigning._put, "rules", [lambda g, y, *a, indices: g] * 2)
    with pytest.raises(AssertionError):
        test_any_sequence_gives_numpys_numbers_and_the_complex_steps_gradient_or_is_refused.hypothesis.inner_test(
            steps
        )
    assert rule(np.ones(2), None, np.ones(2), 1.0, position=0, indices=(0,)).tolist() == [0, 1]


# --- everything that reads a graph knows it ---------------------------------------------------


def loss(x):
    h = x * 2
    before = np.sin(h)
    for k in range(2):
        h[k, 1:] *= h[k - 1, :-1]
    h[:, 0] += x[:, 2]
    h[h < 0] = 0.25
    h[[0, 1, 1], [0, 0, 2]] = x[0] ** 2
    last = h[1]
    h /= 3
    np.add.at(h, [0, 0], last)
    return np.sum(before * h) + np.sum(last**2)


def test_first_and_second_derivatives():
    assert_right(loss, X, analytic=False)


@pytest.mark.parametrize("backend", ["numpy", "numba", "jax"])
def test_compiled(backend):
    pytest.importorskip(backend)
    value, gradient = bp.compile(loss, backend=backend)(X)
    wanted = bp.value_and_grad(loss)(X)
    np.testing.assert_allclose(value, wanted[0], rtol=1e-13)
    np.testing.assert_allclose(gradient, wanted[1], rtol=1e-12)


def test_derived_source_computes_the_same():
    derivation = bp.derive(loss, X)
    assert "put(" in derivation.source
    value, gradient = derivation(X)
    wanted = bp.value_and_grad(loss)(X)
    np.testing.assert_allclose(value, wanted[0], rtol=1e-13)
    np.testing.assert_allclose(gradient, wanted[1], rtol=1e-12)
    assert derivation.latex


def test_directional_derivatives_agree():
    direction = np.cos(np.arange(6.0)).reshape(2, 3)
    _, slope = bp.jvp(loss, (X,), (direction,))
    assert slope == pytest.approx((bp.grad(loss)(X) * direction).sum(), rel=1e-12)
    (product,) = bp.hvp(loss, (X,), (direction,))
    np.testing.assert_allclose(product, (bp.hessian(loss)(X) * direction).sum((2, 3)), rtol=1e-10)


def test_drawn_explored_and_compared(tmp_path):
    x = bp.Value(X, name="x")
    bp.draw(loss(x), tmp_path / "graph.txt")
    assert "put" in (tmp_path / "graph.txt").read_text()
    bp.explore(loss(x), tmp_path / "page.html")
    assert bp.compare(loss, X).ok


# --- what stays, what is refused --------------------------------------------------------------


def test_operands_are_what_they_were_when_they_were_used():
    x = bp.Value([1.0, 2.0], name="x")
    h = bp.named(x * 2, "h")
    y = h * h
    h[0] = 7.0
    h += 1
    assert y.parents[0] is y.parents[1]
    np.testing.assert_array_equal(y.parents[0].data, [2, 4])
    assert (y.parents[0].name, h.name) == ("h", None)
    np.testing.assert_array_equal(h.data, [8, 5])


def test_a_number_is_replaced_as_in_numpy():
    x = bp.Value(2.0)
    y = x * 3
    z = y
    z += 1
    assert (y.data, z.data) == (6, 7)
    with pytest.raises(TypeError, match="v is a number"):
        y[()] = 1.0


def test_without_recording_the_data_of_a_parameter_change():
    w = bp.Value([1.0, 2.0])
    with bp.no_grad():
        w -= 0.5
        w[0] = 9.0
        row = w[1:]
        row *= 4
    np.testing.assert_array_equal(w.data, [9, 6])
    assert (w.op, w.requires_grad) == (None, True)


def test_an_array_that_is_being_filled_knows_its_size():
    filled = bp.Value(np.zeros((2, 3))) * 1
    filled[0] = bp.Value(1.0)
    assert (filled.size, filled.shape, filled.ndim, filled.dtype) == (6, (2, 3), 2, np.float64)


def test_a_view_whose_base_has_changed_can_be_changed():
    base = bp.Value(np.zeros(3), requires_grad=False)
    with bp.no_grad():
        data, leaf = base[:2], base[1:]
    base[1] = 5.0
    leaf.requires_grad = True
    np.sum(leaf**2).backward()
    np.testing.assert_array_equal(leaf.grad, [10, 0])
    data.data = np.ones(2)
    np.testing.assert_array_equal(base.data, [0, 5, 0])


def test_float32_stays():
    h = bp.Value(np.ones(3, np.float32)) * 1
    h[0] = bp.Value(2.0)
    h += np.ones(3)
    assert h.dtype == np.float32
    np.testing.assert_array_equal(h.data, [3, 2, 2])


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (
            lambda h: h.__setitem__(0, np.ones(4)),
            ValueError,
            r"of shape \(3,\).*got \(4,\)",
        ),
        (lambda h: h.__setitem__(5, 1.0), IndexError, r"out of bounds.*\(2, 3\)"),
        (lambda h: h.__setitem__(0, "a"), TypeError, "expected numbers"),
        (lambda h: h.__iadd__(np.ones((4, 2, 3))), ValueError, r"shape \(2, 3\) of v, got"),
        (lambda h: h.__setitem__(bp.Value(1.0), 1.0), TypeError, "index must be integers"),
        (lambda h: np.broadcast_to(h, (4, 2, 3)).fill(0), ValueError, "read|view.*copy"),
        (lambda h: np.diagonal(h).fill(0), ValueError, "view.*copy"),
        (lambda h: np.einsum("ii->i", h[:, :2]).fill(0), ValueError, "einsum.*view.*copy"),
    ],
)
def test_refused_and_nothing_changed(change, error, said):
    h = bp.Value(X) * 2
    with pytest.raises(error, match=said):
        change(h)
    np.testing.assert_array_equal(h.data, 2 * X)
    assert h.op.name == "mul"


def test_views_of_a_view_and_of_what_is_gone():
    h = bp.Value(np.arange(12.0)).reshape(3, 4) * 1
    for _ in range(100):
        h[0]  # views that nobody holds
    inner = h[1:].T[1:]
    inner[0] = -1.0
    h[2, 3] = 50.0
    np.testing.assert_array_equal(h.data[1:, 1], -1)
    assert inner.data[2, 1] == 50
    assert len(h._ties.views) < 40


def test_a_row_that_was_used_before_is_put_over_another_one():
    """The element is a view of the node that is assigned to: it is what it was before."""

    def fun(a):
        h = a * 2
        total = h.sum()
        h[0] = h[-1]
        return np.sum(h) * total

    a = np.arange(1.0, 7.0).reshape(2, 3)
    assert_right(fun, a)
    np.testing.assert_array_equal(bp.grad(fun)(a), [[120.0] * 3, [288.0] * 3])


def test_rows_of_a_loop_are_views():
    def loss(x, copied=np.copy):
        h = copied(x) * 1
        for k, row in enumerate(h):
            row *= k + 2
            row[0] += 1
        for row in h.T:
            row -= x[0, 0]
        return np.sum(h**2)

    value, gradient = bp.value_and_grad(loss)(X)
    assert value == loss(X)
    np.testing.assert_allclose(gradient, bp.numeric_gradient(loss, X), rtol=1e-12)


def assigned_from_a_view_of_itself(h):
    row = h[-1]
    h[0:1] = row[::-1]
    h[1:] = row[0:1]
    return row * h


def assigned_from_a_view_of_a_view(h):
    columns = h.T
    part = columns[:, 0]
    copied = columns.copy()
    h[1:] = part
    return columns * copied


def assigned_through_a_diagonal(h):
    corner = h[:, 1:]
    diagonal = np.diagonal(corner)
    last = h[-1]
    h[0] = np.sum(diagonal) * 2
    return corner * diagonal + np.sum(last)


def raveled_with_gaps(h):
    for row in (h[:, 0].ravel(), h[None, :, 0].ravel(), h[0].ravel(), h.ravel()):
        row[1:] += np.sum(h[0])
    return h


@pytest.mark.parametrize(
    "change",
    [
        assigned_from_a_view_of_itself,
        assigned_from_a_view_of_a_view,
        assigned_through_a_diagonal,
        raveled_with_gaps,
    ],
)
def test_views_that_are_assigned_to_what_they_see(change):
    def loss(x):
        return np.sum(change(np.copy(x) * 1) ** 2)

    value, gradient = bp.value_and_grad(loss)(X)
    np.testing.assert_allclose(value, loss(X), rtol=1e-14)
    np.testing.assert_allclose(gradient, bp.numeric_gradient(loss, X), rtol=1e-12)


@pytest.mark.parametrize(
    "transform",
    [
        bp.value_and_grad,
        bp.jacobian,
        bp.hessian,
        bp.compile,
        lambda f: lambda w: bp.derive(f, w),
        lambda f: lambda w: bp.jvp(f, (w,), (w,)),
        lambda f: lambda w: bp.grad(lambda p: f(p["w"]))({"w": w}),
        lambda f: lambda w: bp.compare(f, w),
        lambda f: lambda w: bp.numeric_gradient(f, w),
        lambda f: lambda w: f(bp.Value(w)),
    ],
)
def test_a_function_that_changes_its_argument_is_refused_and_the_array_stays(transform):
    def careless(w):
        w *= 2
        return np.sum(w * w)

    w = np.ones(3)
    with pytest.raises((TypeError, ValueError), match=r"work on a copy|compute with a copy"):
        transform(careless)(w)
    np.testing.assert_array_equal(w, np.ones(3))


#: Indices that mean the same places in other forms, or others in the same form.
PAIRED = [np.s_[:, [0]], np.s_[:, [1]], np.s_[None, 0], np.s_[None, 1], np.s_[0:1, [0, 2]]]
PAIRED += [np.s_[1:2, [0, 1]], None, np.s_[..., None], np.s_[[0, 1]], np.s_[1, None], np.s_[0]]
PAIRED += [np.s_[:, np.array([True, False, True])], np.s_[:, 1:], np.s_[[2], ::2], np.s_[..., [0]]]


@pytest.mark.parametrize("first", range(len(PAIRED)))
def test_two_writes_and_a_view_between(first):
    def fill(x, one, other):
        h = x * 2
        h[one] = x[0, 0]
        taken = h[other] * 1
        h[other] += x[1, 1]
        h[one] = h[one] * 3
        return h * 1.5, taken

    x = np.arange(9.0).reshape(3, 3) + 1
    for other in PAIRED:
        for found, expected in zip(
            fill(bp.Value(x), PAIRED[first], other), fill(x, PAIRED[first], other), strict=True
        ):
            np.testing.assert_array_equal(found.data, expected, err_msg=f"{other}")


def test_what_is_taken_by_a_mask_from_what_is_being_filled_is_a_copy():
    def fill(x):
        h = x * 2
        h[0, 1] = x[1, 1]
        mask = np.eye(3, dtype=bool)
        before = h[mask]
        before *= 1.5
        h[mask] = x[0]
        after = h[mask]
        h[[0, 2], [0, 2]] += 1
        return h * 1, before, after

    x = np.arange(9.0).reshape(3, 3) + 1
    for found, expected in zip(fill(bp.Value(x)), fill(x), strict=True):
        np.testing.assert_array_equal(found.data, expected)
