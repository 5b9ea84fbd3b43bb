"""Modules called as autograd's are, made of this package, NumPy and SciPy."""

import builtins
import importlib
import sys
import types
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy

import tinygrad_bp as bp
from tinygrad_bp import trees

from . import checks

__all__ = ["install"]

#: NumPy as it is, or the namespace that takes Values where NumPy does not hand them over.
np = importlib.import_module("tinygrad_bp.numpy" if find_spec("tinygrad_bp.numpy") else "numpy")


def install(*, scipy: bool) -> None:
    """Put the modules where imports find them; SciPy's take a second to import."""
    submodules = {
        "numpy": np,
        "numpy.random": np.random,
        "numpy.linalg": np.linalg,
        "numpy.fft": np.fft,
        "core": _module("core", make_vjp=of_one_vjp, primitive_vjps={}, vspace=None),
        "tracer": _module("tracer", isbox=is_value, primitive=Primitive),
        "extend": _module("extend", primitive=Primitive, defvjp=defvjp),
        "builtins": _module("builtins", **dict(CONTAINERS)),
        "wrap_util": _module("wrap_util", unary_to_nary=unary_to_nary),
        "misc": _module("misc", flatten=flat, const_graph=None),
        "test_util": checks,
        "util": _module("util"),
    }
    if scipy:
        served = importlib.import_module("tinygrad_bp.numpy.scipy")
        submodules["scipy"] = served
        for name in ("integrate", "linalg", "signal", "special", "stats"):
            importlib.import_module(f"scipy.{name}")
            submodules[f"scipy.{name}"] = getattr(served, name)
        submodules["scipy.stats.multivariate_normal"] = served.stats.multivariate_normal
    package = _module("autograd", **OPERATORS, **CONTAINERS)
    for name, module in submodules.items():
        sys.modules[f"autograd.{name}"] = module
        if "." not in name:
            setattr(package, name, module)
    sys.modules["autograd"] = package


