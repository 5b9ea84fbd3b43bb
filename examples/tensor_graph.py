"""A custom graph of tensors: a layer with softmax, checked in three ways.

The hand-derived gradient of the loss by the logits is ``(softmax - labels) / N``. A first try
that forgets the ``/ N`` is told apart by the comparison.
"""

import numpy as np

import tinygrad_bp as bp

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))  # five samples, three features
LABELS = np.array([0, 1, 1, 0, 1])
PARAMS = {"weight": RNG.normal(size=(2, 3)), "bias": np.zeros(2)}


def loss(params):
    with bp.scope("layer"):
        logits = bp.named(X @ params["weight"].T + params["bias"], "logits")
    return bp.cross_entropy(logits, LABELS)


def manual_gradients(params):
    p = bp.softmax(X @ params["weight"].T + params["bias"])
    delta = (p - np.eye(2)[LABELS]) / len(X)
    return {"weight": delta.T @ X, "bias": delta.sum(axis=0)}


def without_mean(params):
    return {name: len(X) * gradient for name, gradient in manual_gradients(params).items()}


def main() -> None:
    print(bp.compare(loss, PARAMS, manual_gradients))
    print(bp.compare(loss, PARAMS, without_mean))


if __name__ == "__main__":
    main()
