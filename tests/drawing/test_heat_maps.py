import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.drawing.heat_maps import colour, find_heat_maps
from tinygrad_bp.drawing.themes import THEMES
from tinygrad_bp.viewing.gradients import gradients_in
from tinygrad_bp.viewing.graph import describe

from .test_draw import pieces, texts


def cells_of(value):
    graph = describe(value)
    return find_heat_maps(graph, gradients_in(value))


def test_entries_are_shown_relative_to_the_largest():
    w = bp.Value([[1.0, -2.0, 0.0], [0.5, 4.0, np.nan]], name="w")
    (maps,) = cells_of(w).values()
    np.testing.assert_array_equal(maps["value"], [[0.25, -0.5, 0.0], [0.125, 1.0, np.nan]])
    assert "grad" not in maps
    (maps,) = cells_of(bp.Value(np.zeros(3))).values()
    assert maps["value"] == [[0.0, 0.0, 0.0]]


def test_gradients_have_a_map_of_their_own(net):
    maps = cells_of(net)
    graph = describe(net)
    (w_1,) = [node for node in graph.nodes if node.value.name == "w_1"]
    gradient = w_1.value.grad
    np.testing.assert_allclose(maps[w_1.id]["grad"], gradient / np.abs(gradient).max())
    numbers = [node.id for node in graph.nodes if node.value.ndim == 0]
    assert not maps.keys() & set(numbers)


def test_large_arrays_are_shown_in_blocks():
    w = bp.Value(np.arange(10_000.0).reshape(2, 50, 100))
    (maps,) = cells_of(w).values()
    assert np.shape(maps["value"]) == (12, 12)
    assert np.all(np.diff(np.ravel(maps["value"])) > 0)


@pytest.mark.parametrize("name", THEMES)
def test_signs_are_told_apart_and_sizes_too(name):
    theme = THEMES[name]
    seen = [colour(x, theme) for x in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    assert len(set(seen)) == 5
    assert seen[0] == theme.negative
    assert seen[2] == theme.zero
    assert seen[4] == theme.positive
    assert colour(np.nan, theme) == theme.alarm


def test_they_stand_in_the_nodes(net):
    plain, mapped = (bp.draw(net, heat_maps=each).pipe("svg") for each in (False, True))
    assert b"#225ea8" not in plain
    assert texts(mapped) == [*texts(plain)[:1], "negative", "positive", *texts(plain)[1:]]

    def cells(svg):
        return sum(len(list(node.iter())) for node in pieces(svg, "node"))

    assert cells(mapped) - cells(plain) > 7 * 6 * 2
