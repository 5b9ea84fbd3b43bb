"""The Numba backend against the interpreter of programs: all rows, random graphs, extremes."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.samples import PLAIN, rows
from tests.writing.test_numpy_functions import FUNCTIONS
from tests.writing.test_random_graphs import BINARY, STEPS, UNARY, composed
from tinygrad_bp.compiling.numba_backend import build, build_loop
from tinygrad_bp.compiling.numba_backend.functions import parts_of
from tinygrad_bp.compiling.numba_backend.fusion import Plan
from tinygrad_bp.compiling.numba_backend.layout import Memory
from tinygrad_bp.compiling.numba_backend.machine_code import _machine_code
from tinygrad_bp.compiling.numba_backend.preparing import copy_shared_results, expand_for_loops
from tinygrad_bp.ops import shaping
from tinygrad_bp.programs import witnesses
from tinygrad_bp.programs.program import Instruction, Kind, Program
from tinygrad_bp.programs.simplify import remove_dead_steps
from tinygrad_bp.programs.trace import trace

FLOATS = (np.float64, np.float32)


def program_of(fun, *args):
    return trace(fun, args, tuple(range(len(args)))).program


def called_rows(program):
    """Return the rows that NumPy computes, between compiled functions."""
    plan = Plan(copy_shared_results(expand_for_loops(program)))
    return {plan.steps[k].op_name for stage in plan.stages if stage.called for k in stage.body}


def check(program, run, leaves, tolerance=1e-12):
    """Compare outputs and gradients with those of the interpreter, their shapes and types too."""
    leaves = [np.asarray(leaf)[()] for leaf in leaves]
    count = len(program.inputs)
    with np.errstate(all="ignore"):
        outputs, gradients = program.run(leaves[:count], leaves[count:])
    expected = (*outputs, *gradients)
    found = run(*leaves)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        close(one, other, tolerance)


def close(found, expected, tolerance=1e-12):
    assert np.shape(found) == np.shape(expected)
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    size = np.abs(expected[np.isfinite(expected)]) if np.ndim(expected) else np.abs(expected)
    scale = tolerance * (1 + np.max(size, initial=0))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=np.nan_to_num(scale, posinf=0))


def leaves_of(program, factor=1.0):
    found = [program.instructions[k].data for k in (*program.inputs, *program.seeds)]
    return [np.asarray(a * factor, np.asarray(a).dtype) for a in found]


def check_traced(fun, *args, tolerance=1e-12):
    program = program_of(fun, *args)
    run = build(program)
    for factor in (1.0, -0.7):
        check(program, run, leaves_of(program, factor), tolerance)
    return program


# --- single rows ---------------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 3.0, 1e-300, 710.0, -800.0, np.inf, -np.inf, np.nan]


def elementwise_rows():
    """Return all ops that are one of NumPy's ufuncs, with a derivative and without."""
    plain = [witnesses.op_of(f, f.nin) for f in PLAIN if isinstance(f, np.ufunc)]
    return [op for op in (*rows().values(), *plain) if isinstance(op.numpy, np.ufunc)]


def each_row(dtype):
    """Return a program that computes every row that is known element by element."""
    one, other = np.array(np.meshgrid(SPECIAL, SPECIAL), dtype)
    steps = [
        Instruction(Kind.INPUT, shape=data.shape, dtype=np.dtype(dtype), data=data)
        for data in (one, other)
    ]
    ops = [witnesses.op_of(np.greater), *(op for op in elementwise_rows() if op.elementwise)]
    steps += [Instruction(Kind.FORWARD, op, (0, 1)[: op.arity]) for op in ops]
    steps += [Instruction(Kind.FORWARD, shaping._where, (2, 0, 1))]
    steps += [Instruction(Kind.FORWARD, op, (2, k)) for op in (bp.mul, bp.add) for k in (0, 2)]
    steps += [Instruction(Kind.FORWARD, shaping._astype, (2,), {"dtype": np.dtype(np.float32)})]
    program = Program(tuple(steps), (0, 1), (), tuple(range(2, len(steps))), (), ())
    return program.infer_types([one, other], []), [step.op_name for step in steps[2:]]


