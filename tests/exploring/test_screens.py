"""How the page looks at three widths: nothing is cut off or covered, and it looks as it did.

The pictures that are kept are small and blurred, so that another version of the browser does not
matter, and another layout does. They are taken in DejaVu Sans (Debian: fonts-dejavu-core), since
on a phone's width a wider font breaks lines elsewhere. UPDATE_SCREENS=1 makes them anew.
"""

import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from .test_page import GO

Image = pytest.importorskip("PIL.Image")

KEPT = Path(__file__).parent / "screens"
WIDTHS = {1280: 800, 768: 1000, 360: 740}
#: Of 255: how far pictures may be apart, on average.
ALIKE = 6.0

LAYOUT = """() => {
    const box = (each) => each.getBoundingClientRect();
    const visible = (each) => box(each).width > 1;
    return {
        sideways: document.documentElement.scrollWidth - innerWidth,
        outside: [...document.querySelectorAll("button, input, select, .card, h1, h2, .legend li")]
            .filter((each) => visible(each) && !each.closest(".scroll"))
            .filter((each) => box(each).left < -0.5 || box(each).right > innerWidth + 0.5)
            .map((each) => each.outerHTML.slice(0, 100)),
        small: [...document.querySelectorAll("button, input, select, summary")]
            .filter((each) => visible(each) && (box(each).height < 22 || box(each).width < 22))
            .map((each) => each.outerHTML.slice(0, 100)),
        controls: [...document.querySelectorAll("header *, .transport *, .under *")]
            .filter((each) => each.matches("button, select, input:not(#scrubber), h1, #count"))
            .filter(visible).map((each) => [each.id || each.tagName, box(each).toJSON()]),
    };
}"""


def overlapping(controls):
    for k, (one, a) in enumerate(controls):
        for other, b in controls[:k]:
            across = min(a["right"], b["right"]) - max(a["left"], b["left"])
            down = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
            if across > 1 and down > 1:
                yield one, other


def opened(visit, page, width, **options):
    tab = visit(page, viewport={"width": width, "height": WIDTHS[width]}, **options)
    tab.evaluate("document.body.style.fontFamily = 'DejaVu Sans'")
    tab.wait_for_timeout(100)  # for what follows the size of the diagram
    tab.evaluate(GO, 25)
    return tab


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_or_covered(net_page, visit, width, scheme):
    tab = opened(visit, net_page, width, color_scheme=scheme)
    for k in (0, 9, 14, 22, 23, 27):
        tab.evaluate(GO, k)
        layout = tab.evaluate(LAYOUT)
        assert layout["sideways"] <= 0
        assert layout["outside"] == []
        assert layout["small"] == []
        assert list(overlapping(layout["controls"])) == []
    tab.locator("#lesson").click()
    assert tab.evaluate(LAYOUT)["outside"] == []


def blurred(png):
    """Return a picture in squares of about 20 pixels."""
    with Image.open(BytesIO(png)) as image:
        small = image.convert("RGB").resize(
            (image.width // 20, image.height // 20), Image.Resampling.BOX
        )
        return small


def apart(one, other):
    assert one.size == other.size
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_it_did(net_page, visit, width):
    kept = KEPT / f"{width}.png"
    seen = blurred(opened(visit, net_page, width).screenshot())
    if os.environ.get("UPDATE_SCREENS"):
        KEPT.mkdir(exist_ok=True)
        seen.save(kept, optimize=True)
    with Image.open(kept) as image:
        assert apart(seen, image.convert("RGB")) < ALIKE


def test_another_layout_would_be_seen(net_page, visit):
    with Image.open(KEPT / "1280.png") as image:
        kept = image.convert("RGB")
    tab = opened(visit, net_page, 1280)
    tab.locator(".side").evaluate("side => { side.style.order = -1 }")
    assert apart(blurred(tab.screenshot()), kept) > ALIKE
    tab = opened(visit, net_page, 1280, color_scheme="dark")
    assert apart(blurred(tab.screenshot()), kept) > 10 * ALIKE
