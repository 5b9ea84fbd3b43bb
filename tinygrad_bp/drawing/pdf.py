"""From SVG to PDF, where there is no system Graphviz that writes it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

_FALLBACK = "DejaVu Sans"


class MissingConverterError(Exception):
    """The packages of the extra ``pdf`` are not installed."""


def pdf_from_svg(svg: bytes) -> bytes:
    """Convert a picture to a page of its size, the same bytes for the same picture.

    Latin letters are in Helvetica, which every reader of PDF has. Texts with others are in DejaVu
    Sans, which is embedded; what that does not have either (such as Chinese) is drawn as boxes.

    Raises
    ------
    MissingConverterError
        If the packages that do it are not installed.
    """
    try:
        from matplotlib import get_data_path
        from reportlab.graphics import renderPDF
        from reportlab.pdfbase import pdfmetrics, ttfonts
        from reportlab.pdfgen.canvas import Canvas
        from svglib.svglib import svg2rlg
    except ImportError as error:
        raise MissingConverterError(str(error)) from error
    font = Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    pdfmetrics.registerFont(ttfonts.TTFont(_FALLBACK, str(font)))
    drawing = svg2rlg(BytesIO(svg))
    if drawing is None:
        raise ValueError("pdf_from_svg: this is no SVG")
    _with_fallback(drawing)
    page = BytesIO()
    canvas = Canvas(page, pagesize=(drawing.width, drawing.height), invariant=1)
    renderPDF.draw(drawing, canvas, 0, 0)
    canvas.save()
    return page.getvalue()


def _with_fallback(shape: Any) -> None:
    """Set the texts in the other font that have letters outside of Helvetica's."""
    stack = [shape]
    while stack:
        shape = stack.pop()
        stack.extend(getattr(shape, "contents", ()))
        text = getattr(shape, "text", "")
        if text and text.encode("cp1252", "ignore").decode("cp1252") != text:
            shape.fontName = _FALLBACK
            shape.fontSize *= 0.88  # the wider letters take no more room
