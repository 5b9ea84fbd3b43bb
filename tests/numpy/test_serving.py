"""What a file is given for its imports, and the modules beside it; nobody else sees any of it."""

import math
import sys

import numpy
import pytest

import tinygrad_bp as bp
from tinygrad_bp.numpy.serving import serve

FILE = """
import math
import numpy as np
import numpy.linalg as la
from numpy import zeros, array as make
from numpy.linalg import norm
from math import exp, pi
import os.path
import beside_served
from beside_served import fill

def loss(x):
    out = fill(x)
    return out.sum() * exp(x[0]) + math.sqrt(x[1]) + norm(make([x[0], x[1]])) + la.norm(zeros(2))
"""
BESIDE = """
import numpy as np

def fill(x):
    out = np.zeros(len(x))
    for k in range(len(x)):
        out[k] = x[k] ** 2
    return out
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    (tmp_path / "beside_served.py").write_text(BESIDE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    namespace = {"__name__": "program"}
    serve(namespace, tmp_path)
    exec(FILE, namespace)
    yield namespace
    sys.modules.pop("beside_served", None)


def test_a_file_and_what_is_beside_it_take_values(program):
    x = numpy.array([0.5, 0.8])
    found = bp.grad(program["loss"])(x)
    total, e, r = (x**2).sum(), math.exp(0.5), numpy.linalg.norm(x)
    wanted = [2 * x[0] * e + total * e + x[0] / r, 2 * x[1] * e + 0.5 / x[1] ** 0.5 + x[1] / r]
    numpy.testing.assert_allclose(found, wanted, rtol=1e-13)
    assert isinstance(program["loss"](x), float)


def test_nobody_else_is_served(program):
    assert program["np"].__name__ == "tinygrad_bp.numpy"
    assert program["beside_served"].np.__name__ == "tinygrad_bp.numpy"
    assert program["os"].path.sep
    assert sys.modules["numpy"] is numpy
    namespace = {}
    exec("import numpy, math", namespace)
    assert namespace["numpy"] is numpy
    assert not [each for each in sys.meta_path if type(each).__module__.startswith("tinygrad_bp")]


def test_errors_of_imports_are_pythons():
    namespace = {}
    serve(namespace, ".")
    with pytest.raises(ModuleNotFoundError, match=r"numpy\.nothing"):
        exec("import numpy.nothing", namespace)
    with pytest.raises(ImportError, match="nothing"):
        exec("from numpy import nothing", namespace)
    exec("from numpy import *", namespace)
    assert namespace["zeros"].__module__ == numpy.zeros.__module__
    assert type(namespace["zeros"](2)).__name__ == "Array"
