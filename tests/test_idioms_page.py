"""The page of idioms is what comes of them."""

import importlib.util
from pathlib import Path

import pytest

from tests.idioms.idiom import Idiom

SCRIPT = Path(__file__).parent.parent / "docs" / "idioms.py"
spec = importlib.util.spec_from_file_location("idioms_page", SCRIPT)
page = importlib.util.module_from_spec(spec)
spec.loader.exec_module(page)

SOURCE = """
def loss(v):
    if hasattr(v, "backward") and {refused}:
        raise TypeError("use a | b")
    return np.sum(np.sin(v))
"""


def test_the_page_is_what_the_script_makes():
    pytest.importorskip("scipy")
    assert page.page() == page.PAGE.read_text(encoding="utf-8"), "run python docs/idioms.py"


def test_readme_counts_as_the_page_does():
    written, readme = (path.read_text(encoding="utf-8") for path in (page.PAGE, page.README))
    assert page.with_counts_of(written, readme) == readme, "run python docs/idioms.py"
    other = (
        "Of 10 idioms 5 run, 3 are refused and told what to write instead, and 2 is still to be "
        "served."
    )
    assert "Of 10 ways to write a loss that we collected, 5" in page.with_counts_of(other, readme)


def test_every_status(tmp_path):
    runs = Idiom("runs", SOURCE.format(refused=False))
    refused = Idiom("refused", SOURCE.format(refused=True), refused="use a")
    neither = Idiom("neither", SOURCE.format(refused=True))
    assert page.status(runs, tmp_path) == ("yes", "`sin`, `sum`")
    assert page.status(refused, tmp_path) == ("refused", "the message names `use a`")
    assert page.status(neither, tmp_path) == ("not yet", "")
