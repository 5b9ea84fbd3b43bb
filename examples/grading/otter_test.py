"""A test of otter-grader: a point for each parameter whose gradient is right."""

OK_FORMAT = True

START = """
>>> import numpy as np
>>> import tinygrad_bp as bp
>>> def graded_loss(p):
...     h = np.maximum(x @ p["w_1"] + p["b_1"], 0)
...     return np.mean((h @ p["w_2"] + p["b_2"] - t) ** 2)
>>> comparison = bp.compare(graded_loss, params, manual_gradients)
"""
CASE = """
>>> row = next(row for row in comparison.rows if row.name == {name!r})
>>> assert row.verdict == "correct", str(comparison)
"""
names = ["w_1", "b_1", "w_2", "b_2"]
test = {
    "name": "backward",
    "points": [1] * len(names),
    "suites": [
        {
            "type": "doctest",
            "cases": [{"code": START + CASE.format(name=name)} for name in names],
        }
    ],
}
