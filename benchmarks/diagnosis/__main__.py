"""Ask about the whole corpus, and write the report."""

import os

# Read when NumPy is first imported, so it stands before the imports.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import sys
from pathlib import Path

from .nets import NETS
from .programs import POINTS
from .report import Corpus, measured, report

QUICK = Corpus(nets=tuple(NETS)[5:6], points=POINTS[:1], doubles=4, others=4)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small part of it, a few seconds")
    parser.add_argument("--every", type=int, default=1, help="ask about one program in so many")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the report here too")
    options = parser.parse_args(arguments)
    corpus = QUICK if options.quick else Corpus(every=options.every)
    text = report(measured(corpus, lambda line: print(line, file=sys.stderr)), corpus)
    if options.quick:
        text = f"QUICK: a small part, to see that it runs.\n\n{text}"
    print(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
