"""The report on the corpus, as Markdown."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from .judge import SETTINGS, Setting, Verdict, diagnose, judge
from .nets import NETS
from .pairs import pairs
from .programs import POINTS, Program, correct, doubles, singles, unknown

__all__ = ["Corpus", "Result", "measured", "report"]


@dataclass(frozen=True)
class Corpus:
    """How much of the corpus is asked about."""

    nets: tuple[str, ...] = tuple(NETS)
    points: tuple[str, ...] = POINTS
    doubles: int = 2500
    others: int | None = None
    every: int = 1

    def programs(self, setting: Setting) -> Iterator[Program]:
        """Yield what is asked: one in `every`, of all kinds."""
        yield from islice(self._all(setting), 0, None, self.every)

    def _all(self, setting: Setting) -> Iterator[Program]:
        """Yield all as a dictionary, and that at one point in the other settings."""
        everything = setting == "dictionary"
        points = self.points if everything else self.points[:1]
        yield from singles(self.nets, points)
        yield from doubles(self.doubles if everything else 0, self.nets)
        yield from islice(unknown(self.nets, points[:2]), self.others)
        yield from islice(correct(self.nets, points), self.others)


@dataclass(frozen=True)
class Result:
    program: Program
    setting: Setting
    verdict: Verdict


def measured(corpus: Corpus, note: Callable[[str], None] = lambda text: None) -> list[Result]:
    """Ask about every program of the corpus."""
    results = []
    for setting in SETTINGS:
        note(f"{setting} ...")
        for program in corpus.programs(setting):
            verdict = judge(program, diagnose(program, setting))
            results.append(Result(program, setting, verdict))
    return results


INTRO = """# How well mistakes are found

Made by `python -m benchmarks.diagnosis`; every number here is
counted by it, and it counts the same every time.

The corpus is a collection of hand-written backward passes in plain NumPy, made without the
diagnosis: {nets} nets, each mistake of the catalogue in each line where it can be made, at
{points} points{part}; pairs of mistakes in different lines; mistakes that nobody has a name for
(entries permuted, rounded, clipped, replaced by noise); and right backward passes, also in other
words (`h - h ** 2` for `h * (1 - h)`). Some mistakes do not show: a bias that is averaged over one
sample, a relu mask forgotten where all units are active. Their numbers are right, so they count
as correct programs. A difference is seen where numbers differ by more than 1e-7 of themselves.

What is handed over is **a dictionary** of gradients at one point; **a function** of the
parameters, which can be asked at other points; or a dictionary that has the gradients of
**intermediates** as well. The last two are asked for at the first point only.

- *right*: the one answer is the mistake that was made. *ambiguous*: it names that and others with
  the same numbers.
- *several*: there are more answers than mistakes, all true.
- *unexplained*: it says that it does not know.
- *refused*: shapes do not fit, and nothing is diagnosed.
- *missed*: wrong numbers are not called wrong.
- *false*: the one answer is a cause that is not there; with correct programs, they are called
  wrong. *partly false*: so is one of several answers.
- *place*: the node is one of those whose backward step the wrong line is, or the parameters are
  exactly those whose gradients are wrong.
