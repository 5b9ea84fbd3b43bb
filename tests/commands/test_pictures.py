"""Pictures of a user's file are shown nowhere and hold nothing up."""

import subprocess
import sys

import pytest

pytest.importorskip("matplotlib")

PROGRAM = """
import tinygrad_bp.commands.pictures as pictures
pictures.show_no_pictures()
import matplotlib
matplotlib.use("TkAgg")
import matplotlib.pyplot as plt
plt.switch_backend("QtAgg")
plt.ion()
plt.plot([1, 2])
plt.pause(1e6)
plt.show(block=True)
print(matplotlib.get_backend().lower())
"""


def test_windows_are_not_opened_and_not_waited_for():
    done = subprocess.run(
        [sys.executable, "-W", "error:::__main__", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("agg\n", "")
