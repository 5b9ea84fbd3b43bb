import itertools

import pytest

import tinygrad_bp as bp
from tinygrad_bp.drawing.themes import DECADES, THEMES, contrast, decade
from tinygrad_bp.viewing.graph import Role


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_texts_can_be_read(theme):
    texts = theme.ink, theme.faint, theme.alarm, theme.good
    behind = theme.background, theme.group, *theme.fills.values()
    for text, fill in itertools.product(texts, behind):
        assert contrast(text, fill) >= 4.5, (text, fill)
    for fill in theme.ramp:
        assert contrast(theme.ink, fill) >= 4.5, fill


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_lines_can_be_seen(theme):
    for line in (theme.line, theme.alarm, *theme.outlines.values()):
        assert contrast(line, theme.background) >= 3
        assert contrast(line, theme.group) >= 3


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_role_and_decade_has_a_colour(theme):
    assert theme.fills.keys() == theme.outlines.keys() == set(Role)
    assert len(set(theme.ramp)) == len(DECADES) + 1


def test_the_contrast_that_is_computed_is_that_of_the_guidelines():
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # known to fail
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # known to pass


@pytest.mark.parametrize(
    ("size", "place"), [(0, 0), (9e-9, 0), (1e-8, 1), (0.99e-6, 1), (1, 5), (99, 5), (1e300, 6)]
)
def test_decades(size, place):
    assert decade(size) == place


@pytest.mark.parametrize("name", THEMES)
def test_a_picture_has_the_colours_of_its_theme(net, name):
    svg = bp.draw(net, theme=name, colours="gradients").pipe("svg").decode()
    for colour in (THEMES[name].background, THEMES[name].ink, *THEMES[name].ramp):
        assert f'"{colour}"' in svg.replace("white", "#ffffff").replace("black", "#000000")


def test_the_colour_is_that_of_the_largest_entry_of_the_gradient():
    x = bp.Value([1.0, 2.0], name="x")
    (x * 0.005).sum().backward()
    source = bp.draw(x, colours="gradients").source
    assert f'fillcolor="{THEMES["light"].ramp[3]}"' in source
    assert "from 0.0001" in source
    assert "below 1e-8" in source