@pytest.mark.parametrize("dtype", FLOATS)
def test_each_elementwise_row_on_special_numbers(dtype):
    """With infinities, NaN, zeros of both signs, and where NumPy would warn."""
    program, names = each_row(dtype)
    assert called_rows(program) == {"floor_divide"}  # Numba's differs at infinities
    leaves = leaves_of(program)
    with np.errstate(all="ignore"):
        expected, _ = program.run(leaves)
    wrong = []
    for k, (found, value) in enumerate(zip(build(program)(*leaves), expected, strict=True)):
        name = names[k]
        try:
            assert found.dtype == value.dtype
            np.testing.assert_allclose(found, value, rtol=1e-12 if dtype is np.float64 else 1e-6)
        except AssertionError as error:
            wrong.append(f"{name}: {error}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("power", [0, 1, 2, 3, 8, 9, -1, -2, 0.5, -0.5, 2.7])
def test_powers_that_are_numbers(power):
    fun = lambda a: np.sum(a**power)
    program = program_of(fun, np.linspace(0.1, 3.0, 5))
    check(program, build(program), [np.array([0.0, -0.0, 0.3, 1e10, np.inf])])


# --- ops and graphs ------------------------------------------------------------------------------

#: What has no loops here; all else of these graphs is compiled in one piece.
IN_NUMPY = {
    "einsum": {"einsum"},
    "cumsum": {"cumsum"},
    "cumprod": {"cumprod"},
    "prod": {"cumprod"},
    "convolve": {"convolve"},
    "cross": {"cross"},
    "inv": {"inv"},
    "solve": {"inv", "solve"},
    "slogdet": {"inv", "logabsdet"},
    "cholesky": {"cholesky", "inv"},
    "eigh": {"eigh"},
    "eigvalsh": {"eigh", "eigvalsh"},
    "svd": {"svd", "inv"},
    "svdvals": {"svdvals", "svd"},
    "qr": {"qr", "inv", "solve"},
    "sort": {"add_along", "along", "argsort"},
    "sort all": {"add_along", "along", "argsort"},
    "the least of all": {"at", "add_at", "argsort"},
    "the least three": {"at", "add_at", "argpartition"},
    "take_along_axis": {"add_along", "along", "argsort"},
    "row of the largest": {"at", "add_at", "argmax"},
    "largest of each row": {"at", "add_at", "argmax"},
    "columns in another order": {"at", "add_at", "argsort"},
    "take the largest": {"at", "add_at", "argmax", "argmin"},
    "the same row twice": {"at", "add_at", "argmax"},
    "partition": {"add_along", "along", "argpartition"},
    "partition all": {"add_along", "along", "argpartition"},
    "places as other integers": {"add_along", "along", "argsort"},
    "median": {"add_along", "along", "argsort"},
    "det": {"det", "inv"},
    "heaviside": {"heaviside"},
    "heaviside with a value": {"heaviside"},
    "interp": {"along", "searchsorted"},
    "interp in places": {"add_along", "along", "argsort", "searchsorted"},
    "interp in periods": {"along", "searchsorted"},
    "nan_to_num": {"nan_to_num"},
    "argmax method": {"any", "argmax", "argsort"},
    "lstsq": {"lstsq"},
    "rows without full rank": {"lstsq"},
    "sinc": {"sinc", "slope_of_sinc"},
}


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_each_op_of_random_graphs_is_one_function(name):
    a, b = np.random.default_rng(1).normal(size=(2, 3, 3))
    program = check_traced(composed([(name, 0, 1, None)]), a, b)
    assert called_rows(program) == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function(name):
    a = np.random.default_rng(2).normal(size=(3, 3))

    def fun(a):
        y = FUNCTIONS[name](a)
        return np.sum(y * (y + 1.5))  # neither even nor linear in y, and quickly compiled

    program = program_of(fun, a)
    check(program, build(program), [a], 1e-10 if name in IN_NUMPY else 1e-12)
    assert called_rows(program) <= IN_NUMPY.get(name, set())


@pytest.mark.parametrize("name", ["softmax", "max", "matmul", "sigmoid", "mean", "where", "rows"])
def test_float32_stays_float32(name):
    a, b = np.random.default_rng(3).normal(size=(2, 3, 3)).astype(np.float32)
    program = check_traced(composed([(name, 0, 1, None)]), a, b, tolerance=2e-6)
    assert np.float64 not in {step.dtype for step in program.instructions if step.op}


@settings(max_examples=12)
@given(STEPS, st.integers(0, 2**32 - 1))
def test_random_graphs(steps, seed):
    rng = np.random.default_rng(seed)
    program = program_of(composed(steps), *rng.normal(size=(2, 3, 3)))
    run = build(program)
    for _ in range(2):
        check(program, run, list(rng.normal(size=(2, 3, 3))))


def test_second_derivatives():
    a, b = np.random.default_rng(5).normal(size=(2, 3, 3))
    steps = [("softmax", 0, 0, None), ("matmul", 0, 1, None), ("max", 0, 0, None)]
    check_traced(bp.grad(composed(steps)), a, b)


SHAPES = [
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((4, 1, 3), (2, 1)),
    ((), (2, 3)),
    ((1, 1), (5,)),
    ((3,), ()),
    ((1,), (1, 1, 1)),
    ((0, 3), (3,)),
    ((2, 0), (2, 1)),
    ((6, 7), (6, 1)),
]


@pytest.mark.parametrize("shapes", SHAPES)
def test_broadcasting_zero_sizes_and_single_numbers(shapes):
    rng = np.random.default_rng(6)
    a, b = (rng.normal(size=shape) for shape in shapes)

    def fun(a, b):
        total = np.exp(a * b - b) + a.reshape(-1).sum()
        return np.sum(total, axis=-1, keepdims=True) * total.T.T if np.ndim(total) else total

    check_traced(fun, a, b)


def test_constants_of_one_element_and_of_none():
    one, none = np.full((1, 1), 3.0), np.zeros((0, 3))

    def fun(a):
        return np.einsum("ij,jk->ik", one, a) + np.sum(none * a) + np.einsum("ij->j", one.T * a)

    check_traced(fun, np.arange(3.0).reshape(1, 3))


@pytest.mark.parametrize(
    "shapes",
    [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 1)), ((2, 1), (1, 4)),
     ((5, 2, 3), (3, 2)), ((5, 1, 2, 3), (4, 3, 2)), ((2, 0), (0, 3)), ((20, 30), (30, 40))],
)  # fmt: skip
def test_products(shapes):
    """The last one is so large that it goes to BLAS."""
    rng = np.random.default_rng(7)
    a, b = (rng.normal(size=shape) for shape in shapes)
    program = check_traced(lambda a, b: np.tanh(a @ b), a, b)
    assert called_rows(program) == ({"matmul"} if shapes[0] == (20, 30) else set())


