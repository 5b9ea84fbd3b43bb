"""Run the benchmarks, on one thread, and print one table."""

import os

# Read when NumPy and PyTorch are first imported, so it stands before the imports.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import sys
from pathlib import Path

from . import (
    compare_95,
    compile_jax,
    compile_numba,
    compiled,
    derivatives_95,
    diagnosis_95,
    import_time,
    long_chain,
    mlp_step,
    net7652_step,
)
from .machine import machine
from .report import HEADER, Row, table

BENCHMARKS = {
    "net7652": net7652_step,
    "chain": long_chain,
    "mlp": mlp_step,
    "jax": compile_jax,
    "import": import_time,
    "compare": compare_95,
    "diagnosis": diagnosis_95,
    "derivatives": derivatives_95,
    "compile": compiled,
    "numba": compile_numba,
}


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    rows: list[Row] = []
    for name in options.only or BENCHMARKS:
        print(f"{BENCHMARKS[name].TITLE} ...", file=sys.stderr, flush=True)
        rows += BENCHMARKS[name].rows(options.quick)
    text = f"{machine()}\n\n{HEADER}\n\n{table(rows)}\n"
    if options.quick:
        text = f"QUICK: tiny sizes, to see that it runs; the figures mean nothing.\n\n{text}"
    print(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=BENCHMARKS, help="run this one; may be repeated"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table here too")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, a few seconds")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
