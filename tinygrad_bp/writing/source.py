"""The readable NumPy text of a program: a function that returns the value and the gradients."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

import numpy as np

from ..programs.program import Instruction, Kind, Program
from ..programs.trace import Traced
from ..programs.witnesses import TracingError
from ..trees import flatten
from .lines import Line, Lines, entries_of
from .literals import array_text, dtype_text
from .names import Names, as_identifier, one_line
from .numpy_text import Spelling

#: Larger arrays are arguments of the function in the text, which would be unreadable with them.
LARGEST_LITERAL = 1000
_WIDTH = 80


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text in parts, which `text` puts together."""

    name: str
    constants: Mapping[str, Any]
    helpers: Sequence[str]
    parameters: Sequence[str]
    body: Sequence[str]
    lines: Lines
    large: Mapping[str, Any] = field(default_factory=dict)

    def text(self, *, complete: bool = False) -> str:
        """Return the module.

        Parameters
        ----------
        complete : bool, optional
            Whether large arrays are written out, in hexadecimal, or are arguments.
        """
        imported = [f"import {name}" for name in modules_of([*self.helpers, *self.body])]
        head = [*imported, "import numpy as np", *_write_constants(self.constants)]
        parameters = list(self.parameters)
        if complete:
            head += [f"{name} = {_hexadecimal(array)}" for name, array in self.large.items()]
        elif self.large:
            parameters += ["*", *self.large]
        function = [f"def {self.name}({', '.join(parameters)}):", *_indent(self.body)]
        blocks = ["\n".join(head), *self.helpers, "\n".join(function)]
        return "\n\n".join(blocks) + "\n"


def write_source(
    traced: Traced, texts: Mapping[str, Spelling], like: Lines | None = None
) -> SourceText:
    """Write a traced function as text, with the names of another where it has the same steps.

    Raises
    ------
    TracingError
        If it is not known how an op, an option or a key of a dict is written.
    """
    entries = entries_of(traced.program, texts)
    helpers = helpers_of(entries)
    names = names_beside(helpers)
    name = names(f"{_title(traced.fun)}_and_gradients")
    signature = _Signature(traced, names)
    lines = Lines(traced.program, entries, names, signature.variables, like)
    large = {n: a for n, a in lines.constants.items() if a.size > LARGEST_LITERAL}
    ending = _break(_return(traced, lines))
    body = [*signature.unpacking, *_body(lines.assignments), *ending]
    return SourceText(
        name=name,
        constants={n: a for n, a in lines.constants.items() if n not in large},
        helpers=helpers,
        parameters=signature.parameters,
        body=body,
        lines=lines,
        large=large,
    )


def _title(fun: Any) -> str:
    name = getattr(fun, "__name__", "<lambda>")
    return "value" if name == "<lambda>" else as_identifier(name)


def helpers_of(entries: Mapping[int, Spelling]) -> list[str]:
    """Return the helpers that entries call, each once, in an order in which they can be defined."""
    blocks: dict[str, None] = {}
    for _, entry in sorted(entries.items()):
        blocks.update(dict.fromkeys(entry.helpers.values()))
    return list(blocks)


def modules_of(texts: Sequence[str]) -> list[str]:
    """Return which modules texts need beside NumPy."""
    found = re.findall(r"\b(math|scipy\.\w+)\.", "\n".join(texts))
    return sorted(set(found))


def names_beside(helpers: Sequence[str]) -> Names:
    """Return names that are neither NumPy's nor those of helpers."""
    return Names({"np", "math", "scipy", *re.findall(r"^def (\w+)", "\n".join(helpers), re.M)})


