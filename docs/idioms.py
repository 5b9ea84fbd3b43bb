"""Make the page of idioms: python docs/idioms.py.

Every idiom of tests/idioms is run, by the engine and by NumPy, and what is on the page is what
came of it.
"""

import re
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the idioms are the tests' data

from tests.idioms.corpus import KINDS  # noqa: E402
from tests.idioms.idiom import Idiom, assert_does_what_is_said, becomes, losses  # noqa: E402

PAGE = ROOT / "docs" / "idioms.md"
README = ROOT / "README.md"
#: The sentence with the counts: of all, that run, that are refused, and that do neither.
COUNTS = r"(\bOf )\d+( (?:idioms|ways) .*?)\d+(\s+run, )\d+( are refused .*? and )\d+( is still)"
RUNS, REFUSED, NOT_YET = "yes", "refused", "not yet"

INTRODUCTION = """\
# Programs as people write them

Ways in which people write a loss, and whether they run in a file under `tinygrad-bp check`. One
that *runs* gives NumPy's number, and the gradient of finite differences; the table lists its ops,
each once, in the order of their computation. One that is *refused* raises an error that names
another way to write it. The whole functions are in `tests/idioms`. `python docs/idioms.py` runs
every one of them and makes this page; a test holds it true.
"""


def status(idiom: Idiom, folder: Path) -> tuple[str, str]:
    """Say whether an idiom runs, and what it becomes."""
    try:
        assert_does_what_is_said(idiom, folder)
    except Exception:  # of any kind: what people write fails in as many ways
        return NOT_YET, ""
    if idiom.refused:
        return REFUSED, f"the message names `{idiom.refused}`"
    _, loss = next(losses(idiom, folder))
    return RUNS, ", ".join(f"`{name}`" for name in becomes(loss))


def page() -> str:
    """Return the text of the page."""
    counts = dict.fromkeys((RUNS, REFUSED, NOT_YET), 0)
    sections = []
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        for kind in KINDS:
            rows = []
            for idiom in kind.IDIOMS:
                runs, what = status(idiom, Path(folder))
                counts[runs] += 1
                rows.append(f"| {idiom.name.replace('|', chr(92) + '|')} | {runs} | {what} |")
            head = f"## {kind.TITLE}\n\n| idiom | runs | what it becomes |\n|---|---|---|\n"
            sections.append(head + "\n".join(rows) + "\n")
    total = sum(counts.values())
    summary = (
        f"Of {total} idioms {counts[RUNS]} run, {counts[REFUSED]} are refused and told what to "
        f"write instead, and {counts[NOT_YET]} is still to be served.\n"
    )
    return "\n".join([INTRODUCTION, summary, *sections])


def with_counts_of(page: str, readme: str) -> str:
    """Say in README what the page says: how many run."""
    counts = re.findall(r"\d+", re.search(COUNTS, page, re.S)[0])
    return re.sub(COUNTS, r"\g<1>{}\g<2>{}\g<3>{}\g<4>{}\g<5>".format(*counts), readme, flags=re.S)


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    readme = with_counts_of(PAGE.read_text(encoding="utf-8"), README.read_text(encoding="utf-8"))
    README.write_text(readme, encoding="utf-8")


if __name__ == "__main__":
    main()
