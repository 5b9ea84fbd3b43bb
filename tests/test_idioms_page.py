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


def test_every_status(tmp_path):
    runs = Idiom("runs", SOURCE.format(refused=False))
    refused = Idiom("refused", SOURCE.format(refused=True), refused="use a")
    neither = Idiom("neither", SOURCE.format(refused=True))
    assert page.status(runs, tmp_path) == ("yes", "`sin`, `sum`")
    assert page.status(refused, tmp_path) == ("refused", "the message names `use a`")
    assert page.status(neither, tmp_path) == ("not yet", "")