def _indent(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


# --- what goes in ------------------------------------------------------------------------------


class _Signature:
    """The parameters of the function, and the lines that take containers apart."""

    def __init__(self, traced: Traced, names: Names) -> None:
        program = traced.program
        self.variables: dict[int, str] = {}
        self.unpacking: list[str] = []
        chosen = {k: names(traced.parameters[k], f"argument_{k}") for k in traced.traced}
        self.parameters = list(chosen.values())
        places = iter(program.inputs)
        for k, parameter in chosen.items():
            self._unpack(traced.arguments[k], parameter, program, places, names)
        if program.seeds:
            seed = names("seed")
            self.parameters.append(seed)
            self._unpack(traced.value, seed, program, iter(program.seeds), names)

    def _unpack(
        self, tree: Any, parameter: str, program: Program, places: Iterator[int], names: Names
    ) -> None:
        accesses = list(_accesses(tree, ""))
        found = [next(places) for _ in accesses]
        if accesses == [""]:
            self.variables[found[0]] = parameter
            return
        wanted = [program.instructions[k].name or parameter for k in found]
        chosen = [names(each, parameter) for each in wanted]
        self.variables.update(zip(found, chosen, strict=True))
        self.unpacking += _write_unpacking(tree, parameter, chosen, accesses)


def _write_unpacking(
    tree: Any, parameter: str, names: Sequence[str], accesses: Sequence[str]
) -> list[str]:
    if not names:
        return []
    keys = [access[1:-1] for access in accesses]
    together = f"{', '.join(names)}{',' * (len(names) == 1)} = "
    if isinstance(tree, Mapping) and len(keys) == len(tree) > 1:
        line = f"{together}({parameter}[k] for k in ({', '.join(keys)}))"
    else:
        line = together + parameter
    flat = len(accesses) == len(tree) and not isinstance(tree, Mapping)
    if (flat or line.endswith("))")) and max(map(len, _break(line))) <= _WIDTH - 4:
        return _break(line)
    return [f"{name} = {parameter}{a}" for name, a in zip(names, accesses, strict=True)]


def _break(line: str) -> list[str]:
    """Break a line that is too long inside of the brackets that it ends with."""
    start = re.match(r"(return .*?, dict\(|return .*?, \(|[^(]*\()", line)
    if len(line) <= _WIDTH - 4 or start is None or not line.endswith(")"):
        return [line]
    inside = line[start.end() : -1]
    parts = [inside] if '"' in inside else wrap(inside, _WIDTH - 8, break_long_words=False)
    return [start[0], *_indent(parts), ")"]


def _accesses(tree: Any, path: str) -> Iterator[str]:
    """Write how each leaf of a container is reached: ``["layers"][0]``."""
    if isinstance(tree, Mapping):
        for key, item in tree.items():
            yield from _accesses(item, f"{path}[{_key(key)}]")
    elif isinstance(tree, list | tuple):
        for position, item in enumerate(tree):
            yield from _accesses(item, f"{path}[{position}]")
    else:
        yield path


def _key(key: Any) -> str:
    if isinstance(key, str):
        return _quote(key)
    if type(key) is int:
        return repr(key)
    raise TracingError(
        f"derive: the keys of dicts must be strings or integers to be written out, got {key!r:.80}"
    )


def _quote(text: str) -> str:
    plain = repr(str(text))
    return f'"{plain[1:-1]}"' if plain.startswith("'") and '"' not in plain else plain


# --- what is computed --------------------------------------------------------------------------


def _body(assignments: Sequence[Line]) -> Iterator[str]:
    """Write the lines, each group of a scope with a comment at its start."""
    before: tuple[bool, tuple[str, ...]] = (False, ())
    for line in assignments:
        backward = line.kind is Kind.BACKWARD
        text = f"{line.name} = {line.text}"
        group = (backward, line.scope)
        comment = one_line(" / ".join(line.scope))
        if backward:
            comment += ", backward" if comment else "backward"
        if group == before or not comment:
            yield text
        elif len(text) + len(comment) + 8 <= _WIDTH:
            yield f"{text}  # {comment}"
        else:
            yield f"# {comment}"
            yield text
        before = group


# --- what comes out ----------------------------------------------------------------------------


def _return(traced: Traced, lines: Lines) -> str:
    program = traced.program
    owned: set[int] = set()
    leaves = iter([_write_result(k, lines, owned) for k in program.outputs])
    value = _write_tree(traced.value, leaves)
    gradients = iter([_write_result(k, lines, owned) for k in program.gradients])
    trees = [_write_tree(traced.arguments[k], gradients) for k in traced.differentiated]
    together = trees[0] if traced.single else f"({', '.join(trees)}{',' * (len(trees) == 1)})"
    return f"return {value}, {together}"


def _write_result(position: int, lines: Lines, owned: set[int]) -> str:
    """Write what is returned, as memory of its own."""
    steps = lines.program.instructions
    step, expression = steps[position], lines.expression(position)
    if step.op is None and position not in lines.variables and step.shape == ():
        text = expression.text + (".0" if expression.text.lstrip("-").isdigit() else "")
        return f"np.float32({text})" if step.dtype == np.float32 else text
    memory = _memory(position, lines)
    copied = bool(memory & owned) or any(
        steps[k].op is None or _is_read_only(steps[k], lines) for k in memory
    )
    owned |= memory
    return f"+{expression.text}" if copied else expression.text


def _is_read_only(step: Instruction, lines: Lines) -> bool:
    """Return whether NumPy gives a view to read; one constant number is written as numpy.full."""
    op, steps = step.op, lines.program.instructions
    if op is None or not op.moves:
        return False
    source = steps[step.operands[0]]
    is_full = source.kind is Kind.CONSTANT and source.shape == ()
    return not is_full and not _try_moving(step, source)[1].flags.writeable


def _try_moving(step: Instruction, source: Instruction) -> tuple[Any, Any]:
    """Return an array like an operand, and what the text of an op that moves makes of it."""
    assert step.op is not None
    a = np.empty(source.shape, source.dtype)
    return a, np.asarray((step.op.numpy or step.op.forward)(a, **step.metadata))


def _memory(position: int, lines: Lines) -> set[int]:
    """Find the variables in whose memory a value may be."""
    steps = lines.program.instructions
    found: set[int] = set()
    stack = [position]
    while stack:
        k = stack.pop()
        op = steps[k].op
        if k in found or (op is None and k not in lines.variables):
            continue
        found.add(k)
        shows = op is not None and op.moves  # the text may give a view where the engine copies
        if steps[k].shares or (
            shows and np.may_share_memory(*_try_moving(steps[k], steps[steps[k].operands[0]]))
        ):
            stack.extend(steps[k].operands)
    return found


def _write_tree(tree: Any, leaves: Iterator[str]) -> str:
    """Write a container of names."""
    if isinstance(tree, Mapping):
        items = [(key, _write_tree(item, leaves)) for key, item in tree.items()]
        if all(isinstance(key, str) and as_identifier(key) == key for key, _ in items):
            return f"dict({', '.join(f'{key}={text}' for key, text in items)})"
        return "{" + ", ".join(f"{_key(key)}: {text}" for key, text in items) + "}"
    if isinstance(tree, tuple):
        texts = [_write_tree(item, leaves) for item in tree]
        return f"({', '.join(texts)}{',' * (len(texts) == 1)})"
    if isinstance(tree, list):
        return f"[{', '.join(_write_tree(item, leaves) for item in tree)}]"
    return next(leaves)


# --- arrays ------------------------------------------------------------------------------------


def write_assignment(name: str, tree: Any) -> str:
    """Write a container of arrays and numbers as an assignment.

    Examples
    --------
    >>> print(write_assignment("params", {"w": np.array([1.0, 2.5]), "b": 0.0}))
    params = dict(w=np.array([1.0, 2.5]), b=np.array(0.0))
    """
    texts = (_array_text(np.asarray(leaf)) for _, leaf in flatten(tree))
    return f"{name} = {_wrap_array(_write_tree(tree, texts), len(name) + 3)}"


def _array_text(array: Any) -> str:
    return array_text(array) if array.size <= LARGEST_LITERAL else _hexadecimal(array)


def _write_constants(constants: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {_wrap_array(array_text(a), len(name))}" for name, a in constants.items()]


def _wrap_array(text: str, used: int) -> str:
    """Break a long array between its elements; inside of brackets a line may end anywhere."""
    lines: list[str] = []
    line = ""
    for part in re.findall(r"\S+\s*", text):
        if len(line) + len(part) + (0 if lines else used) > _WIDTH - 4:
            lines.append(line.rstrip())
            line = ""
        line += part
    return "\n    ".join([*lines, line])


def _hexadecimal(array: Any) -> str:
    array = np.ascontiguousarray(array)
    array = array.astype(array.dtype.newbyteorder("<"))
    code, shape = array.dtype.str, array.shape
    text = f'np.frombuffer(bytes.fromhex("{array.tobytes().hex()}"), "{code}")'
    return f"{text}.reshape({shape}).astype({dtype_text(array.dtype.newbyteorder('='))})"
