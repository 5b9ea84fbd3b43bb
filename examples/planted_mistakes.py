"""Inputs that hide a mistake, and exercises: mistakes planted in a right backward pass.

Run it with ``python examples/planted_mistakes.py``.
"""

import numpy as np

import tinygrad_bp as bp

rng = np.random.default_rng(0)
x, t = rng.normal(size=(6, 4)).round(2), rng.normal(size=(6, 2)).round(2)
params = {
    "gamma": np.ones(3),
    "w": rng.normal(size=(4, 3)).round(2),
    "b": np.zeros(3),
    "v": rng.normal(size=(3, 2)).round(2),
}


def loss(params):
    """Two layers with a scale between them, and a squared error."""
    h = np.tanh(x @ params["w"] + params["b"])
    scaled = params["gamma"] * h
    return np.mean((scaled @ params["v"] - t) ** 2)


def main():
    """Say what a check would not see here, then plant mistakes to be found."""
    spots = bp.blind_spots(loss, params)
    print(spots)
    print("with gamma drawn at random:", bp.blind_spots(loss, spots.params))

    for task in bp.exercises(loss, spots.params, count=3):
        print(f"\nexercise {task.seed}, of {len(task.source.splitlines())} lines")
        print(f"hint: {task.hint}")
        print(task.solution)
        assert not task.check(task.source)
        assert task.check(task.right)


if __name__ == "__main__":
    main()