def test_large_arrays_go_through_numpy_where_it_is_faster_or_more_exact():
    rng = np.random.default_rng(8)
    x, w = rng.normal(size=(300, 70)), rng.normal(size=(70, 60))

    def fun(w, b):
        hidden = bp.sigmoid(x @ w + b)
        return np.mean((hidden - 0.5) ** 2) + np.max(hidden[:, ::2].T)

    program = check_traced(fun, w, rng.normal(size=60))
    assert {"matmul", "exp", "sum"} <= called_rows(program)


def test_long_programs_are_several_functions():
    def fun(a):
        for k in range(12):
            a = np.tanh(a + 0.01 * k) + np.sum(a) / 9
        return np.sum(a * a)

    program = check_traced(fun, np.random.default_rng(9).normal(size=(2, 2)))
    plan = Plan(copy_shared_results(expand_for_loops(program)))
    (function,) = parts_of(plan, Memory(plan), None)
    assert len(function.helpers) > 1


@pytest.mark.parametrize("reduce", [np.sum, np.prod, np.max, np.min])
@pytest.mark.parametrize("axis", [None, 0, (0, 2), -1])
def test_reductions_with_nan(reduce, axis):
    a = np.random.default_rng(10).normal(size=(2, 3, 4))
    program = program_of(lambda a: reduce(a, axis=axis) * 2, a)
    a[1, 2, 3] = np.nan
    check(program, build(program), [a, *leaves_of(program)[1:]])


def test_a_sum_of_a_million_is_as_exact_as_numpys():
    a = np.full(1_000_000, 0.1)
    value, _ = build(program_of(lambda a: np.sum(a * a), a))(a)
    np.testing.assert_allclose(value, 1e4, rtol=1e-14)


def test_a_users_own_op_is_taken_apart_or_computed_by_its_own_function():
    sigmoid = bp.Op("sigmoid", lambda a: a**3, lambda g, y, a: 3 * g * a**2)
    program = check_traced(lambda a: np.sum(sigmoid(np.exp(a))), np.arange(3.0))
    assert called_rows(program) == set()
    opaque = bp.Op("sigmoid", lambda a: np.asarray(a) ** 3, lambda g, y, a: 3 * g * a**2)
    program = check_traced(lambda a: np.sum(opaque(np.exp(a))), np.arange(3.0))
    assert called_rows(program) == {"sigmoid"}


@pytest.mark.parametrize(
    "fun",
    [
        lambda a: np.sum(a[0] * a[0][None]),
        lambda a: np.vecdot(a[:2], a[1:]) * a,
        lambda a: np.concatenate([a[:1]]) * a,
        lambda a: np.sum(np.tile(a[:1], 2) * np.roll(a[2:], 1)) * a,
    ],
)
def test_one_number_that_fills_an_array(fun):
    check_traced(fun, np.array([0.5, -1.5, 2.0]))


# --- arguments and results -----------------------------------------------------------------------


def test_arrays_in_any_order_in_memory_and_read_only():
    program = program_of(lambda a, b: np.sum(a @ b), np.ones((3, 4)), np.ones((4, 2)))
    run, rng = build(program), np.random.default_rng(11)
    a, b = rng.normal(size=(4, 3)).T, rng.normal(size=(8, 2))[::2]
    check(program, run, [a, b])
    a = np.ascontiguousarray(a)
    a.flags.writeable = False
    check(program, run, [a, np.asfortranarray(b)])


