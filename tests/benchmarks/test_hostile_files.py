"""Random files that do things: what is written runs, and what should not be is complained about."""

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from benchmarks.hostile_files import (
    DEEDS,
    MARK,
    Watched,
    change_character,
    end_orphans,
    main,
    watch,
    write,
)

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")


def written(deed, seed=0):
    return next(filter(None, (write(np.random.default_rng([seed, k]), deed) for k in range(20))))


@pytest.mark.parametrize("deed", DEEDS)
def test_what_is_written_is_a_program(deed):
    compile(written(deed).text, "net.py", "exec")
    assert written(deed).allowed <= {0, 1, 2}


def test_right_and_wrong_gradients_are_written():
    assert {write(np.random.default_rng(k), "nothing").allowed for k in (2, 3, 4, 6)} == {
        frozenset({0}),
        frozenset({1}),
    }


def test_a_character_is_changed():
    before = written("nothing")
    after = change_character(np.random.default_rng(1), before)
    assert after.text != before.text
    assert after.allowed == {0, 1, 2}


@LINUX
def test_files_are_checked():
    watched = watch(["raises"], 3, 1e-9)
    assert not watched.statuses
    watched = watch(["leaves a child"], 3, 0.005)
    assert not watched.complaints
    assert sum(watched.statuses["leaves a child"].values()) >= 1
    assert MARK not in os.environ


def test_another_exit_status_and_an_orphan_are_complained_about():
    watched = Watched()
    watched.note(written("raises"), 2, "", 0)
    assert watched.statuses == {"raises": Counter({2: 1})}
    assert not watched.complaints
    watched.note(written("raises"), 0, "", 1)
    assert len(watched.complaints) == 2


@LINUX
def test_orphans_are_found_and_ended():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(["cat"], env=os.environ | {MARK: "a"}, bufsize=0, **pipes) as process:
        process.stdin.write(b"\n")
        assert process.stdout.read(1) == b"\n"  # now its environment can be read
        assert end_orphans("b") == 0
        assert end_orphans("a") == 1
        assert process.wait() < 0


@LINUX
def test_the_command_counts(capsys):
    assert main(["--minutes", "0.02", "--only", "divides by zero"]) == 0
    assert "divides by zero: " in (said := capsys.readouterr().out)
    assert " x 2\n" in said
    assert "0 complaints" in said
