"""What docs and README quote and show is there."""

import doctest
import importlib.util
import re
import runpy
import tomllib
from pathlib import Path

import pytest

import tinygrad_bp as bp
from benchmarks.__main__ import BENCHMARKS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def pictures():
    """The script that makes the pictures."""
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    for target in links + re.findall(r"\bsrc(?:set)?=\"([^\"]*)\"", text):
        assert (page.parent / target).exists(), target


def test_the_rule_that_the_tour_quotes():
    quoted = re.search(r"```python\n(mul = .*?)```", (ROOT / "docs/tour.md").read_text(), re.S)
    assert quoted.group(1) in (ROOT / "tinygrad_bp/ops/arithmetic.py").read_text()


def test_the_pictures_are_those_that_the_script_makes(tmp_path, pictures):
    pictures.main(tmp_path)
    for picture in tmp_path.iterdir():
        committed = (ROOT / "docs/images" / picture.name).read_text(encoding="utf-8")
        assert words(committed) == words(picture.read_text(encoding="utf-8")), picture.name


def words(svg):
    """Return the texts of a picture: places may differ between versions of the renderer."""
    return sorted(re.findall(r">([^<>\s][^<>]*)<", svg))


def test_the_moving_picture_is_that_of_the_script(tmp_path, pictures):
    pictures.moving(tmp_path)
    for name in ("stepping.svg", "stepping-dark.svg"):
        committed = (ROOT / "docs/images" / name).read_text(encoding="utf-8")
        drawn = (tmp_path / name).read_text(encoding="utf-8")
        assert words(committed) == words(drawn)
        assert keyframes(committed) == keyframes(drawn)


def keyframes(svg):
    return re.findall(r"@keyframes .*", svg)


# --- README --------------------------------------------------------------------------------------


def test_readme_prints_what_it_shows(capsys, tmp_path):
    text = README.read_text(encoding="utf-8")
    program = re.search(r"```python\n(.*?)```", text, re.S)[1]
    shown = re.search(r"```text\n(.*?)```", text, re.S)[1]
    file = tmp_path / "program.py"  # a report says which line of a file it is about
    file.write_text(program, encoding="utf-8")
    runpy.run_path(str(file))
    assert without_round_off(capsys.readouterr().out) == without_round_off(shown)


def without_round_off(text):
    """Return the words of a report without what differs between machines."""
    return re.sub(r"\d\.\de[-+]\d+|(?<=\.\d{10})\d+", "", text).split()


def test_readme_counts_functions_as_the_page_does():
    text = " ".join(README.read_text(encoding="utf-8").split())
    functions = (ROOT / "docs/numpy_functions.md").read_text(encoding="utf-8")
    table = re.search(r"\*\*all\*\* \| \*\*(\d+)", functions)
    assert f"[{table[1]} functions of NumPy]" in text


def test_readme_leads_to_the_addresses_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text, urls = README.read_text(encoding="utf-8"), project["urls"]
    assert f'git+{urls["Source"]}"' in text
    assert {*re.findall(r"https://[^\s)\"]*OWNER[^\s)\"]*", text)} == {
        urls["Source"],
        f"{urls['Documentation']}/live/neuron.html",
    }


def test_links_hold_on_a_package_index():
    pytest.importorskip("hatchling")
    import hatch_build

    assert doctest.testmod(hatch_build).failed == 0
    metadata = {"urls": {"Source": "https://example.org/x"}, "version": "1.2.3"}
    hatch_build.WholeAddresses(str(ROOT), {}).update(metadata)
    text = metadata["readme"]["text"]
    targets = re.findall(r"\]\(([^)]*)\)|\bsrc(?:set)?=\"([^\"]*)\"", text)
    at = re.compile(r"https://example.org/x/(blob|raw)/v1\.2\.3/(.*)")
    places = [at.fullmatch(link or picture) for link, picture in targets if ".io/" not in link]
    assert len(places) > 10
    assert all((ROOT / place[2]).exists() for place in places)
    assert {place[1] for place in places if "/images/" in place[2]} == {"raw"}


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
