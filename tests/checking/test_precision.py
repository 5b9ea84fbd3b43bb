"""How many digits a type has, and how it is found out from the numbers."""

import numpy as np
import pytest

from tinygrad_bp.checking.precision import (
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    TF32,
    find_precision,
    find_precisions,
)

NUMBERS = np.random.default_rng(2).standard_normal(20)


@pytest.mark.parametrize("precision", [FLOAT64, FLOAT32, FLOAT16])
def test_numbers_are_rounded_as_numpy_does(precision):
    rounded = NUMBERS.astype(precision.name)
    np.testing.assert_array_equal(precision.round(NUMBERS), rounded)
    assert precision.holds(rounded)
    assert precision is FLOAT64 or not precision.holds(NUMBERS)


def test_types_that_numpy_does_not_have():
    assert BFLOAT16.round(np.array([1 + 2.0**-7, 1 + 2.0**-9])).tolist() == [1 + 2.0**-7, 1]
    assert TF32.round(np.array([1 + 2.0**-10, 1 + 2.0**-12])).tolist() == [1 + 2.0**-10, 1]


def test_tolerances_are_those_of_the_documentation():
    names = ("float64", "float32", "TF32", "float16", "bfloat16")
    told = [float(f"{find_precision(name).tolerance:.2g}") for name in names]
    assert told == [1e-10, 1e-5, 0.0039, 0.0039, 0.031]
    with pytest.raises(ValueError, match="unknown dtype 'float8'; there are float64, float32"):
        find_precision("float8")


def test_the_numbers_tell_the_type():
    short = np.array([0.5, 3.0, np.inf])
    lower = [p.round(NUMBERS) for p in (FLOAT32, FLOAT16, BFLOAT16)]
    assert find_precisions([*lower, NUMBERS]) == [FLOAT32, FLOAT16, BFLOAT16, FLOAT64]
    assert find_precisions([short]) == [FLOAT64]
    assert find_precisions([short, lower[2]]) == [BFLOAT16, BFLOAT16]
    assert find_precisions([lower[1][:8]]) == [FLOAT16]
    assert find_precisions([lower[1][:7]]) == [FLOAT64]  # it may be chance
    assert find_precisions([lower[2].astype(np.float32)]) == [BFLOAT16]
