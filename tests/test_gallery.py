"""The gallery of mistakes: its programs are answered as the page says, and rightly."""

import importlib.util
import runpy
from pathlib import Path

import pytest

import tinygrad_bp as bp
from tests.benchmarks.test_diagnosis_corpus import IDENTIFIERS

SCRIPT = Path(__file__).parent.parent / "docs" / "gallery.py"
spec = importlib.util.spec_from_file_location("gallery", SCRIPT)
gallery = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gallery)


def test_the_page_is_what_the_script_makes():
    assert gallery.PAGE.read_text(encoding="utf-8") == gallery.page(), "run python docs/gallery.py"


def test_every_mistake_of_the_catalogue_has_a_program():
    assert {gallery.identifier(path) for path in gallery.PROGRAMS} == {*IDENTIFIERS, "unexplained"}


@pytest.mark.parametrize("path", gallery.PROGRAMS, ids=gallery.identifier)
def test_the_answer_names_the_mistake(path):
    comparison = gallery.compared(path)
    assert not comparison.ok
    (diagnosis,) = comparison.diagnosis
    assert gallery.identifier(path) in (diagnosis.mistake, *diagnosis.alternatives)


@pytest.mark.parametrize("path", gallery.PROGRAMS, ids=gallery.identifier)
def test_without_the_mistake_the_program_is_right(path):
    program = runpy.run_path(str(path))
    right = corrected(path)
    comparison = bp.compare(program["loss"], program["params"], right["manual_gradients"])
    assert comparison.ok, str(comparison)
    assert comparison.diagnosis == []


def corrected(path):
    """Run a program with its wrong line made right, as the comment says."""
    text = path.read_text(encoding="utf-8")
    (wrong,) = (line for line in text.splitlines() if "# MISTAKE: " in line)
    code, right = wrong.split("  # MISTAKE: ")
    space = {}
    exec(text.replace(wrong, f"{code.split(' = ')[0]} = {right}"), space)
    return space
