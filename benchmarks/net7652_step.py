"""One step of training the notebook's 7-6-5-2 net: forward, backward, gradient descent."""

from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np

import tinygrad_bp as bp

from .report import OURS, Row, time_rows
from .timing import Builder, Program, built, interleaved, one_thread

TITLE = "7-6-5-2 net, one step"
RATE = 0.1
Arrays = dict[str, np.ndarray]


def ours() -> Program:
    params = {name: bp.Value(a, name=name) for name, a in _initial().items()}
    optimizer = bp.optim.GD(params.values(), RATE)

    loss = None

    def step() -> None:
        nonlocal loss
        optimizer.zero_grad()
        loss = bp.net7652.loss(params)
        loss.backward()
        optimizer.step()

    return Program(step, lambda: [loss.item(), *(p.data for p in params.values())])


# --- PyTorch -------------------------------------------------------------------------------


def torch_sgd() -> Program:
    """The step as PyTorch's tutorials write it."""
    torch = one_thread()
    parameters, net = _torch_net(torch)
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    loss = None

    def step() -> None:
        nonlocal loss
        optimizer.zero_grad()
        loss = net()
        loss.backward()
        optimizer.step()

    return Program(step, lambda: [loss.item(), *map(_detached, parameters)])


def torch_lean() -> Program:
    """The least that PyTorch can be asked for: no optimiser, all parameters in one update."""
    torch = one_thread()
    parameters, net = _torch_net(torch)
    loss = None

    def step() -> None:
        nonlocal loss
        loss = net()
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            torch._foreach_sub_(parameters, gradients, alpha=RATE)

    return Program(step, lambda: [loss.item(), *map(_detached, parameters)])


def _torch_net(torch: Any) -> tuple[list[Any], Callable[[], Any]]:
    parameters = [torch.tensor(a, requires_grad=True) for a in _initial().values()]
    w_1, b_1, w_2, b_2, w_3, b_3 = parameters
    x, t = torch.tensor(bp.net7652.SAMPLE), torch.tensor(bp.net7652.TARGET)

    def loss() -> Any:
        h_1 = torch.relu(torch.addmm(b_1, w_1, x))
        h_2 = torch.sigmoid(torch.addmm(b_2, w_2, h_1))
        o = torch.sigmoid(torch.addmm(b_3, w_3, h_2))
        return ((t - o) ** 2).sum() / 2

    return parameters, loss


def _detached(parameter: Any) -> np.ndarray:
    return parameter.detach().numpy()


# --- HIPS autograd -------------------------------------------------------------------------


def hips_autograd() -> Program:
    import autograd.numpy as anp
    from autograd import value_and_grad

    params, x, t = _initial(), bp.net7652.SAMPLE, bp.net7652.TARGET

    def sigmoid(a: Any) -> Any:
        return 1 / (1 + anp.exp(-a))

    def loss(params: Arrays) -> Any:
        h_1 = anp.maximum(anp.dot(params["w_1"], x) + params["b_1"], 0)
        h_2 = sigmoid(anp.dot(params["w_2"], h_1) + params["b_2"])
        o = sigmoid(anp.dot(params["w_3"], h_2) + params["b_3"])
        return anp.sum((t - o) ** 2) / 2

    gradients, latest = value_and_grad(loss), None

    def step() -> None:
        nonlocal latest
        latest, of = gradients(params)
        for name in params:
            params[name] = params[name] - RATE * of[name]

    return Program(step, lambda: [latest, *params.values()])


# --- by hand -------------------------------------------------------------------------------


def relu(x: Any) -> Any:
    return np.maximum(0, x)


def relu_derivative(x: Any) -> Any:
    return np.where(x > 0, 1.0, 0.0)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def sigmoid_derivative(x: Any) -> Any:
    return sigmoid(x) * (1 - sigmoid(x))


