"""Commands are tested in processes that are forked, except where the process is what is tested."""

import os

import pytest

from tinygrad_bp.commands import process

from . import warm


@pytest.fixture(scope="session")
def warm_process(tmp_path_factory):
    if not hasattr(os, "fork"):
        yield None
        return
    forking, address = warm.start(tmp_path_factory.mktemp("warm"))
    yield address
    forking.kill()
    forking.wait()
    forking.stdout.close()


@pytest.fixture(autouse=True)
def forked(request, monkeypatch):
    """Let a command fork its process, unless its tests are those of the process."""
    if request.node.path.stem != "test_process":
        address = request.getfixturevalue("warm_process")
        if address is not None:
            monkeypatch.setattr(process, "_start", lambda file: warm.Forked(address, file))