def test_a_result_may_be_an_argument_of_the_next_call():
    program = program_of(lambda a, b: (b, a + b, a, a, 2.0), np.ones(3), np.ones(3))
    run = build(program)
    seeds = leaves_of(program)[2:]
    a, b = np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.0, -1.0])
    mine = [a, b]
    for _ in range(4):
        mine = list(run(*mine, *seeds)[:2])
        a, b = b, a + b
        close(mine[0], a)
        close(mine[1], b)


def test_arguments_are_left_alone_and_results_do_not_share_memory():
    program = program_of(lambda a: (a, a.T, a, 3 * a), np.ones((2, 2)))
    a = np.arange(4.0).reshape(2, 2)
    found = build(program)(a, *leaves_of(program)[1:])
    for k, one in enumerate(found):
        assert not any(np.shares_memory(one, other) for other in (a, *found[:k]))
    np.testing.assert_array_equal(a, np.arange(4.0).reshape(2, 2))


# --- loops ---------------------------------------------------------------------------------------


def step_of(fun, *args):
    """Return the program of a step, without the derivatives that tracing adds."""
    return remove_dead_steps(replace(program_of(fun, *args), gradients=(), wanted=()))


def repeated(program, carried, times, leaves):
    leaves = list(leaves)
    for _ in range(times):
        leaves[:carried] = program.run(
            leaves[: len(program.inputs)], leaves[len(program.inputs) :]
        )[0]
    return leaves[:carried]


STEPS_OF_LOOPS = {
    "scalars": lambda a, b, c: (np.sin(a[0, 0] + c) * np.ones((2, 2)), b * 0.5 + np.sum(a), c),
    "swapped": lambda a, b, c: (b, a + c, c),
    "transposed": lambda a, b, c: (a.T + b, b.T, c),
    "one twice": lambda a, b, c: (a * b, a * b, c + 0.1),
    "read later": lambda a, b, c: (a / 2 + 1, np.tanh(a @ b), np.sum(a) * 0.1 * c),
    "unchanged": lambda a, b, c: (a, b, c),
    "through numpy": lambda a, b, c: (np.linalg.inv(a + 3 * np.eye(2)), np.cumsum(a, axis=0), c),
}


@pytest.mark.parametrize("name", STEPS_OF_LOOPS)
def test_loops(name):
    rng = np.random.default_rng(12)
    a, b, c = rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), np.float64(0.3)
    program = step_of(STEPS_OF_LOOPS[name], a, b, c)
    leaves = [a, b, c, *leaves_of(program)[3:]]
    run = build_loop(program, 3)
    for times in (0, 1, 2, 7):
        before = [np.array(leaf) for leaf in leaves]
        found = run(times, *leaves)
        for one, other in zip(found, repeated(program, 3, times, leaves), strict=True):
            close(one, other)
        for one, other in zip(before, leaves, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_loop_with_an_input_that_stays():
    program = step_of(lambda p, x: p - 0.1 * np.sum(p * x) * x, np.ones(3), np.arange(3.0))
    leaves = [np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.2, 0.1]), *leaves_of(program)[2:]]
    (found,) = build_loop(program, 1)(50, *leaves)
    close(found, repeated(program, 1, 50, leaves)[0])


def test_2000_steps_of_the_notebooks_net():
    def step(params):
        gradients = bp.grad(bp.net7652.loss)(params)
        return {name: params[name] - 0.1 * gradients[name] for name in params}

    params = bp.net7652.initial_parameters()
    program = step_of(step, params)
    found = build_loop(program, 6)(2000, *params.values(), *leaves_of(program)[6:])
    expected = bp.net7652.train("gd", epochs=2000).params
    for one, name in zip(found, params, strict=True):
        close(one, expected[name])


def test_programs_that_differ_in_their_numbers_alone_are_one_machine_code():
    compiled = _machine_code.cache_info().currsize
    x, first, second = np.arange(3.0), np.ones(3), np.full(3, 2.0)
    for c in (first, second, first):
        value, gradient = bp.compile(lambda a, c=c: np.sum(np.cos(a) * c), backend="numba")(x)
        assert value == pytest.approx(np.sum(np.cos(x) * c), rel=1e-14)
        np.testing.assert_allclose(gradient, -np.sin(x) * c, rtol=1e-14)
    assert _machine_code.cache_info().currsize <= compiled + 1


def test_a_missing_numba_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(ImportError, match=r"tinygrad-bp\[numba\]"):
        build(program_of(np.sum, np.ones(2)))
