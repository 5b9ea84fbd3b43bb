"""On which piece of a piecewise op each unit is, and whether one is between two."""

import numpy as np

from tinygrad_bp.ops.branches import side, winners


def test_sides():
    a = np.array([-1.0, 2.0, 0.5])
    assert [side(None, a)[0].tolist(), side(None, a)[1]] == [[-1, 1, 1], False]
    assert [side(None, a, 0.5)[0].tolist(), side(None, a, 0.5)[1]] == [[-1, 1, 0], True]


def test_winners():
    a = np.array([[1.0, 3.0, 3.0], [5.0, 4.0, 0.0]])
    units, tied = winners(a.max(axis=1), a, 1, False)
    assert (units.tolist(), tied) == ([[0, 2, 2], [1, 0, 0]], True)
    assert winners(a[1:].max(axis=1, keepdims=True), a[1:], 1, True)[1] is False
    assert winners(a.max(), a, None, False)[0].tolist() == [[0, 0, 0], [1, 0, 0]]
