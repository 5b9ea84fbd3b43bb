"""One step of training an MLP in float32, where nearly all time is in matrix products."""

from collections.abc import Callable
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np

import tinygrad_bp as bp

from .report import OURS, Row, time_rows
from .timing import Builder, Program, built, interleaved, one_thread

SIZES = [784, 1024, 1024, 10]
BATCH = 256
TITLE = f"MLP {'-'.join(map(str, SIZES))}, batch {BATCH}, one step"
RATE = 0.01
BY_HAND = "NumPy by hand, float32"
Layer = tuple[np.ndarray, np.ndarray]


class Problem(NamedTuple):
    """Layers of weight (n_out, n_in) and bias (n_out,), samples in rows, and their classes."""

    layers: list[Layer]
    x: np.ndarray
    labels: np.ndarray


def problem(sizes: list[int], batch: int) -> Problem:
    random = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return random.standard_normal(shape, dtype=np.float32)

    layers = [
        (normal(n_out, n_in) * np.float32((2 / n_in) ** 0.5), normal(n_out) * np.float32(0.1))
        for n_in, n_out in pairwise(sizes)
    ]
    return Problem(layers, normal(batch, sizes[0]), random.integers(0, sizes[-1], batch))


def ours(layers: list[Layer], x: np.ndarray, labels: np.ndarray) -> Program:
    sizes = [x.shape[1], *(len(bias) for _, bias in layers)]
    net = bp.nn.MLP(sizes, activations="relu", dtype=np.float32)
    parameters = net.parameters()
    for parameter, array in zip(parameters, chain.from_iterable(layers), strict=True):
        parameter.data = array
    optimizer = bp.optim.GD(parameters, RATE)
    loss = None

    def step() -> None:
        nonlocal loss
        optimizer.zero_grad()
        loss = bp.cross_entropy(net(x), labels)
        loss.backward()
        optimizer.step()

    return Program(step, lambda: [loss.item(), *(p.data for p in parameters)])


def numpy_by_hand(layers: list[Layer], x: np.ndarray, labels: np.ndarray) -> Program:
    """Write results into arrays that are there already, where that saves one."""
    parameters = [(weight.copy(), bias.copy()) for weight, bias in layers]
    rows, count, rate = np.arange(len(x)), np.float32(len(x)), np.float32(RATE)

    def forward() -> list[np.ndarray]:
        outputs = [x]
        for weight, bias in parameters:
            if len(outputs) > 1:
                np.maximum(outputs[-1], 0, out=outputs[-1])
            z = outputs[-1] @ weight.T
            z += bias
            outputs.append(z)
        return outputs

    loss = None

    def step() -> None:
        nonlocal loss
        *inputs, z = forward()
        z -= z.max(axis=1, keepdims=True)
        e = np.exp(z)
        total = e.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - z[rows, labels]).mean()
        delta = e / total
        delta[rows, labels] -= 1
        delta /= count
        for k in reversed(range(len(parameters))):
            (weight, bias), h = parameters[k], inputs[k]
            weight_gradient, bias_gradient = delta.T @ h, delta.sum(axis=0)
            if k:
                delta = delta @ weight
                delta *= h > 0
            weight_gradient *= rate
            weight -= weight_gradient
            bias -= rate * bias_gradient

    return Program(step, lambda: [loss, *(a for pair in parameters for a in pair)])


def pytorch(layers: list[Layer], x: np.ndarray, labels: np.ndarray) -> Program:
    torch = one_thread()
    modules: list[Any] = []
    for weight, bias in layers:
        n_out, n_in = weight.shape
        linear = torch.nn.Linear(n_in, n_out)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weight))
            linear.bias.copy_(torch.tensor(bias))
        modules += [linear, torch.nn.ReLU()]
    net = torch.nn.Sequential(*modules[:-1])
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    criterion, inputs, classes = torch.nn.CrossEntropyLoss(), torch.tensor(x), torch.tensor(labels)
    loss = None

    def step() -> None:
        nonlocal loss
        optimizer.zero_grad()
        loss = criterion(net(inputs), classes)
        loss.backward()
        optimizer.step()

    parameters = net.parameters
    return Program(step, lambda: [loss.item(), *(p.detach().numpy() for p in parameters())])


def builders(sizes: list[int], batch: int) -> dict[str, Builder]:
    given = problem(sizes, batch)

    def of(program: Callable[..., Program]) -> Builder:
        return lambda: program(*given)

    return {OURS: of(ours), BY_HAND: of(numpy_by_hand), "PyTorch eager": of(pytorch)}


def rows(quick: bool) -> list[Row]:
    sizes, batch, repetitions = ([7, 6, 5], 4, 3) if quick else (SIZES, BATCH, 100)
    seconds = interleaved(built(builders(sizes, batch)), repetitions)
    return time_rows(TITLE, seconds, {BY_HAND: 1.05})