"""


def report(results: Sequence[Result], corpus: Corpus) -> str:
    visible = [r for r in results if r.program.kind == "single" and r.program.visible]
    sections = [
        INTRO.format(
            nets=len(corpus.nets),
            points=len(corpus.points),
            part="" if corpus.every == 1 else f" (here one program in {corpus.every} of all kinds)",
        ),
        _goals(results, visible),
        "## By what is handed over\n\nMistakes made alone, those that show.\n",
        _table("handed over", visible, lambda r: r.setting),
        "## By mistake\n\nAll three settings together.\n",
        _table("mistake", visible, lambda r: r.program.mistakes[0].wrong.mistake),
        "## By net\n",
        _table("net", visible, lambda r: r.program.net.name),
        "\n".join(f"- **{n}**: {NETS[n].about}" for n in corpus.nets) + "\n",
        "## Two mistakes at once\n",
        _doubles(results),
        "## Mistakes without a name, and correct programs\n",
        _others(results),
        "## What cannot be told apart\n",
        _pairs(corpus),
        "## False answers\n",
        _falses(results),
    ]
    return "\n".join(sections)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


def _count(results: Iterable[Result], *outcomes: str) -> int:
    return sum(r.verdict.outcome in outcomes for r in results)


def _goals(results: Sequence[Result], visible: Sequence[Result]) -> str:
    found = _count(visible, "right", "ambiguous")
    right = [r for r in results if not r.program.visible]
    wrong = [r for r in results if r.program.visible]
    false = _count(wrong, "false")
    called = _count(right, "false")
    rows = [
        ("mistakes made alone that show: named right, or among those that it could be",
         _share(found, len(visible)), "≥ 97 %", found >= 0.97 * len(visible)),
        ("false answers that name one cause, of all answers",
         _share(false + called, len(results)), "≤ 0.2 %", false + called <= 0.002 * len(results)),
        ("correct programs that are called wrong", f"{called} of {len(right)}", "0", called == 0),
    ]  # fmt: skip
    lines = ["| | measured | goal | met |", "|---|---|---|---|"]
    lines += [f"| {a} | {b} | {c} | {'yes' if met else 'NO'} |" for a, b, c, met in rows]
    return "\n".join(lines) + "\n"


def _table(title: str, results: Sequence[Result], key: Callable[[Result], str]) -> str:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)
    outcomes = (
        "right",
        "ambiguous",
        "several",
        "unexplained",
        "refused",
        "missed",
        "partly false",
        "false",
    )
    head = [title, "answers", "right or ambiguous", "first right", "place right", *outcomes]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, group in [*groups.items(), ("**all**", list(results))]:
        cells = [
            name,
            str(len(group)),
            _share(_count(group, "right", "ambiguous"), len(group)),
            _share(sum(bool(r.verdict.first) for r in group), len(group)),
            _share(sum(bool(r.verdict.place) for r in group), len(group)),
            *(str(_count(group, outcome) or "") for outcome in outcomes),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _doubles(results: Sequence[Result]) -> str:
    group = [r for r in results if r.program.kind == "double" and r.program.visible]
    texts = {
        "both": "both are named",
        "part": "one is named, and nothing false",
        "right": "one of them does not show; the other is named",
        "ambiguous": "the same, among those that it could be",
        "several": "the same, with more answers than that",
        "same numbers": "named is one mistake that gives the very same numbers",
        "unexplained": "unexplained",
        "refused": "refused",
        "missed": "missed",
        "partly false": "of several answers one is false",
        "false": "false: one answer, and neither of the two",
    }
    lines = [
        f"{len(group)} pairs, as a dictionary at one point.\n",
        "| | programs | |",
        "|---|---|---|",
    ]
    for outcome, text in texts.items():
        if count := _count(group, outcome):
            lines.append(f"| {text} | {count} | {_share(count, len(group))} |")
    return "\n".join(lines) + "\n"


def _others(results: Sequence[Result]) -> str:
    lines = ["| | handed over | answers | right | false |", "|---|---|---|---|---|"]
    for text, wanted in (
        ("without a name", lambda p: p.kind == "unknown" and p.visible),
        ("correct", lambda p: p.kind == "correct"),
        ("mistakes that do not show", lambda p: p.kind != "correct" and not p.visible),
    ):
        for setting in SETTINGS:
            group = [r for r in results if r.setting == setting and wanted(r.program)]
            right, false = _count(group, "right"), _count(group, "false")
            lines.append(f"| {text} | {setting} | {len(group)} | {right} | {false} |")
    return "\n".join(lines) + "\n"


SAME_TEXT = """Some lines have two names, because they are both mistakes; either counts as right:
{texts}

Of the mistakes of the corpus, compared with each other, these give the same gradients:
"""


def _pairs(corpus: Corpus) -> str:
    same = sorted(
        {
            tuple(sorted((program.mistakes[0].wrong.mistake, other)))
            for program in singles(corpus.nets, corpus.points[:1])
            for other in program.mistakes[0].wrong.also
        }
    )
    texts = "; ".join(f"`{one}` and `{other}`" for one, other in same)
    lines = [
        SAME_TEXT.format(texts=texts),
        "| one | other | nets: at every point | at some point | intermediates tell | for example |",
        "|---|---|---|---|---|---|",
    ]
    for (one, other), pair in sorted(pairs(corpus.nets).items()):
        tell = "yes" if pair.inner else "no"
        example = " / ".join(f"`{text}`" for text in pair.example)
        lines.append(
            f"| `{one}` | `{other}` | {len(pair.always)} | {len(pair.sometimes)} | {tell} "
            f"| {example} |"
        )
    lines.append(
        "\nA gradient that is not set to zero is told from a factor of 2 by a function: with every "
        "call its numbers grow."
    )
    return "\n".join(lines) + "\n"


def _falses(results: Sequence[Result]) -> str:
    found = Counter(
        (r.setting, _truth(r.program), r.verdict.answer.split(" at ")[0])
        for r in results
        if r.verdict.outcome in ("false", "partly false", "missed")
    )
    if not found:
        return "None.\n"
    lines = ["| programs | handed over | truth | answer |", "|---|---|---|---|"]
    for (setting, truth, answer), count in found.most_common(40):
        lines.append(f"| {count} | {setting} | {truth} | {answer.replace('|', ' or ')} |")
    if len(found) > 40:
        lines.append(f"\nand {len(found) - 40} more kinds.")
    return "\n".join(lines) + "\n"


def _truth(program: Program) -> str:
    made = " and ".join(m.wrong.mistake for m in program.mistakes)
    return made if program.visible and made else f"{program.kind}: {program.label or made}"[:80]