def _module(name: str, **contents: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(contents)
    return module


CONTAINERS = {
    name: getattr(builtins, name) for name in ("dict", "isinstance", "list", "tuple", "type")
}


# --- what takes functions ------------------------------------------------------------------------


def unary_to_nary(operator: Callable[..., Any]) -> Callable[..., Any]:
    """Make an operator on a function of one argument one on the arguments of given numbers."""

    def of_arguments(fun: Any, argnum: Any = 0, *settings: Any, **named: Any) -> Any:
        def derived(*args: Any, **kwargs: Any) -> Any:
            def of_one(x: Any) -> Any:
                every = list(args)
                for position, one in [(argnum, x)] if single else zip(argnum, x):
                    every[position] = one
                return fun(*every, **kwargs)

            single = isinstance(argnum, int)
            x = args[argnum] if single else tuple(args[k] for k in argnum)
            return operator(of_one, x, *settings, **named)

        return derived

    return of_arguments


def of_one_vjp(fun: Any, x: Any) -> tuple[Any, Any]:
    value, pull_back = bp.vjp(fun, x)
    return lambda cotangent: pull_back(cotangent)[0], value


def _ones(value: Any) -> Any:
    return numpy.ones(numpy.shape(value))[()]


@unary_to_nary
def elementwise_grad(fun: Any, x: Any) -> Any:
    pull_back, value = of_one_vjp(fun, x)
    return pull_back(_ones(value))


@unary_to_nary
def value_and_grad(fun: Any, x: Any) -> Any:
    def of_one_number(x: Any) -> Any:
        value = fun(x)
        if numpy.size(value) != 1:
            raise TypeError(f"expected one number, got shape {numpy.shape(value)}")
        return numpy.reshape(value, ()) if numpy.shape(value) else value

    return bp.value_and_grad(of_one_number)(x)


@unary_to_nary
def grad(fun: Any, x: Any) -> Any:
    return value_and_grad(fun)(x)[1]


@unary_to_nary
def deriv(fun: Any, x: Any) -> Any:
    return bp.jvp(fun, (x,), (_ones(x),))[1]


@unary_to_nary
def make_jvp(fun: Any, x: Any) -> Any:
    return lambda tangent: bp.jvp(fun, (x,), (tangent,))


@unary_to_nary
def jacobian(fun: Any, x: Any) -> Any:
    return bp.jacobian(fun)(x)


@unary_to_nary
def hessian(fun: Any, x: Any) -> Any:
    return bp.hessian(fun)(x)


@unary_to_nary
def make_hvp(fun: Any, x: Any) -> Any:
    return of_one_vjp(grad(fun), x)


def make_ggnvp(fun: Any, outer: Any = lambda y: 0.5 * numpy.sum(y**2)) -> Any:
    def at(x: Any) -> Any:
        pull_back, value = of_one_vjp(fun, x)
        multiply, _ = make_hvp(outer)(value)
        return lambda v: pull_back(multiply(make_jvp(fun)(x)(v)[1]))

    return at


@unary_to_nary
def grad_and_aux(fun: Any, x: Any) -> Any:
    pull_back, (value, other) = of_one_vjp(fun, x)
    return pull_back((_ones(value), numpy.zeros(numpy.shape(other)))), other


@unary_to_nary
def holomorphic_grad(fun: Any, x: Any) -> Any:
    return grad(lambda z: numpy.real(fun(z)))(x)


def hessian_tensor_product(fun: Any, argnum: int = 0) -> Any:
    def product(*args: Any) -> Any:
        *rest, tensor = args
        return numpy.tensordot(grad(fun, argnum)(*rest), tensor, numpy.ndim(tensor))

    return grad(product, argnum)


def tensor_jacobian_product(fun: Any, argnum: int = 0) -> Any:
    def product(*args: Any) -> Any:
        *rest, tensor = args
        return numpy.tensordot(tensor, fun(*rest), numpy.ndim(tensor))

    return jacobian(product, argnum)


OPERATORS = {
    "checkpoint": bp.checkpoint,
    "deriv": deriv,
    "elementwise_grad": elementwise_grad,
    "grad": grad,
    "grad_and_aux": grad_and_aux,
    "hessian": hessian,
    "hessian_tensor_product": hessian_tensor_product,
    "holomorphic_grad": holomorphic_grad,
    "jacobian": jacobian,
    "make_ggnvp": make_ggnvp,
    "make_hvp": make_hvp,
    "make_jvp": make_jvp,
    "make_vjp": unary_to_nary(of_one_vjp),
    "tensor_jacobian_product": tensor_jacobian_product,
    "value_and_grad": value_and_grad,
}


# --- what is made of one's own -------------------------------------------------------------------


class Primitive:
    """A function with rules of its own: an `Op`, once they are given."""

    def __init__(self, fun: Callable[..., Any]) -> None:
        self.fun, self.__name__ = fun, getattr(fun, "__name__", "primitive")
        self.rules: dict[int, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        rules = [self.rules.get(k, _missing) for k in range(len(args))]
        return bp.Op(self.__name__, self.fun, *rules)(*args, **kwargs)


def _missing(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError("no derivative was given")


def defvjp(primitive: Primitive, *makers: Any, argnums: Any = None) -> None:
    for position, maker in zip(argnums or range(len(makers)), makers):
        primitive.rules[position] = _rule(maker)


def _rule(maker: Any) -> Any:
    return maker and (lambda g, y, *operands, **metadata: maker(y, *operands, **metadata)(g))


def is_value(x: Any) -> bool:
    return isinstance(x, bp.Value)


def flat(tree: Any) -> tuple[Any, Any]:
    """Lay a tree out as one vector; return how to fold it again, too."""
    leaves = [leaf for _, leaf in trees.flatten(tree)]
    ends = numpy.cumsum([0, *map(numpy.size, leaves)])

    def fold(vector: Any) -> Any:
        cuts = zip(ends, ends[1:], leaves)
        return trees.rebuild(tree, iter([np.reshape(vector[a:b], np.shape(x)) for a, b, x in cuts]))

    return np.concatenate([np.ravel(leaf) for leaf in leaves] or [numpy.array([])]), fold
