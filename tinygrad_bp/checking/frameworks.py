"""Functions of PyTorch and JAX as forward and backward passes on NumPy arrays.

Neither is imported before it is asked for.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..kernel.value import Value
from ..trees import flatten, rebuild
from .comparison import Comparison
from .kernels import compare_vjp
from .precision import FLOAT32, FLOAT64, Array, coarsest, precision_of


class Framework(ABC):
    """A function of a framework's arrays, and the arrays at which it is checked.

    Attributes
    ----------
    function : callable
        Of the framework's arrays.
    inputs : list
        The framework's arrays, and what else the function takes.
    """

    name: str

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any]) -> None:
        self.function, self.inputs = function, [self.take(each) for each in inputs]

    @abstractmethod
    def take(self, given: Any) -> Any:
        """Make an array of the framework of NumPy's; anything else stays as it is."""

    @abstractmethod
    def to_numpy(self, given: Any) -> Any:
        """Make an array of NumPy of the framework's; anything else stays as it is."""

    @abstractmethod
    def compute_exactly(self, function: Callable[..., Any], arrays: Sequence[Any]) -> Any:
        """Call a function with float64 arrays where its inputs are floating-point numbers."""

    @abstractmethod
    def pull_back(self, upstream: Any, *arrays: Any) -> list[Any]:
        """Run forward and backward pass; give a gradient, or None, for each input."""

    @property
    @abstractmethod
    def products(self) -> str | None:
        """The dtype in which float32 matrices are multiplied, where that is a lower one."""

    @cached_property
    def dtype(self) -> str | None:
        """The lowest dtype of inputs and outputs, by its name; None for NumPy to find out."""
        outputs = [out for _, out in flatten(self.function(*self.inputs))]
        typed = [each for each in (*self.inputs, *outputs) if "float" in _dtype_of(each)]
        lowest = coarsest(map(precision_of, typed))
        if lowest == FLOAT32 and self.products:
            return self.products
        return None if lowest == FLOAT64 else lowest.name

    def check(self, reference: Callable[..., Any] | None, options: dict[str, Any]) -> Comparison:
        """Compare the backward pass with that of a reference, by default its own forward pass."""
        arrays = [self.to_numpy(each) for each in self.inputs]
        forward = self._find_forward(reference, arrays)
        if options.get("upstream") is not None:
            given = options["upstream"]
            leaves = (self.to_numpy(leaf) for _, leaf in flatten(given))
            options = {**options, "upstream": rebuild(given, leaves)}
        comparison = compare_vjp(
            forward, tuple(arrays), self.pull_back, **{"dtype": self.dtype, **options}
        )
        if self.dtype is not None and self.dtype == self.products and "dtype" not in options:
            comparison.notes.append(
                f"{self.name} multiplies float32 matrices in {self.products} on this device"
            )
        return comparison

    def _find_forward(
        self, reference: Callable[..., Any] | None, arrays: list[Any]
    ) -> Callable[..., Any]:
        """Choose what is differentiated: NumPy code as it is, the framework's in float64."""
        if reference is None:
            return self._opaque(self.function)
        exact = [a.astype(float) if "float" in _dtype_of(a) else a for a in arrays]
        try:
            reference(*exact)
        except Exception:
            opaque = self._opaque(reference)
            try:
                opaque(*exact)
            except Exception:
                return reference  # and the comparison says what is wrong with it
            return opaque
        return reference

    def _opaque(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function on float64 arrays; it cannot be recorded."""

        def forward(*arrays: Any) -> Any:
            if any(isinstance(each, Value) for each in arrays):
                raise TypeError(
                    f"it is computed by {self.name}; with reference=, the forward pass in NumPy, "
                    "there is an automatic gradient, and the cause of a mistake is looked for"
                )
            if any(np.iscomplexobj(each) for each in arrays):
                raise TypeError(f"it is computed by {self.name}, in real numbers")
            result = self.compute_exactly(function, arrays)
            outputs = [self.to_numpy(out) for _, out in flatten(result)]
            low = [out.dtype for out in outputs if "float" in str(out.dtype)]
            if any(dtype != np.float64 for dtype in low):
                raise ValueError(
                    f"the forward pass gives {low[0]} for float64 inputs, and differences of that "
                    "say too little: give reference=, the forward pass in NumPy or in float64"
                )
            return rebuild(result, iter(outputs))

        forward.__signature__ = _signature_of(function)  # type: ignore[attr-defined]
        forward.__name__ = getattr(function, "__name__", "forward")
        return forward


class Torch(Framework):
    """A function of torch tensors, such as the `apply` of a `torch.autograd.Function`."""

    name = "PyTorch"

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any]) -> None:
        import torch

        self.torch: Any = torch
        super().__init__(function, inputs)

    def take(self, given: Any) -> Any:
        """Make a tensor of an array."""
        return self.torch.tensor(given) if isinstance(given, np.ndarray) else given

    def to_numpy(self, given: Any) -> Any:
        """Copy a tensor; bfloat16, which NumPy does not have, becomes float32."""
        if not isinstance(given, self.torch.Tensor):
            return given
        there = given.detach().cpu().resolve_conj()
        return (there.float() if there.dtype == self.torch.bfloat16 else there).numpy().copy()

    def compute_exactly(self, function: Callable[..., Any], arrays: Sequence[Any]) -> Any:
        """Call a function with float64 tensors."""
        exact = [
            self._lay_out(array, self.torch.float64, own.device) if self._differs(own) else own
            for array, own in zip(arrays, self.inputs, strict=True)
        ]
        with self.torch.no_grad():
            return function(*exact)

    def pull_back(self, upstream: Any, *arrays: Any) -> list[Any]:
        """Call `torch.autograd.grad`; what is written into its tensors is handed back."""
        torch = self.torch
        tensors = [
            self._lay_out(array, own.dtype, own.device).requires_grad_()
            if self._differs(own)
            else own
            for array, own in zip(arrays, self.inputs, strict=True)
        ]
        outputs = [out for _, out in flatten(self.function(*tensors))]
        pairs = [
            (out, array, self._lay_out(array, out.dtype, out.device))
            for out, (_, array) in zip(outputs, flatten(upstream), strict=True)
            if array is not None and out.requires_grad
        ]
        by = [tensor for tensor in tensors if self._differs(tensor)]
        found = iter(
            torch.autograd.grad(
                [out for out, *_ in pairs],
                by,
                grad_outputs=[tensor for *_, tensor in pairs],
                allow_unused=True,
            )
        )
        gradients = [self.to_numpy(next(found)) if self._differs(t) else None for t in tensors]
        for array, tensor in (*zip(arrays, tensors), *((a, t) for _, a, t in pairs)):
            self._write_back(array, tensor)
        return gradients

    @property
    def products(self) -> str | None:
        """TF32 on a GPU, if PyTorch may use it."""
        on_gpu = any(each.is_cuda for each in self.inputs if self._differs(each))
        exact = not on_gpu or self.torch.get_float32_matmul_precision() == "highest"
        return None if exact else "TF32"

    def _differs(self, given: Any) -> bool:
        """Say whether this is a tensor that one differentiates by."""
        return isinstance(given, self.torch.Tensor) and given.is_floating_point()

    def _lay_out(self, array: Array, dtype: Any, device: Any) -> Any:
        """Make a tensor that lies in memory as an array does: with its strides."""
        array = np.asarray(array)
        repeated = [step == 0 and size > 1 for step, size in zip(array.strides, array.shape)]
        once = array[tuple(slice(0, 1) if yes else slice(None) for yes in repeated)]
        steps = [max(step // array.itemsize, 1) for step in once.strides]
        tensor = self.torch.empty_strided(once.shape, steps, dtype=dtype, device=device)
        tensor.copy_(self.torch.from_numpy(np.array(once)))
        return tensor.expand(array.shape)

    def _write_back(self, array: Any, tensor: Any) -> None:
        """Put into an array what was written into the tensor that was made of it."""
        if isinstance(array, np.ndarray) and array.flags.writeable and self._differs(tensor):
            array[...] = self.to_numpy(tensor)


class Jax(Framework):
    """A function of JAX arrays, such as one with a rule by `jax.custom_vjp`."""

    name = "JAX"

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any]) -> None:
        import jax

        self.jax: Any = jax
        super().__init__(function, inputs)

    def take(self, given: Any) -> Any:
        """Make an array of JAX of one of NumPy."""
        return self.jax.numpy.asarray(given) if isinstance(given, np.ndarray) else given

    def to_numpy(self, given: Any) -> Any:
        """Make an array of NumPy; bfloat16 comes with JAX."""
        return np.asarray(given) if isinstance(given, self.jax.Array) else given

    def compute_exactly(self, function: Callable[..., Any], arrays: Sequence[Any]) -> Any:
        """Call a function while JAX keeps float64."""
        with self._in_float64():
            return function(*map(self.take, arrays))

    def pull_back(self, upstream: Any, *arrays: Any) -> list[Any]:
        """Call `jax.vjp` for the arrays of floating-point numbers."""
        given = list(map(self.take, arrays))
        places = [k for k, each in enumerate(given) if "float" in _dtype_of(each)]

        def of_numbers(*numbers: Any) -> Any:
            for k, number in zip(places, numbers, strict=True):
                given[k] = number
            return self.function(*given)

        outputs, pull = self.jax.vjp(of_numbers, *[given[k] for k in places])
        cotangents = [
            np.zeros(out.shape, self.jax.dtypes.float0)
            if array is None
            else self.take(array).astype(out.dtype)
            for (_, out), (_, array) in zip(flatten(outputs), flatten(upstream), strict=True)
        ]
        found = dict(zip(places, pull(rebuild(outputs, iter(cotangents))), strict=True))
        return [self.to_numpy(found.get(k)) for k in range(len(given))]

    @property
    def products(self) -> str | None:
        """TF32 on a GPU, bfloat16 on a TPU, if JAX is not told otherwise."""
        arrays = [each for each in self.inputs if isinstance(each, self.jax.Array)]
        platforms = {device.platform for array in arrays for device in array.devices()}
        if self.jax.config.jax_default_matmul_precision in ("highest", "float32"):
            return None
        return next((dtype for name, dtype in _PRODUCTS.items() if name in platforms), None)

    def _in_float64(self) -> Any:
        return self.jax.enable_x64(True)


#: In which dtype JAX multiplies float32 matrices unless it is told otherwise.
_PRODUCTS = {"tpu": "bfloat16", "gpu": "TF32", "cuda": "TF32"}


def _dtype_of(given: Any) -> str:
    return str(getattr(given, "dtype", ""))


def _signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a function; of `Function.apply` that of its forward pass."""
    owner = getattr(function, "__self__", None)
    forward = getattr(owner, "forward", None) if isinstance(owner, type) else None
    try:
        found = inspect.signature(forward or function)
    except (TypeError, ValueError):
        return inspect.Signature()
    kept = [p for p in found.parameters.values() if not (forward and p.name == "ctx")]
    return found.replace(parameters=kept)
