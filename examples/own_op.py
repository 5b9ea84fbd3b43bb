"""A user's own op: one row, and the rest of the engine works for it.

The softplus log(1 + exp(a)) has the derivative sigmoid(a).
"""

from pathlib import Path
from tempfile import gettempdir

import numpy as np

import tinygrad_bp as bp

softplus = bp.Op(
    "softplus",
    lambda a: np.logaddexp(0, a) if np.isrealobj(a) else np.log(1 + np.exp(a)),
    lambda g, y, a: g * bp.sigmoid(a),
)


def main() -> None:
    a = bp.Value([-1.0, 0.0, 2.0], name="a")
    total = softplus(a).sum()

    total.backward(create_graph=True)
    print("gradient         ", a.grad.data)

    first = a.grad.sum()
    a.zero_grad()
    first.backward()
    print("second derivative", a.grad)

    print(bp.compare(lambda p: softplus(p["a"]).sum(), {"a": a.data}))

    picture = Path(gettempdir()) / "softplus.svg"
    bp.draw(total, picture)
    print(f"drawn: {picture}")


if __name__ == "__main__":
    main()
