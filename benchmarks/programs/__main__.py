"""Check every program as a user would, and print what was said."""

import argparse
from collections import Counter

from .expected import PROGRAMS, Program
from .judge import Answer, ask, ask_here


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.programs", description=__doc__)
    parser.add_argument("--here", action="store_true", help="in this process, which is faster")
    parser.add_argument("--only", default="", metavar="TEXT", help="those with this in their name")
    options = parser.parse_args(arguments)
    programs = [program for program in PROGRAMS if options.only in program.name]
    print("| program | expected | said | as expected | seconds |\n|---|---|---|---|---|")
    counts: Counter[str] = Counter()
    for program in programs:
        answer = (ask_here if options.here else ask)(program)
        counts[outcome(program, answer)] += 1
        print(row(program, answer), flush=True)
    print()
    print(f"{len(programs)} programs: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
    return 0


def outcome(program: Program, answer: Answer) -> str:
    if answer.is_as_expected(program):
        return "as expected"
    return "refused" if answer.status == "error" else "with another verdict"


def row(program: Program, answer: Answer) -> str:
    said = answer.message or " ".join((answer.status, *answer.wrong))
    if len(said) > 120:
        said = said[:117] + "..."
    expected = " ".join((program.status, *program.wrong))
    yes = "yes" if answer.is_as_expected(program) else "NO"
    said = said.replace("|", "\\|")
    return f"| {program} | {expected} | {said} | {yes} | {answer.seconds:.1f} |"


if __name__ == "__main__":
    raise SystemExit(main())
