"""The demo's results as a page that is read in a minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ...checking import Comparison
    from ...net7652 import History


@dataclass(frozen=True)
class Results:
    """What the demo found.

    Attributes
    ----------
    right, notebook : Comparison
        The manual gradients against automatic and numeric ones: in the right order, and in the
        notebook's own, which updates weights before it propagates the error through them.
    central : Comparison
        The notebook's order against central differences, the notebook's own numeric side.
    histories : dict of History
        Training with the right gradients, by name of the optimiser; with ", biases fixed" behind
        it where biases were not trained.
    printed : dict of History
        Training in the notebook's order, whose results the notebook prints.
    """

    right: Comparison
    notebook: Comparison
    central: Comparison
    histories: dict[str, History]
    printed: dict[str, History]


NAMES = {"gd": "GD", "momentum": "momentum", "adam": "Adam"}


def summary(results: Results) -> str:
    """Write the summary in Markdown."""
    return f"""# The 7-6-5-2 net, end to end

Seven inputs, six relu units, five sigmoid units, two sigmoid outputs; one sample, loss
sum((t - o)²) / 2. The graph, with every value and gradient: `graph.svg`, `graph.png`. Step by
step in a browser, with the notebook's gradients beside the right ones: `explore.html`.

## Is the hand-written backward pass right?

Each of its {len(results.right.entries)} gradients against the automatic and the numeric one
(numeric side: {results.right.numeric_method}):

| order | layer 3 | layer 2 | layer 1 | entries wrong |
|---|---|---|---|---|
| propagate, then update | {_verdicts(results.right)} |
| update, then propagate (the notebook's) | {_verdicts(results.notebook)} |

The notebook adds the optimiser's step to w_3, and to w_2, *before* it propagates the error
through them: layers 2 and 1 then mix new weights with the old forward pass. Its own check divides
by max(a, b) without absolute values, so {_pass_unseen(results.notebook)} of the
{_wrong(results.notebook)} wrong entries, the negative ones, still print "Correct!" there.

`compare` finds that cause in the numbers alone:

{_diagnosis(results.notebook)}

First entries as the notebook prints them (its order, central differences):

{_first_entries(results.central)}

Every entry: `gradients.txt`, `gradients-notebook-order.txt`, and both as JSON.

## How fast do the optimisers learn?

Epochs until both |t - o| are below 1e-4, for the first time and until the end of training, since
momentum and Adam swing back (right gradients; 2000 epochs, 3000 for GD with fixed biases):

{epochs_table(results.histories)}

## What the notebook prints

Trained in its own order of updating, after 2000 epochs:

{_as_printed(results.printed)}
Adam after its first 200 epochs: t - o = {_array(results.printed["adam"].residuals[200].ravel())}.

The right order beside it:

{_as_printed(results.histories)}
## Plots

Histories of w_1[1] and b_1[1] and of their gradients, in `plots/`:

- `losses.png`: the losses of the three optimisers, laid over each other
- `gd-values-and-gradients.png`, and `gd-without-biases.png`: without training biases the
  gradients of w_1 take longer to die away
- `adam-beside-gd.png`, `adam-first-200-epochs.png`, `adam-m-v-update.png`
- `momentum-beside-gd.png`, `momentum-first-200-epochs.png`
"""


def _verdicts(comparison: Comparison) -> str:
    layers = []
    for layer in "321":
        rows = [row for row in comparison.rows if row.name.endswith(layer)]
        layers.append("wrong" if any(row.verdict == "wrong" for row in rows) else "correct")
    return " | ".join([*layers, f"{_wrong(comparison)} of {len(comparison.entries)}"])


def _diagnosis(comparison: Comparison) -> str:
    """Write what each mistake is, and the line of the derived backward pass that is right."""
    lines = []
    for found in comparison.diagnosis:
        rate = "" if found.learning_rate is None else f", learning rate {found.learning_rate:.6g}"
        lines.append(f"- **{found.mistake}** at {found.node}{rate}. {found.explanation}")
        lines.append(f"  {found.fix} The right step: `{found.line}`")
    return "\n".join(lines)


def _wrong(comparison: Comparison) -> int:
    return sum(entry.verdict == "wrong" for entry in comparison.entries)


def _pass_unseen(comparison: Comparison) -> int:
    """Count the wrong entries that pass a relative error without absolute values."""
    return sum(
        entry.verdict == "wrong" and max(entry.manual or 0.0, entry.numeric or 0.0) < 0
        for entry in comparison.entries
    )


def _first_entries(comparison: Comparison) -> str:
    lines = ["| layer | analytic | numeric |", "|---|---|---|"]
    for layer in (3, 2, 1):
        entries = [e for e in comparison.entries if e.name == f"w_{layer}" and e.manual]
        first = entries[0]
        lines.append(f"| {layer} | {first.manual:.16f} | {first.numeric:.16f} |")
    return "\n".join(lines)


def epochs_table(histories: dict[str, History]) -> str:
    """Write how many epochs each optimiser needs, and what share of GD's that is."""
    gd = histories["gd"].epochs_until()
    lines = [
        "| optimiser | first | lasting | of GD's epochs | biases fixed: first | lasting |",
        "|---|---|---|---|---|---|",
    ]
    for name, label in NAMES.items():
        first, last = (histories[name].epochs_until(lasting=lasting) for lasting in (False, True))
        fixed = histories[f"{name}, biases fixed"]
        shares = " to ".join(f"1/{gd / count:.0f}" for count in (first, last) if gd and count)
        cells = (
            label,
            _epochs(first),
            _epochs(last),
            "1" if name == "gd" else shares,
            _epochs(fixed.epochs_until()),
            _epochs(fixed.epochs_until(lasting=True)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def entries_table(comparison: Comparison) -> str:
    """Write every entry, layer 3, 2, 1, manual, automatic and numeric beside each other."""
    lines = [f"{'entry':10} {'manual':>24} {'automatic':>24} {'numeric':>24}  verdict"]
    for entry in comparison.entries:
        name = f"{entry.name}[{', '.join(map(str, entry.index))}]"
        numbers = (entry.manual, entry.automatic, entry.numeric)
        columns = " ".join(f"{number:24.16f}" for number in numbers)
        lines.append(f"{name:10} {columns}  {entry.verdict}")
    return "\n".join(lines)


def _epochs(count: int | None) -> str:
    return "not reached" if count is None else str(count)


def _as_printed(histories: dict[str, Any]) -> str:
    text = ""
    for name, label in NAMES.items():
        history = histories[name]
        text += (
            f"- {label}: t - o = {_array(history.residual.ravel())}, "
            f"w_1[1] = {_array(history.params['w_1'][1])}\n"
        )
    return text


def _array(array: Any) -> str:
    """Write numbers as the notebook prints them: NumPy's default, without powers of ten."""
    return np.array2string(array, max_line_width=200, suppress_small=True)
