"""Assignment to Values: NumPy's numbers, through views too, and the right gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.gradients import complex_step

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
