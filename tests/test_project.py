"""What the project says of itself in several places is the same in all of them."""

import re
import tomllib
from pathlib import Path

import tinygrad_bp as bp

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_ci_runs_on_every_version_of_python_that_is_promised():
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    matrix = re.search(r"python: \[(.*)\]", workflow)[1].replace('"', "").split(", ")
    promised = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d", c)]
    assert matrix == promised
    assert PROJECT["requires-python"] == f">={matrix[0]}"
    assert "run: .ci/run\n" in workflow


def test_the_changelog_begins_with_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(\d.*?)\]", changelog, re.M)[0] == bp.__version__


def test_steps_of_a_release_name_files_that_exist():
    for name in ("RELEASING.md", "SECURITY.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for path in re.findall(r"`([\w./]+\.(?:py|md|toml|yml))`", text):
            assert (ROOT / path).exists(), path
