"""Make the pictures of README and docs: python docs/pictures.py.

Those of the page that steps through backpropagation are taken in Chromium.
"""

import os
import runpy
import shutil
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import tinygrad_bp as bp

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"


def main(folder: Path = IMAGES) -> None:
    neuron = runpy.run_path(str(ROOT / "examples" / "scalar_graph.py"))["neuron"]()
    bp.draw(neuron, folder / "neuron.svg", direction="LR")

    loss = net7652()
    loss.backward(retain_grads=True)
    bp.draw(loss, folder / "net7652.svg")


def net7652():
    """Compute the loss of the notebook's net, with names for all leaves."""
    params = {name: bp.Value(a, name=name) for name, a in bp.net7652.initial_parameters().items()}
    x = bp.Value(bp.net7652.SAMPLE, name="x", requires_grad=False)
    t = bp.Value(bp.net7652.TARGET, name="t", requires_grad=False)
    return bp.net7652.loss(params, x, t)


def screens(folder: Path = IMAGES) -> None:
    """Take pictures of the page: a step, and the same on a phone in the dark as a question."""
    from playwright.sync_api import sync_playwright

    params = bp.net7652.initial_parameters()
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    page = bp.explore(
        net7652(), title="The 7-6-5-2 net", comparison=bp.compare(bp.net7652.loss, params, wrong)
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
