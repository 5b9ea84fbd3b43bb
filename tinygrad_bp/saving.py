"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file to be written; it takes the place of an old one when the block has ended well.

    Until then it lies beside it under another name. A link stays a link, and an old file's
    permissions stay.

    Raises
    ------
    OSError
        If the folder is missing, or the file cannot be written. An old one is then as it was.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        kind = NotADirectoryError if target.parent.exists() else FileNotFoundError
        what = "is not a folder" if target.parent.exists() else "does not exist; make it first"
        raise kind(f"cannot write {os.fspath(path)}: {target.parent} {what}")
    if target.is_dir():
        raise IsADirectoryError(f"cannot write {os.fspath(path)}: it is a folder")
    beside = target.with_name(f".tinygrad-bp-{secrets.token_hex(8)}")
    try:
        with open(beside, "xb") as file:
            yield file
        if target.exists():
            shutil.copymode(target, beside)
        os.replace(beside, target)
    except OSError as error:
        raise type(error)(f"cannot write {os.fspath(path)}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            beside.unlink()


def write(path: str | os.PathLike[str], contents: bytes) -> None:
    """Write a file whole or not at all, see `whole_file`."""
    with whole_file(path) as file:
        file.write(contents)
