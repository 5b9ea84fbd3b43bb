"""Pictures as they were when somebody last looked at them and found them good.

The embedded renderer writes the same bytes everywhere, so whole files are compared. After a
change that is meant: python tests/drawing/test_golden.py, then look at each in golden/
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import tinygrad_bp as bp

GOLDEN = Path(__file__).parent / "golden"
#: The version of graphviz-pure that drew them.
RENDERER = "0.2.2"


def neuron():
    x, w, b = (bp.Value(v, name=n) for v, n in ((2.0, "x"), (-3.0, "w"), (6.5, "b")))
    y = bp.named(np.tanh(bp.named(w * x + b, "net")), "y")
    y.backward(retain_grads=True)
    return y


def net(params=None):
    given = params or bp.net7652.initial_parameters()
    values = {name: bp.Value(data, name=name) for name, data in given.items()}
    loss = bp.net7652.loss(values)
    loss.backward(retain_grads=True)
    return loss


def mistaken():
    params = bp.net7652.initial_parameters()
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    comparison = bp.compare(bp.net7652.loss, params, wrong)
    comparison.diagnosis.clear()  # what can be said without one
    return bp.draw(net(), comparison=comparison)


PICTURES = {
    "neuron": lambda: bp.draw(neuron()),
    "neuron-beside": lambda: bp.draw(neuron(), backward="beside", derivatives=True),
    "neuron-combined": lambda: bp.draw(neuron(), backward="combined", direction="LR"),
    "net-gradients-dark": lambda: bp.draw(net(), colours="gradients", theme="dark"),
    "net-folded": lambda: bp.draw(net(), depth=0),
    "net-focus": lambda: bp.draw(net(), focus="out_h2", around="descendants", theme="print"),
    "net-mistaken": mistaken,
}


@pytest.mark.skipif(
    version("graphviz-pure") != RENDERER,
    reason=f"drawn with graphviz-pure {RENDERER}, which the extra `test` installs",
)
@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_as_they_were(name):
    expected = (GOLDEN / f"{name}.svg").read_bytes()
    assert PICTURES[name]().pipe("svg") == expected, (
        f"{name} is drawn differently; if that is meant: python {Path(__file__).name}, and look"
    )


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (GOLDEN / f"{name}.svg").write_bytes(draw().pipe("svg"))
