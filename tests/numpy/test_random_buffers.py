"""Random programs that fill buffers, through views and methods: NumPy's numbers, and gradients."""

import numpy
import pytest

import tinygrad_bp as bp
import tinygrad_bp.numpy

MAKING = ["zeros(3)", "ones(3)", "array([1.0, 2.0, 3.0])", "full(3, 0.7)", "arange(3.0)"]
NUMBERS = ["x[0]", "x[1] * 2", "np.sin(x[2])", "0.5", "x[0] * x[1]"]
#: What is done with {b}, a buffer or a view, and {n}, a number; {y} is a new name for an array.
LINES = [
    *("{y} = {b}[:]", "{y} = {b}[::-1]", "{y} = {b}[1:]", "{y} = {b}[...]", "{y} = {b}.T"),
    *("{b}[0] = {n}", "{b}[-1] += {n}", "{b}[:2] = {n}", "{b}[[0, -1]] *= {n}", "{b} += {n}"),
    *(
        "{b}[1:] = {b}[:-1]",
        "{b} *= 0.5",
        "{b}.fill({n})",
        "{b}.put([0], [0.9])",
        "{b}.flat[0] = 0.3",
    ),
    *(
        "{b}.sort()",
        "np.copyto({b}, 0.4)",
        "np.put({b}, [1], [0.2])",
        "np.add.at({b}, [0, 0, 1], 0.5)",
    ),
    *("t += np.sum(x[:1] * {b})", "t += np.sum({b}.copy() ** 2)", "t += {b}.max() * {b}.mean()"),
    *("t += {b}.dot({b})", "t += {b}.argmax() * x[0]", "t += {b}.cumsum()[-1] * {b}.ravel()[0]"),
    *("t += {b}.astype(float)[0]", "t += {b}.reshape(-1)[0] ** 2", "t += sum(e * 3 for e in {b})"),
    *(
        "{y} = np.copy({b})",
        "{y} = np.array({b})",
        "{y} = np.asarray({b})",
        "{y} = np.zeros_like({b})",
    ),
    *("{y} = np.ascontiguousarray({b})", "np.multiply({b}, 1.5, out={b})", "np.add({b}, {n}, {b})"),
]


def draw(rng):
    """Write a program of a few lines."""
    names, lines = ["b0"], [f"b0 = np.{rng.choice(MAKING)}"]
    for k in range(1, rng.integers(4, 11)):
        new = f"b{k}"
        number = rng.choice([*NUMBERS, f"{rng.choice(names)}[0]"])
        lines.append(str(rng.choice(LINES)).format(y=new, b=rng.choice(names), n=number))
        if lines[-1].startswith(f"{new} ="):
            names.append(new)
    total = " + ".join(f"np.sum({name} * np.arange(1.0, 1.0 + len({name})))" for name in names)
    return "\n    ".join(
        ["def f(x):", "t = 0.0", *lines, f"return t + x[0] * x[1] * x[2] + {total}"]
    )


def function_of(text, np):
    space = {"np": np}
    exec(text, space)
    return space["f"]


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_random_programs(first):
    for seed in range(first, first + 20):
        rng = numpy.random.default_rng(seed)
        text, x = draw(rng), rng.normal(size=3)
        plain = function_of(text, numpy)
        value, gradient = bp.value_and_grad(function_of(text, tinygrad_bp.numpy))(x)
        numpy.testing.assert_allclose(value, plain(x.copy()), rtol=1e-12, err_msg=text)
        numeric = bp.numeric_gradient(plain, x, method="five-point")
        numpy.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-7, err_msg=text)
