"""Make the pictures of README and docs: python docs/pictures.py."""

import runpy
from pathlib import Path

import tinygrad_bp as bp

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"


def main(folder: Path = IMAGES) -> None:
    neuron = runpy.run_path(str(ROOT / "examples" / "scalar_graph.py"))["neuron"]()
    bp.draw(neuron, folder / "neuron.svg", direction="LR")

    params = {name: bp.Value(a, name=name) for name, a in bp.net7652.initial_parameters().items()}
    x = bp.Value(bp.net7652.SAMPLE, name="x", requires_grad=False)
    t = bp.Value(bp.net7652.TARGET, name="t", requires_grad=False)
    loss = bp.net7652.loss(params, x, t)
    loss.backward(retain_grads=True)
    bp.draw(loss, folder / "net7652.svg")


if __name__ == "__main__":
    main()
