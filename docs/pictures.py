"""Make the pictures of README and docs: python docs/pictures.py.

Those of the page that steps through backpropagation are taken in Chromium.
"""

import os
import runpy
import shutil
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import tinygrad_bp as bp

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"


def main(folder: Path = IMAGES) -> None:
    in_both_themes(folder)
    params = bp.net7652.initial_parameters()
    loss = net(params)
    bp.draw(loss, folder / "net7652.svg")
    bp.draw(loss, folder / "folded.svg", depth=0, direction="LR")
    bp.draw(vanishing(), folder / "gradients.svg", colours="gradients", theme="dark", depth=0)
    bp.draw(loss, folder / "backward.svg", backward=True)
    bp.draw(loss, folder / "focus.svg", focus="out_h2", around="descendants", derivatives=True)
    bp.draw(recurrent(), folder / "loop.svg", fold="loops", direction="LR")
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    comparison = bp.compare(bp.net7652.loss, params, wrong)
    bp.draw(loss, folder / "mistake.svg", comparison=comparison)


def in_both_themes(folder: Path) -> None:
    """Draw the pictures of README, which shows those that fit the reader's page."""
    neuron = runpy.run_path(str(ROOT / "examples" / "scalar_graph.py"))["neuron"]()

    x, w, b = (bp.Value(v, name=n) for n, v in (("x", 2.0), ("w", -3.0), ("b", 6.5)))
    y = bp.named(np.tanh(bp.named(w * x + b, "z")), "y")
    y.backward(retain_grads=True)

    a = np.array([[0.5, -1.0], [2.0, 0.3]])
    params = {"w": np.array([0.1, 0.2])}

    def loss(params: dict[str, Any]) -> Any:
        y = bp.named(np.tanh(a @ params["w"]), "y")
        return bp.named(np.sum(y**2), "loss")

    def by_hand(params: dict[str, Any]) -> dict[str, Any]:
        y = np.tanh(a @ params["w"])
        return {"w": a.T @ (2 * y * (1 - y))}

    comparison = bp.compare(loss, params, by_hand)
    value = loss({"w": bp.Value(params["w"], name="w")})
    value.backward(retain_grads=True)
    for theme, end in (("light", ""), ("dark", "-dark")):
        bp.draw(neuron, folder / f"neuron{end}.svg", theme=theme, direction="LR")
        bp.draw(
            y, folder / f"neuron_backward{end}.svg", theme=theme, backward=True, derivatives=True
        )
        bp.draw(
            value,
            folder / f"wrong{end}.svg",
            theme=theme,
            direction="LR",
            comparison=comparison,
        )


def vanishing() -> bp.Value:
    """Compute the loss of seven layers of sigmoids, through which little of a gradient comes."""
    rng = np.random.default_rng(0)
    h = bp.Value(rng.normal(size=(4, 1)), name="x", requires_grad=False)
    for k in range(1, 8):
        with bp.scope(f"layer {k}"):
            h = bp.sigmoid(bp.Value(rng.normal(size=(4, 4)), name=f"w_{k}") @ h)
    with bp.scope("loss"):
        loss = bp.named(np.sum(h**2) / 2, "loss")
    loss.backward(retain_grads=True)
    return loss


def recurrent() -> bp.Value:
    """Compute a state sixty times from itself."""
    w, b, h = (bp.Value(v, name=n) for v, n in ((0.7, "w"), (0.1, "b"), (0.5, "h_0")))
    for _ in range(60):
        h = np.tanh(w * h + b)
    h.backward()
    return h


def net(params: dict[str, np.ndarray]) -> bp.Value:
    """Compute the loss of the 7-6-5-2 net, with named inputs, and differentiate it."""
    values = {name: bp.Value(a, name=name) for name, a in params.items()}
    x = bp.Value(bp.net7652.SAMPLE, name="x", requires_grad=False)
    t = bp.Value(bp.net7652.TARGET, name="t", requires_grad=False)
    loss = bp.net7652.loss(values, x, t)
    loss.backward(retain_grads=True)
    return loss


def screens(folder: Path = IMAGES) -> None:
    """Take pictures of the page: a step, and the same on a phone in the dark as a question."""
    from playwright.sync_api import sync_playwright

    params = bp.net7652.initial_parameters()
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    page = bp.explore(
        net(params), title="The 7-6-5-2 net", comparison=bp.compare(bp.net7652.loss, params, wrong)
    )
    with sync_playwright() as playwright, TemporaryDirectory() as temporary:
        file = Path(temporary, "page.html")
        file.write_text(page.html, encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[] if os.geteuid() else ["--no-sandbox"],
        )
        for name, width, height, scheme, find in (
            ("explore", 1280, 860, "light", "out_h2"),
            ("explore-dark", 1280, 860, "dark", "out_h2"),
            ("explore-phone", 360, 740, "dark", "out_o"),
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
    if shutil.which("chromium"):
        screens()
    else:
        print("No pictures of the page: Chromium is not installed.")
