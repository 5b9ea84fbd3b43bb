"""A custom graph from scalars: one neuron, as a text tree and as a picture."""

from pathlib import Path
from tempfile import gettempdir

import numpy as np

import tinygrad_bp as bp


def neuron() -> bp.Value:
    """Build tanh(w_1 x_1 + w_2 x_2 + b) and differentiate it."""
    x_1, x_2 = bp.Value(2.0, name="x_1"), bp.Value(0.5, name="x_2")
    w_1, w_2 = bp.Value(-3.0, name="w_1"), bp.Value(1.0, name="w_2")
    b = bp.Value(6.0, name="b")
    net = bp.named(x_1 * w_1 + x_2 * w_2 + b, "net")
    out = bp.named(np.tanh(net), "out")
    out.backward(retain_grads=True)
    return out


def main() -> None:
    out = neuron()
    for node in bp.topological_order(out):
        if node.name:
            print(f"{node.name:4} = {node.item():8.4f}    gradient {node.grad.item():8.4f}")
    picture = Path(gettempdir()) / "neuron.svg"
    bp.draw(out, picture)
    print(f"drawn: {picture}")


if __name__ == "__main__":
    main()
