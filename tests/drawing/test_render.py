import subprocess
import sys

import pytest

from tinygrad_bp.drawing import RenderError
from tinygrad_bp.drawing import render as rendering
from tinygrad_bp.drawing.render import render

SOURCE = "digraph { a -> b }"


def test_without_any_program_on_the_path(no_programs):
    assert render(SOURCE, "svg").startswith(b"<?xml")
    assert render(SOURCE, "png").startswith(b"\x89PNG\r\n\x1a\n")


def test_the_same_bytes_each_time():
    assert render(SOURCE, "svg") == render(SOURCE, "svg")
    assert render(SOURCE, "png") == render(SOURCE, "png")


def test_what_the_renderer_says_is_in_the_error():
    with pytest.raises(RenderError, match=r"graphviz-pure.*could not draw svg.*syntax error"):
        render("digraph { a -> ", "svg")


def test_a_time_limit():
    chained = " ".join(f"n{k} -> n{j}" for j in range(300) for k in range(j))
    with pytest.raises(RenderError, match=r"was stopped after 0.05 s.*time_limit="):
        render(f"digraph {{ {chained} }}", "svg", time_limit=0.05)


def test_pdf_without_a_system_dot(no_programs):
    page = render('digraph { a [label="∂ḡ/∂w é"] }', "pdf")
    assert page == render('digraph { a [label="∂ḡ/∂w é"] }', "pdf")
    assert b"DejaVuSans" in page
    assert b"DejaVuSans" not in render(SOURCE, "pdf")


def test_pdf_says_what_it_needs(no_programs, monkeypatch):
    monkeypatch.setitem(sys.modules, "svglib.svglib", None)
    with pytest.raises(RenderError, match=r"pip install 'tinygrad-bp\[pdf\]'.*`dot`.*\.svg"):
        render(SOURCE, "pdf")
    with pytest.raises(RenderError, match=r"ps needs the program `dot` of Graphviz"):
        render(SOURCE, "ps")


def test_no_renderer_at_all(no_programs, monkeypatch):
    monkeypatch.setattr(rendering, "_find_graphviz_pure", lambda: None)
    with pytest.raises(RenderError, match="pip install graphviz-pure"):
        render(SOURCE, "svg")


def test_a_renderer_that_cannot_be_started(monkeypatch, tmp_path):
    monkeypatch.setattr(rendering, "_find_graphviz_pure", lambda: str(tmp_path / "missing"))
    with pytest.raises(RenderError, match="could not be started"):
        render(SOURCE, "svg")


@pytest.mark.skipif(sys.platform == "win32", reason="a script with a shebang")
def test_a_system_dot_draws_what_the_embedded_renderer_cannot(monkeypatch, tmp_path):
    dot = tmp_path / "dot"
    dot.write_text('#!/bin/sh\nIFS= read -r line\nprintf "%%PDF %s %s" "$1" "$2"\n')
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render(SOURCE, "pdf") == b"%PDF -Kdot -Tpdf"


def test_the_embedded_renderer_is_the_one_that_was_installed():
    program = rendering._find_graphviz_pure()
    assert program is not None
    said = subprocess.run([program, "-V"], capture_output=True, check=True).stderr
    assert b"graphviz-pure" in said
