"""Make the pictures of README and docs: python docs/pictures.py."""

import runpy
from pathlib import Path

import numpy as np

import tinygrad_bp as bp

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"


def main(folder: Path = IMAGES) -> None:
    neuron = runpy.run_path(str(ROOT / "examples" / "scalar_graph.py"))["neuron"]()
    bp.draw(neuron, folder / "neuron.svg", direction="LR")

    x, w, b = (bp.Value(v, name=n) for n, v in (("x", 2.0), ("w", -3.0), ("b", 6.5)))
    y = bp.named(np.tanh(bp.named(w * x + b, "net")), "y")
    y.backward(retain_grads=True)
    bp.draw(y, folder / "neuron_backward.svg", backward=True, derivatives=True)

    params = bp.net7652.initial_parameters()
    loss = net(params)
    bp.draw(loss, folder / "net7652.svg")
    bp.draw(loss, folder / "folded.svg", depth=0, direction="LR")
    bp.draw(loss, folder / "gradients.svg", colours="gradients", theme="dark", direction="LR")
    bp.draw(loss, folder / "backward.svg", backward=True)
    bp.draw(loss, folder / "focus.svg", focus="out_h2", around="descendants", derivatives=True)
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    comparison = bp.compare(bp.net7652.loss, params, wrong)
    bp.draw(loss, folder / "mistake.svg", comparison=comparison)


def net(params: dict[str, np.ndarray]) -> bp.Value:
    """Compute the loss of the 7-6-5-2 net, with named inputs, and differentiate it."""
    values = {name: bp.Value(a, name=name) for name, a in params.items()}
    x = bp.Value(bp.net7652.SAMPLE, name="x", requires_grad=False)
    t = bp.Value(bp.net7652.TARGET, name="t", requires_grad=False)
    loss = bp.net7652.loss(values, x, t)
    loss.backward(retain_grads=True)
    return loss


if __name__ == "__main__":
    main()
