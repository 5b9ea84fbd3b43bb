"""What the documentation adds to Sphinx: formulas as MathML, dark pictures, live pages.

All of it is made by the build, and nothing of it needs a network.
"""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from pictures import IMAGES, live_pages, main
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of them."""
    app.add_html_math_renderer("mathml", (write_inline, None), (write_block, None))
    app.add_post_transform(DarkPictures)
    app.add_post_transform(TrimmedCode)
    app.add_config_value("draw", True, "html")  # -D draw=0 builds the texts alone
    app.connect("build-finished", write_beside)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# --- formulas -----------------------------------------------------------------------------------


def write_inline(writer: Any, node: nodes.Node) -> None:
    """Write a formula in a line of text."""
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def write_block(writer: Any, node: nodes.Node) -> None:
    """Write a formula that stands alone; a wide one is scrolled."""
    writer.body.append(f'<div class="math">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


# --- pictures in the dark -----------------------------------------------------------------------


class DarkPictures(SphinxPostTransform):
    """Puts the dark drawing beside each picture; the theme shows the one that fits."""

    default_priority = 400
    formats = ("html",)

    def run(self, **options: Any) -> None:
        """Put them there."""
        for image in self.document.findall(nodes.image):
            name = Path(image["uri"]).name
            if (IMAGES / name).exists():
                image["classes"].append("only-light")
                image.parent.insert(image.parent.index(image) + 1, dark_twin(image, name))


def dark_twin(image: nodes.Element, name: str) -> nodes.raw:
    """Return the same picture as it looks in the dark."""
    kept = {"src": f"dark/{name}", "alt": image.get("alt", ""), "width": image.get("width", "")}
    attributes = " ".join(f'{key}="{escape(each)}"' for key, each in kept.items() if each)
    return nodes.raw("", f'<img class="only-dark" {attributes}>', format="html")


# --- code ---------------------------------------------------------------------------------------


class TrimmedCode(SphinxPostTransform):
    """Takes the empty line away that ends a session, for doctest, and would end its box."""

    default_priority = 100

    def run(self, **options: Any) -> None:
        """Take it away; a block is highlighted while its source and its text are the same."""
        for block in self.document.findall(nodes.literal_block):
            if block.rawsource == block.astext():
                block.rawsource = block.rawsource.rstrip()
                block[:] = [nodes.Text(block.rawsource)]


# --- beside the pages ---------------------------------------------------------------------------


def write_beside(app: Sphinx, problem: Exception | None) -> None:
    """Write the dark pictures, and the live pages, beside the pages that show them."""
    if problem is not None or app.builder.format != "html" or not app.config.draw:
        return
    dark, live = (Path(app.outdir, name) for name in ("dark", "live"))
    for folder in (dark, live):
        folder.mkdir(exist_ok=True)
    main(dark, "dark")
    for picture in IMAGES.glob("*-dark.*"):
        shutil.copy(picture, dark / picture.name.replace("-dark", ""))
    live_pages(live)
