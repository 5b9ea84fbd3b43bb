"""What a training history looks like."""

import subprocess
import sys

import numpy as np
import pytest

import tinygrad_bp as bp

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def histories():
    return {name: bp.net7652.train(name, epochs=30) for name in ("gd", "momentum", "adam")}


def lines_of(axes):
    return np.array([line.get_ydata() for line in axes.get_lines()]).T


def test_a_history_draws_values_and_gradients_of_a_row(histories):
    history = histories["gd"]
    figure = history.plot(row=3)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        "GD: w_1[3]",
        "GD: gradient of w_1[3]",
        "GD: b_1[3]",
        "GD: gradient of b_1[3]",
    ]
    for axes, record in zip(
        figure.axes,
        (history.values["w_1"], history.gradients["w_1"]),
        strict=False,
    ):
        np.testing.assert_array_equal(lines_of(axes), record[:, 3])
    np.testing.assert_array_equal(lines_of(figure.axes[3]), history.gradients["b_1"][:, 3])
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_what_there_is_one_of_is_drawn_once(histories):
    figure = histories["adam"].plot(["loss", "residuals", "m"], parameters=["w_3", "b_3"], epochs=7)
    assert [axes.get_title() for axes in figure.axes] == [
        "Adam: loss",
        "Adam: target - output",
        "Adam: m, the mean of the gradient of w_3[1]",
        "Adam: m, the mean of the gradient of b_3[1]",
    ]
    np.testing.assert_array_equal(lines_of(figure.axes[0])[:, 0], histories["adam"].loss[:7])
    np.testing.assert_array_equal(
        lines_of(figure.axes[1]), histories["adam"].residuals[:7].squeeze(-1)
    )
    assert figure.axes[0].get_yscale() == "log"


def test_histories_stand_side_by_side_on_one_scale(histories):
    figure = bp.plot_histories([histories["gd"], histories["momentum"]])
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["GD: loss", "momentum: loss", "GD: w_1[1]", "momentum: w_1[1]"]
    for left, right in (figure.axes[:2], figure.axes[2:]):
        assert left.get_ylim() == right.get_ylim()
    np.testing.assert_array_equal(lines_of(figure.axes[1])[:, 0], histories["momentum"].loss)


def test_losses_are_laid_over_each_other(histories):
    figure = bp.plot_histories(list(histories.values()), ["loss"], together=True)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert [line.get_label() for line in axes.get_lines()] == ["GD", "momentum", "Adam"]
    for line, history in zip(axes.get_lines(), histories.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), history.loss)
    assert {text.get_text() for text in axes.texts} == {"GD", "momentum", "Adam"}
    with pytest.raises(ValueError, match="together draws the loss alone"):
        bp.plot_histories(list(histories.values()), ["values"], together=True)


def test_each_line_is_named_at_its_end_and_no_name_covers_another(histories):
    figure = histories["adam"].plot(["values", "gradients", "m"], parameters=["w_1"])
    for axes in figure.axes:
        assert axes.get_legend() is None
        assert {text.get_text() for text in axes.texts} == {f"w_1[1, {k}]" for k in range(7)}
        colours = {line.get_label(): line.get_color() for line in axes.get_lines()}
        assert all(text.get_color() == colours[text.get_text()] for text in axes.texts)
        heights = sorted(text.xyann[1] for text in axes.texts)
        assert min(np.diff(heights)) > 0.07
        assert heights[0] >= 0
        assert heights[-1] <= 1.0 + 1e-9
    assert [axes.get_yscale() for axes in figure.axes] == ["linear", "symlog", "symlog"]


def test_what_is_compared_has_the_same_axes(histories):
    longer = bp.net7652.train("gd", epochs=60)
    figure = bp.plot_histories({"a": histories["gd"], "b": longer}, ["gradients"])
    one, other = figure.axes
    assert one.get_xlim() == other.get_xlim()
    assert one.get_ylim() == other.get_ylim()


def test_titles_are_those_of_a_mapping(histories):
    figure = bp.plot_histories({"a": histories["gd"], "b": histories["gd"]}, ["loss"])
    assert [axes.get_title() for axes in figure.axes] == ["a: loss", "b: loss"]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ([["speed"]], {}, ValueError, "unknown record 'speed'; known are loss"),
        ([["m"]], {}, ValueError, "gd keeps no m"),
        ([[]], {}, ValueError, "nothing to draw"),
        (["loss"], {}, TypeError, r"records must be a sequence of names, such as \['loss'\]"),
        ([], {"parameters": ["w_4"]}, ValueError, "no values of 'w_4' in this history; there are"),
        ([], {"row": 6}, IndexError, "w_1 has 6 rows, so there is no row 6"),
    ],
)
def test_what_cannot_be_drawn_is_said(histories, arguments, options, error, message):
    with pytest.raises(error, match=message):
        histories["gd"].plot(*arguments, **options)


def test_no_histories_are_refused():
    with pytest.raises(ValueError, match="nothing to draw"):
        bp.plot_histories([])


def test_without_matplotlib_the_error_names_the_extra():
    code = """
import sys
sys.modules["matplotlib"] = sys.modules["matplotlib.figure"] = None
import tinygrad_bp as bp
history = bp.net7652.train(epochs=1)
try:
    history.plot()
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "pip install 'tinygrad-bp[plot]'" in done.stdout
