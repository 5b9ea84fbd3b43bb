"""Make the pictures of README and docs: python docs/pictures.py.

Those of the page that steps through backpropagation are taken in Chromium.
"""

import os
import shutil
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import tinygrad_bp as bp
from tinygrad_bp.drawing.themes import ThemeName

IMAGES = Path(__file__).parent / "images"


def main(folder: Path = IMAGES, theme: ThemeName = "light") -> None:
    """Draw all pictures of the documentation, in the colours of a theme."""
    bp.draw(neuron(), folder / "neuron_backward.svg", theme=theme, backward=True, derivatives=True)
    value, comparison = wrong_tanh()
    bp.draw(value, folder / "wrong.svg", theme=theme, direction="LR", comparison=comparison)
    params = bp.net7652.initial_parameters()
    loss = net(params)
    bp.draw(loss, folder / "net7652.svg", theme=theme)
    bp.draw(loss, folder / "folded.svg", theme=theme, depth=0, direction="LR")
    bp.draw(loss, folder / "backward.svg", theme=theme, backward=True)
    around: dict[str, Any] = {"focus": "out_h2", "around": "descendants", "derivatives": True}
    bp.draw(loss, folder / "focus.svg", theme=theme, **around)
    bp.draw(loss, folder / "heat_maps.svg", theme=theme, heat_maps=True, **around)
    bp.draw(recurrent(), folder / "loop.svg", theme=theme, fold="loops")
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    comparison = bp.compare(bp.net7652.loss, params, wrong)
    bp.draw(loss, folder / "mistake.svg", theme=theme, comparison=comparison)
    bp.draw(vanishing(), folder / "gradients.svg", theme=theme, colours="gradients", depth=0)


def moving(folder: Path = IMAGES) -> None:
    """Draw the picture of README, which shows the one that fits the reader's page."""
    themes: dict[str, ThemeName] = {"stepping.svg": "light", "stepping-dark.svg": "dark"}
    for name, theme in themes.items():
        bp.animate(neuron(), folder / name, theme=theme)


def neuron() -> bp.Value:
    """Compute tanh(w * x + b), and differentiate it."""
    x, w, b = (bp.Value(v, name=n) for n, v in (("x", 2.0), ("w", -3.0), ("b", 6.5)))
    p = bp.named(w * x, "p")
    y = bp.named(np.tanh(bp.named(p + b, "z")), "y")
    y.backward()
    return y


def wrong_tanh() -> tuple[bp.Value, bp.Comparison]:
    """Compare the wrong backward pass of README."""
    x = np.array([[0.5, -1.0], [2.0, 0.3]])
    params = {"w": np.array([0.1, 0.2])}

    def loss(params: dict[str, Any]) -> Any:
        y = bp.named(np.tanh(x @ params["w"]), "y")
        return bp.named(np.sum(y**2), "loss")

    def by_hand(params: dict[str, Any]) -> dict[str, Any]:
        y = np.tanh(x @ params["w"])
        return {"w": x.T @ (2 * y * (1 - y))}

    value = loss({"w": bp.Value(params["w"], name="w")})
    value.backward()
    return value, bp.compare(loss, params, by_hand)


def vanishing() -> bp.Value:
    """Compute the loss of seven layers of sigmoids, through which little of a gradient comes."""
    rng = np.random.default_rng(0)
    h = bp.Value(rng.normal(size=(4, 1)), name="x", requires_grad=False)
    for k in range(1, 8):
        with bp.scope(f"layer {k}"):
            h = bp.sigmoid(bp.Value(rng.normal(size=(4, 4)), name=f"w_{k}") @ h)
    with bp.scope("loss"):
        loss = bp.named(np.sum(h**2) / 2, "loss")
    loss.backward()
    return loss


def recurrent() -> bp.Value:
    """Differentiate such a state."""
    w, b, h = (bp.Value(v, name=n) for v, n in ((0.7, "w"), (0.1, "b"), (0.5, "h_0")))
    for _ in range(60):
        h = np.tanh(w * h + b)
    h.backward()
    return h


def state_of(params: dict[str, Any]) -> Any:
    """Compute a state sixty times from itself."""
    h = 0.5
    for _ in range(60):
        h = np.tanh(params["w"] * h + params["b"])
    return h


def net(params: dict[str, np.ndarray]) -> bp.Value:
    """Compute the loss of the 7-6-5-2 net, with named inputs, and differentiate it."""
    values = {name: bp.Value(a, name=name) for name, a in params.items()}
    x = bp.Value(bp.net7652.SAMPLE, name="x", requires_grad=False)
    t = bp.Value(bp.net7652.TARGET, name="t", requires_grad=False)
    loss = bp.net7652.loss(values, x, t)
    loss.backward()
    return loss


def live_pages(folder: Path) -> None:
    """Write the pages that the documentation leads to: a neuron, and the net with a mistake.

    On that of the net there are more mistakes to be found.
    """
    bp.explore(neuron(), folder / "neuron.html", title="A neuron")
    made = bp.exercises(bp.net7652.loss, bp.net7652.initial_parameters(), count=5)
    net_page(folder / "net.html", made)


def net_page(path: Path, exercises: Sequence[bp.Exercise] = ()) -> None:
    """Write the page of the 7-6-5-2 net with the notebook's mistake."""
    params = bp.net7652.initial_parameters()
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    comparison = bp.compare(bp.net7652.loss, params, wrong)
    bp.explore(
        net(params), path, title="The 7-6-5-2 net", comparison=comparison, exercises=exercises
    )


def screens(folder: Path = IMAGES) -> None:
    """Take pictures of the page: a step, a loop, and on a phone in the dark a question."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, TemporaryDirectory() as temporary:
        net_file, loop_file = Path(temporary, "net.html"), Path(temporary, "loop.html")
        net_page(net_file)
        bp.explore(state_of, loop_file, params={"w": 0.7, "b": 0.1}, title="Sixty passes")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[] if os.geteuid() else ["--no-sandbox"],
        )
        for name, file, width, height, scheme, find in (
            ("explore", net_file, 1280, 860, "light", "out_h2"),
            ("explore-dark", net_file, 1280, 860, "dark", "out_h2"),
            ("explore-phone", net_file, 360, 740, "dark", "out_o"),
            ("explore-loop", loop_file, 1280, 700, "light", "h_33"),
            ("explore-loop-dark", loop_file, 1280, 700, "dark", "h_33"),
        ):
            tab = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            tab.goto(file.as_uri())
            if name.endswith("phone"):
                tab.locator("#lesson").click()
            tab.locator("body").press("End")
            tab.locator("#find").fill(find)
            tab.locator("#find").press("Enter")
            tab.locator("#find").fill("")
            tab.locator("body").click(position={"x": 5, "y": 5})
            save(tab.screenshot(), folder / f"{name}.png")
        browser.close()


def save(picture: bytes, path: Path) -> None:
    """Keep a picture in as many colours as it needs."""
    from PIL import Image

    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main()
    moving()
    if shutil.which("chromium"):
        screens()
    else:
        print("No pictures of the page: Chromium is not installed.")