def numpy_by_hand() -> Program:
    """The hand-derived step as a notebook writes it: small functions, dictionaries, np.dot."""
    params, x, t = _initial(), bp.net7652.SAMPLE, bp.net7652.TARGET

    loss = None

    def step() -> None:
        nonlocal loss
        values = _forward(params, x)
        loss = np.sum((t - values["a_3"]) ** 2) / 2
        gradients = _backward(params, values, t)
        for name in params:
            params[name] = params[name] - RATE * gradients[name]

    return Program(step, lambda: [loss, *params.values()])


def _forward(params: Arrays, x: Any) -> Arrays:
    values = {"a_0": x}
    values["z_1"] = np.dot(params["w_1"], values["a_0"]) + params["b_1"]
    values["a_1"] = relu(values["z_1"])
    values["z_2"] = np.dot(params["w_2"], values["a_1"]) + params["b_2"]
    values["a_2"] = sigmoid(values["z_2"])
    values["z_3"] = np.dot(params["w_3"], values["a_2"]) + params["b_3"]
    values["a_3"] = sigmoid(values["z_3"])
    return values


def _backward(params: Arrays, values: Arrays, t: Any) -> Arrays:
    gradients = {}
    delta = (values["a_3"] - t) * sigmoid_derivative(values["z_3"])
    gradients["w_3"] = np.dot(delta, values["a_2"].T)
    gradients["b_3"] = delta
    delta = np.dot(params["w_3"].T, delta) * sigmoid_derivative(values["z_2"])
    gradients["w_2"] = np.dot(delta, values["a_1"].T)
    gradients["b_2"] = delta
    delta = np.dot(params["w_2"].T, delta) * relu_derivative(values["z_1"])
    gradients["w_1"] = np.dot(delta, values["a_0"].T)
    gradients["b_1"] = delta
    return gradients


def numpy_lean() -> Program:
    """The least that NumPy can be asked for: straight-line code that uses all results twice."""
    params, x, t = _initial(), bp.net7652.SAMPLE, bp.net7652.TARGET
    w_1, b_1, w_2, b_2, w_3, b_3 = params.values()
    exp, maximum, row = np.exp, np.maximum, RATE * x.T
    loss = None

    def step() -> None:
        nonlocal loss, w_1, b_1, w_2, b_2, w_3, b_3
        a_1 = maximum(w_1.dot(x) + b_1, 0)
        a_2 = 1 / (1 + exp(-(w_2.dot(a_1) + b_2)))
        a_3 = 1 / (1 + exp(-(w_3.dot(a_2) + b_3)))
        r = a_3 - t
        loss = r.T.dot(r) / 2
        d_3 = r * a_3 * (1 - a_3)
        d_2 = w_3.T.dot(d_3) * a_2 * (1 - a_2)
        d_1 = w_2.T.dot(d_2) * (a_1 > 0)
        w_1 = w_1 - d_1.dot(row)
        b_1 = b_1 - RATE * d_1
        w_2 = w_2 - (RATE * d_2).dot(a_1.T)
        b_2 = b_2 - RATE * d_2
        w_3 = w_3 - (RATE * d_3).dot(a_2.T)
        b_3 = b_3 - RATE * d_3

    return Program(step, lambda: [loss.item(), w_1, b_1, w_2, b_2, w_3, b_3])


def _initial() -> Arrays:
    return bp.net7652.initial_parameters()


# -------------------------------------------------------------------------------------------

BUILDERS: dict[str, Builder] = {
    OURS: ours,
    "PyTorch eager, torch.optim.SGD": torch_sgd,
    "PyTorch eager, leanest update": torch_lean,
    "HIPS autograd": hips_autograd,
    "NumPy by hand, as in the notebook": numpy_by_hand,
    "NumPy by hand, leanest": numpy_lean,
}
TARGETS = {
    "PyTorch eager, torch.optim.SGD": 0.35,
    "PyTorch eager, leanest update": 0.35,
    "NumPy by hand, as in the notebook": 0.9,
}


def rows(quick: bool) -> list[Row]:
    repetitions, calls = (3, 2) if quick else (300, 20)
    seconds = interleaved(built(BUILDERS), repetitions, calls, process_time)
    return time_rows(TITLE, seconds, TARGETS)
