"""What can be read: numbers in cells, on a tap too, slices, what is not finite, names, products."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.exploring.conftest import edit, open_page
from tests.exploring.test_page import GO, PHONE, step_back_through, told

CELLS = "cells => cells.map((cell) => cell.innerText.trim())"


@pytest.mark.parametrize(
    ("shape", "are_read"),
    [((8, 8), True), ((1, 8), True), ((64,), False), ((32, 2), True), ((9, 8), False)],
)
def test_numbers_of_up_to_8_columns_and_64_entries_are_written_out(shape, are_read, tab, tmp_path):
    x = bp.Value(np.arange(np.prod(shape)).reshape(shape) + 0.5, name="x")
    open_page(tab, tmp_path, bp.explore(np.sum(x * x)))
    texts = tab.locator("#panel figure td").evaluate_all(
        "cells => cells.map((cell) => cell.querySelector('.sr') ? '' : cell.innerText)"
    )
    assert (texts == [f"{k + 0.5:g}" for k in range(x.size)]) == are_read
    assert (set(texts) == {""}) != are_read


def test_a_tap_leaves_the_number_there(visit):
    x = bp.Value(np.arange(40.0).reshape(4, 10) + 0.25, name="x")
    tab = visit(bp.explore(np.sum(x * x)), **PHONE, has_touch=True)
    tab.evaluate(GO, 1)
    tab.locator('#panel figure[data-role="value"]').last.locator("td").nth(37).tap()
    assert tab.locator("#readout").is_visible()
    assert tab.locator("#readout").inner_text() == "(x * x)[3, 7] = 1387.56"
    tab.locator("#panel td").nth(37).tap()  # of a leaf: it can be changed
    assert tab.locator("#edited").inner_text() == "x[3, 7] ="
    assert tab.locator("#entry").input_value() == "37.25"


def test_slices_of_three_axes_are_apart(tab, tmp_path):
    x = bp.Value(np.arange(24.0).reshape(3, 4, 2), name="x")
    open_page(tab, tmp_path, bp.explore(np.sum(x * x)))
    table = tab.locator("#panel table.heat").first
    rows = table.locator("tbody").evaluate_all("all => all.map((body) => body.rows.length)")
    assert rows == [4, 4, 4]
    border = "cell => getComputedStyle(cell).borderTopWidth"
    heights = [table.locator("tr").nth(k).locator("td").first.evaluate(border) for k in range(12)]
    assert {k for k, width in enumerate(heights) if width != "0px"} == {4, 8}


def test_nan_and_infinity_are_told_apart(tab, tmp_path):
    x = bp.Value([1.0, 0.0, -1.0, np.inf], name="x")
    with np.errstate(all="ignore"):
        value = np.sum(bp.named(np.log(x), "y"))
    open_page(tab, tmp_path, bp.explore(value))
    tab.evaluate(GO, 1)
    cells = tab.locator('#panel figure[data-role="value"]').last.locator("td")
    assert cells.evaluate_all(CELLS) == ["0", "−Inf", "NaN", "Inf"]
    look = "cells => cells.map((cell) => getComputedStyle(cell).backgroundImage !== 'none')"
    assert cells.evaluate_all(look) == [False, False, True, False]
    back = "cells => cells.map((cell) => getComputedStyle(cell).backgroundColor)"
    assert cells.evaluate_all(back)[1] == cells.evaluate_all(back)[3] == "rgb(0, 0, 0)"


def test_nodes_without_a_name_are_called_by_what_they_are(tab, tmp_path, neuron):
    open_page(tab, tmp_path, bp.explore(neuron))
    names = dict(map(tuple, tab.evaluate("nodes.map((node, n) => [node.name, calledOf(n)])")))
    assert names == {
        **{name: name for name in "xwby"},
        "product": "w * x",
        "total": "w * x + b",
        "tanh_out": "tanh(w * x + b)",
    }
    tab.evaluate(GO, 7)
    assert tab.locator("#panel h2").inner_text() == "Back through tanh(w * x + b), in code tanh_out"


def test_the_row_and_the_column_that_make_an_entry_light_up(tab, tmp_path):
    a = bp.Value([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], name="a")
    b = bp.Value([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]], name="b")
    page = bp.explore(np.sum(bp.named(a @ b, "c") * np.array([[1.0, 2.0], [3.0, 4.0]])))
    open_page(tab, tmp_path, page)
    lit = "#panel td.lit"
    tab.evaluate(GO, 1)  # c = a @ b
    tab.locator('#panel figure[data-role="value"]').last.locator("td").nth(1).hover()
    assert tab.locator(lit).evaluate_all(CELLS) == ["1", "2", "3", "0", "1", "−1"]
    assert tab.locator("#readout").inner_text() == "c[0, 1] = −1 = 1·0 + 2·1 + 3·−1"
    step_back_through(tab, told(page), "c")
    tab.locator('#panel figure[data-role="delta"]').first.locator("td").nth(5).hover()
    assert tab.locator(lit).evaluate_all(CELLS) == ["3", "4", "2", "−1"]  # d_c[1] and bᵀ[:, 2]


def test_one_scale_of_colours_on_a_line(tab, tmp_path):
    x = bp.Value([1.0, 2.0], name="x")
    page = bp.explore(np.sum(bp.named(x * np.array([4.0, 0.5]), "y")))
    open_page(tab, tmp_path, page)
    step_back_through(tab, told(page), "y")
    numbers = tab.locator("#panel .flow td").evaluate_all(
        "cells => cells.map((cell) => [Number(cell.dataset.value), cell.style.backgroundColor])"
    )
    assert len(numbers) == 6
    colours = {}
    for number, colour in numbers:
        assert colours.setdefault(number, colour) == colour
    assert len(set(colours.values())) == len(colours) == 3  # 0.5, 1 and 4


def test_numbers_flow_along_the_edges(tab, tmp_path, neuron):
    open_page(tab, tmp_path, bp.explore(neuron))
    labels = tab.locator("svg .flowing text")
    tab.evaluate(GO, 1)
    assert sorted(labels.all_text_contents()) == ["2", "−3"]
    tab.evaluate(GO, 7)
    assert labels.all_text_contents() == ["×0.7864"]
    tab.evaluate("startLesson(true)")
    assert labels.all_text_contents() == []


def test_what_is_said_of_numbers_goes_with_them(tab, tmp_path):
    x = bp.Value(1e-8, name="x")
    open_page(tab, tmp_path, bp.explore(bp.named(np.exp(-(x**2) * 1e-3), "y")))
    flags = tab.locator("svg .flag")
    assert flags.count() > 0
    assert not flags.first.is_visible()  # before the gradient is there
    tab.evaluate("go(steps.length - 1)")
    assert "vanishing gradient" in flags.first.text_content()
    assert flags.first.is_visible()
    edit(tab, "x", 0, "2")
    tab.evaluate("go(steps.length - 1)")
    assert not flags.first.is_visible()
    tab.evaluate("restore()")
    assert flags.first.is_visible()
    tab.evaluate("startLesson(true)")
    assert not flags.first.is_visible()  # it would tell the answer


def test_print_shows_the_whole_diagram(tab, tmp_path, net_page):
    open_page(tab, tmp_path, net_page)
    tab.evaluate(GO, 20)
    tab.emulate_media(media="print")
    outside = tab.evaluate(
        """() => {
            const stage = byId("stage").getBoundingClientRect();
            return [...svg.querySelectorAll(".node")].map((node) => node.getBoundingClientRect())
                .filter((box) => box.left < stage.left || box.right > stage.right
                    || box.top < stage.top - 1 || box.bottom > stage.bottom + 1).length;
        }"""
    )
    tab.emulate_media(media="screen")
    assert outside == 0


def test_nodes_have_small_maps_of_their_numbers(tab, tmp_path):
    x = bp.Value([[1.0, -4.0], [0.0, np.nan], [2.0, np.inf]], name="x")
    open_page(tab, tmp_path, bp.explore(bp.named(np.sum(bp.named(x * 2, "y")), "sum")))

    def cells(name, kind):
        """Count the cells of a map by their look."""
        paths = tab.locator(f"svg .node:has(text:text-is('{name}')) .room.{kind} + .map path")
        return dict(
            paths.evaluate_all(
                "all => all.map((path) => [path.className.baseVal, path.getAttribute('d')"
                ".split('M').length - 1])"
            )
        )

    looks = {"positive level-1": 1, "positive level-2": 1, "negative level-4": 1}
    looks |= {"nothing": 1, "endless": 1}
    assert cells("x", "value") == looks
    assert cells("x", "grad") == cells("y", "value") == {}
    tab.evaluate("go(1)")
    assert cells("y", "value") == looks
    tab.evaluate("go(steps.length - 1)")
    assert cells("x", "grad") == {"positive level-4": 6}
    edit(tab, "x", 1, "4")
    assert cells("x", "value") == {k.replace("negative", "positive"): n for k, n in looks.items()}
