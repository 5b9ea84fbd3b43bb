"""Make the pictures of README and docs: python docs/pictures.py.

Those of the page that steps through backpropagation are taken in Chromium.
"""

import os
import runpy
import shutil
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import tinygrad_bp as bp

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"


def main(folder: Path = IMAGES) -> None:
    neuron = runpy.run_path(str(ROOT / "examples" / "scalar_graph.py"))["neuron"]()
    bp.draw(neuron, folder / "neuron.svg", direction="LR")

    x, w, b = (bp.Value(v, name=n) for n, v in (("x", 2.0), ("w", -3.0), ("b", 6.5)))
    y = bp.named(np.tanh(bp.named(w * x + b, "net")), "y")
    y.backward(retain_grads=True)
    bp.draw(y, folder / "neuron_backward.svg", backward=True, derivatives=True)

    params = bp.net7652.initial_parameters()
    loss = net(params)
    bp.draw(loss, folder / "net7652.svg")
    bp.draw(loss, folder / "folded.svg", depth=0, direction="LR")
    bp.draw(loss, folder / "gradients.svg", colours="gradients", theme="dark", direction="LR")
    bp.draw(loss, folder / "backward.svg", backward=True)
    bp.draw(loss, folder / "focus.svg", focus="out_h2", around="descendants", derivatives=True)
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    comparison = bp.compare(bp.net7652.loss, params, wrong)
    bp.draw(loss, folder / "mistake.svg", comparison=comparison)


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
