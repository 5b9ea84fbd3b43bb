"""A bar for what takes longer than a second, where somebody looks on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

_SECONDS = 1.0
_waits_for: list[str] = []


@contextmanager
def shown_after_a_second(what: str) -> Iterator[None]:
    """Show a moving bar while the block lasts, from its second second on.

    Nothing is shown, no thread is started and nothing imported but in terminals and notebooks, and
    a block inside of another one waits with the bar of that.
    """
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    if _waits_for or not (is_terminal or "ipykernel" in sys.modules):
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.add_task(what, total=None)
    _waits_for.append(what)
    timer = Timer(_SECONDS, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        _waits_for.pop()
        timer.cancel()
        timer.join()
        # In a notebook, stopping a bar that was never started would print an empty line.
        if bar.live.is_started:
            bar.stop()
