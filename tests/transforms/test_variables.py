"""Nodes get the names that the function which makes them has for them."""

import cProfile
import sys
import threading

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.transforms.variables import memory_of, named_after_variables, names_of_arrays

X = np.array([1.0, 2.0])


def names(fun, *args, taken=()):
    """Return the names of the nodes of what a function returns, in order, without its leaves."""
    leaves = [bp.Value(a) for a in args or (X,)]
    with named_after_variables(taken):
        result = fun(*leaves)
    assert sys.getprofile() is None
    assert all(leaf.name is None for leaf in leaves)
    return [node.name for node in bp.topological_order(result) if node.op is not None]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def layer(x):
    z = 2 * x
    return sigmoid(z)


def test_variables_name_and_the_rest_has_no_name():
    def loss(x):
        h = np.tanh(x * 3)
        return np.sum(h**2) / 2

    assert names(loss) == [None, "h", None, None, "loss"]


def test_the_outermost_function_has_the_word():
    def net(x):
        z_1 = 3 * x
        h = layer(z_1)
        return sigmoid(h)

    assert names(net) == ["z_1", "z", None, None, None, "h", None, None, None, "net"]


def test_names_are_numbered_and_never_taken_twice():
    def net(x):
        return layer(layer(layer(x)))

    found = names(net, taken=("z_2", "sigmoid"))
    assert [name for name in found if name] == [
        *("z", "layer", "z_3", "layer_2", "z_4", "net"),
    ]


def test_what_the_user_named_stays():
    def net(x):
        h = bp.named(x * 2, "hidden")
        z = h
        return np.sum(z)

    assert names(net) == ["hidden", "net"]
    assert names(lambda x: bp.named(sigmoid(x), "s"))[-1] == "s"


def test_the_last_value_of_a_variable_counts():
    def net(x):
        for _ in range(3):
            h = x = np.tanh(x)
        return np.sum(h)

    assert names(net) == [None, None, "h", "net"]


def test_a_closure_and_a_generator():
    def net(x):
        h = np.tanh(x)

        def inner():
            return h * 2

        return sum(np.sum(y) for y in [inner(), h])

    found = names(net)
    assert found[0] == "h"
    assert found[1] == "inner"
    assert found[-1] == "net"


@pytest.mark.parametrize("name", ["_", "__", "__call__"])
def test_names_that_say_nothing_are_none(name):
    space = {}
    exec(f"def {name}(x):\n    {name} = x * 2\n    return {name} + 1", space)
    assert names(space[name]) == [None, None]


def test_values_from_outside_keep_no_name():
    outside = bp.Value(X) * 2

    def net(x):
        h = outside
        return h * x

    other = names(net)
    assert other[-1] == "net"


def test_it_ends_with_an_error_and_gives_what_was_found():
    kept = []

    def net(x):
        h = np.tanh(x)
        kept.append(h)
        raise OSError("no file")

    with pytest.raises(OSError, match="no file"):
        names(net)
    assert sys.getprofile() is None
    assert kept[0].name == "h"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="cProfile watches in another way there")
def test_a_profiler_is_left_alone():
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        with named_after_variables():
            h = layer(bp.Value(X))
    finally:
        profiler.disable()
    assert h.name is None


def test_other_threads_are_left_alone():
    found = []

    def elsewhere():
        found.append(layer(bp.Value(X)).name)

    with named_after_variables():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert found == [None]


def test_derive_and_compare_use_them():
    def loss(p):
        z = p["w"] @ X
        h = np.tanh(z)
        return np.sum(h**2)

    params = {"w": np.array([[0.5, 0.2], [0.1, -0.3]])}
    source = bp.derive(loss, params).source
    assert "    z = w @ X\n    h = np.tanh(z)\n" in source
    assert "    loss = np.sum(" in source

    def manual(p):
        h = np.tanh(p["w"] @ X)
        d_h = 2 * h
        d_z = d_h * (1 - h)
        return {"w": np.outer(d_z, X), "h": d_h, "z": d_z}

    comparison = bp.compare(loss, params, manual)
    assert [row.name for row in comparison.rows if row.verdict == "wrong"] == ["w", "z"]


def test_what_a_function_is_given_is_its_callers_to_name():
    def net(x, y, *parts, factor=2.0, **more):
        y = x * factor
        factor = y + 1
        parts = factor + 2
        more = parts + 3
        z = more + 4
        return z + 5

    assert names(net, X, X) == [None, None, None, None, "z", "net"]


def test_who_asks_is_told_of_each_node_and_of_the_line_that_makes_it():
    told = []

    def net(x):
        h = np.tanh(x)
        return h * h

    with named_after_variables(
        made=lambda node, frame: told.append((node.op.name, node.name, frame))
    ):
        net(bp.Value(X))
    assert [(op, name) for op, name, _ in told] == [("tanh", None), ("mul", None)]
    codes = []
    for _, _, frame in told:
        while frame.f_code is not net.__code__:
            frame = frame.f_back
        codes.append(frame.f_code)
    assert codes == [net.__code__] * 2


WEIGHTS = np.array([0.5, -1.0])
OTHERS = np.array([3.0, 4.0])
SHIFT = np.ones(3)


def called(x):
    return calling(x) * OTHERS if x is None else x * OTHERS


def calling(x):
    return called(x * WEIGHTS)


def test_arrays_have_the_names_by_which_a_function_sees_them():
    inside = np.zeros(2)
    step = 0.125

    def fun(x, shift=SHIFT):
        return np.sum(calling(x + inside) * step) + np.sum(shift) + bp.relu(x).sum()

    found = names_of_arrays(fun)
    assert set(found.values()) == {"inside", "step", "shift", "WEIGHTS", "OTHERS"}
    assert found[memory_of(WEIGHTS)] == "WEIGHTS"
    assert found[memory_of(OTHERS.view())] == "OTHERS"
    assert found[memory_of(step)] == "step"


def test_functions_of_other_modules_are_not_looked_into():
    space = {"__name__": "elsewhere", "TABLE": np.ones(2)}
    exec("def scaled(x):\n    return x * TABLE", space)
    scaled = space["scaled"]
    assert names_of_arrays(lambda x: scaled(x)) == {}
    assert list(names_of_arrays(scaled).values()) == ["TABLE"]
    assert names_of_arrays(print) == {}


def test_memory_tells_arrays_apart():
    block = np.zeros((3, 3))
    same = [block, block[:], block.view(np.recarray), block[...]]
    assert len(set(map(memory_of, same))) == 1
    others = [block[0], block[:, 0], block[1:, 1:], block[:2], block.T[:2], block.view(np.int64)]
    others += [block[1:], np.zeros((3, 3))]
    assert len(set(map(memory_of, [block, *others]))) == 1 + len(others)
    first, second = 0.5, -0.25
    assert memory_of(first) != memory_of(second)
