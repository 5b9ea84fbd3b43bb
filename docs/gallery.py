"""Write docs/gallery.md: each mistake as a small program, and what the comparison answers.

Run ``python docs/gallery.py`` after a change in examples/mistakes or in what is answered.
"""

import ast
import math
import runpy
from pathlib import Path

import tinygrad_bp as bp
from tinygrad_bp.checking import Row

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "gallery.md"
PROGRAMS = sorted((ROOT / "examples" / "mistakes").glob("*.py"))

HEAD = """# A gallery of mistakes

Each mistake that the comparison knows by name, in a small program as people write it when they
derive a backward pass, and the answer. The programs are in `examples/mistakes`. `docs/gallery.py`
runs them and writes this page, and the tests run them again. The comment `# MISTAKE:` has the right
side of the line.

The answer comes from `bp.compare(loss, params, manual_gradients)`. It sees nothing but the loss and
the numbers of the manual gradient; nobody has read the code.

[How often the answer is right](diagnosis_report.md) is measured on programs written by hand.

{contents}
"""

SECTION = """## {identifier}

**{title}** {about}

```python
{code}
```

{answer}
"""


def identifier(path: Path) -> str:
    return path.stem.replace("_", "-")


def compared(path: Path) -> bp.Comparison:
    """Compare the gradients of a program."""
    program = runpy.run_path(str(path))
    return bp.compare(program["loss"], program["params"], program["manual_gradients"])


def section(path: Path) -> str:
    """Describe one program."""
    text = path.read_text(encoding="utf-8")
    doc = ast.get_docstring(ast.parse(text)) or ""
    title, _, about = doc.partition("\n\n")
    code = text.partition('"""\n')[2].strip()
    return SECTION.format(
        identifier=identifier(path), title=title, about=about, code=code, answer=answer(path)
    )


def answer(path: Path) -> str:
    """Write the wrong entries of the comparison, and its diagnosis."""
    comparison = compared(path)
    lines = ["| | wrong | for example | by hand | right | ratio |", "|---|---|---|---|---|---|"]
    lines += [numbers(comparison, row) for row in comparison.rows]
    lines.append("")
    for found in comparison.diagnosis:
        names = f"`{found.mistake}`"
        if found.as_likely:
            others = ", ".join(f"`{name}`" for name in found.as_likely)
            names += f" (or, with the same numbers, {others})"
        lines.append(f"> {names} at `{found.node}`. {found.explanation}\n>")
        lines.append(f"> *{found.fix}*")
        if found.yours:
            lines.append(f">\n> You computed: `{found.yours}`")
        if found.line:
            lines.append(f">\n> The right step: `{found.line}`")
    return "\n".join(lines)


def numbers(comparison: bp.Comparison, row: Row) -> str:
    """Write how many entries of a parameter are wrong, and the largest of them."""
    entries = [entry for entry in comparison.entries if entry.name == row.name]
    wrong = [entry for entry in entries if entry.verdict == "wrong"]
    if not wrong:
        return f"| `{row.name}` | | | | | |"
    entry = max(wrong, key=lambda entry: abs(entry.automatic))
    by_hand, ratio = f"{entry.manual:.4g}", f"{entry.manual / entry.automatic:.4g}"
    if math.isnan(entry.manual):
        by_hand, ratio = "of another shape", ""
    index = ", ".join(map(str, entry.index))
    return (
        f"| `{row.name}` | {len(wrong)} of {len(entries)} | `{row.name}[{index}]` "
        f"| {by_hand} | {entry.automatic:.4g} | {ratio} |"
    )


def page() -> str:
    contents = "\n".join(f"- [{identifier(path)}](#{identifier(path)})" for path in PROGRAMS)
    return "\n".join([HEAD.format(contents=contents), *map(section, PROGRAMS)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
