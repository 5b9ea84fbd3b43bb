"""What the documentation adds to Sphinx, seen in a page of a few lines."""

import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("furo")
pytest.importorskip("sphinx_copybutton")
build = pytest.importorskip("sphinx.cmd.build").build_main

DOCS = Path(__file__).parent.parent / "docs"
PAGE = """# A page

In a line $y^2$, and alone

$$
\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}
$$

![A neuron](images/wrong.svg)

```python
>>> 1 + 1
2

```
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A documentation of one page, built."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "images").mkdir()
    shutil.copy(DOCS / "images" / "wrong.svg", folder / "images")
    (folder / "index.md").write_text(PAGE, encoding="utf-8")
    options = ["-q", "-W", "-b", "html", "-D", "draw=0", "-c", str(DOCS)]
    assert build([*options, str(folder), str(folder / "built")]) == 0
    return folder / "built"


def test_formulas_are_mathml_and_need_no_network(built):
    page = (built / "index.html").read_text(encoding="utf-8")
    assert page.count("<math ") == 2
    assert "<msup>" in page
    assert "MathJax" not in page
    assert "://cdn" not in page


def test_a_picture_has_a_dark_twin(built):
    page = (built / "index.html").read_text(encoding="utf-8")
    assert '<img class="only-dark" src="dark/wrong.svg" alt="A neuron">' in page
    assert page.count("only-light") == 1


def test_prompts_are_not_copied(built):
    page = (built / "index.html").read_text(encoding="utf-8")
    assert '<span class="gp">&gt;&gt;&gt; </span>' in page
    assert re.search(r'<span class="go">2</span>\n</pre>', page)  # without the line below it
    script = (built / "_static" / "copybutton.js").read_text(encoding="utf-8")
    assert ".gp, .go" in script
