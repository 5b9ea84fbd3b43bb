"""Files are written whole or not at all."""

import os
import stat
import sys

import pytest

from tinygrad_bp import saving
from tinygrad_bp.saving import whole_file, write


def test_write_makes_and_replaces(tmp_path):
    path = tmp_path / "graph.svg"
    write(path, b"one")
    write(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["graph.svg"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_write_keeps_permissions_and_links(tmp_path):
    path, link = tmp_path / "graph.svg", tmp_path / "link.svg"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    write(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot write .*nowhere does not exist; make it"):
        write(tmp_path / "nowhere" / "graph.svg", b"")


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        write(tmp_path / "file" / "graph.svg", b"")


def test_a_file_that_is_a_folder(tmp_path):
    (tmp_path / "graph.svg").mkdir()
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        write(tmp_path / "graph.svg", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_a_folder_that_cannot_be_written(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("permissions do not stop this user, who is root")
        with pytest.raises(PermissionError, match=r"cannot write .*graph.svg"):
            write(folder / "graph.svg", b"")
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize("failing", ["open", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failing):
    path = tmp_path / "graph.svg"
    path.write_bytes(b"old")

    def fail(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    if failing == "open":
        monkeypatch.setattr(saving, "open", fail, raising=False)
    else:
        monkeypatch.setattr(saving.os, "replace", fail)
    with pytest.raises(PermissionError, match=r"cannot write .*graph.svg: Permission denied"):
        write(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["graph.svg"]


def test_what_fails_in_between_leaves_the_old_file(tmp_path):
    path = tmp_path / "graph.svg"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="no bytes"), whole_file(path) as file:
        raise ValueError("no bytes" if file.write(b"ne") else "")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["graph.svg"]
