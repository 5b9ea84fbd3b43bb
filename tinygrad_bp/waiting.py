"""A bar for what takes longer than a second, where somebody looks on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

_SECONDS = 1.0


@contextmanager
def shown_after_a_second(what: str) -> Iterator[None]:
    """Show a moving bar while the block lasts, from its second second on.

    Nothing is shown, no thread is started and nothing imported but in terminals and notebooks.
    """
    if not ((sys.stderr is not None and sys.stderr.isatty()) or "ipykernel" in sys.modules):
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
    timer = Timer(_SECONDS, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        # In a notebook, stopping a bar that was never started would print an empty line.
        if bar.live.is_started:
            bar.stop()
