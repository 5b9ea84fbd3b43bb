"""What docs and README quote and show is there."""

import re
import runpy
from pathlib import Path

import pytest

import tinygrad_bp as bp
from benchmarks.__main__ import BENCHMARKS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    for target in links + re.findall(r"\bsrc(?:set)?=\"([^\"]*)\"", text):
        assert (page.parent / target).exists(), target


def test_the_rule_that_the_tour_quotes():
    quoted = re.search(r"```python\n(mul = .*?)```", (ROOT / "docs/tour.md").read_text(), re.S)
    assert quoted.group(1) in (ROOT / "tinygrad_bp/ops/arithmetic.py").read_text()


def test_the_pictures_are_those_that_the_script_makes(tmp_path):
    runpy.run_path(str(ROOT / "docs/pictures.py"))["main"](tmp_path)
    for picture in tmp_path.iterdir():
        committed = (ROOT / "docs/images" / picture.name).read_text(encoding="utf-8")
        assert words(committed) == words(picture.read_text(encoding="utf-8")), picture.name


def words(svg):
    """Return the texts of a picture: places may differ between versions of the renderer."""
    return sorted(re.findall(r">([^<>\s][^<>]*)<", svg))


def test_the_source_that_readme_shows():
    source = bp.derive(bp.net7652.loss, bp.net7652.initial_parameters()).source
    assert f"```python\n{source}```" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_benchmark_is_named():
    named = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/benchmarks.md").read_text(), re.M)
    assert sorted(named) == sorted(BENCHMARKS)


def test_every_public_name_is_in_the_reference():
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    whole = re.findall(r"automodule:: tinygrad_bp\.(\w+)", text)
    alone = re.findall(r"auto(?:function|class|exception):: ([\w.]+)", text)
    ops = re.search(r"The ops `(.*?)` are rows of the table", text, re.S)[1].split()
    known = {name.removeprefix("tinygrad_bp.") for name in alone} | {*whole, *ops}
    public = {*bp.__all__, *(f"drawing.{name}" for name in bp.drawing.__all__)}
    assert public - known - {"drawing", "drawing.draw"} == set()
