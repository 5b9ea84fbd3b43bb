"""The tool that repeats jobs: each of them runs, and a leak is seen."""

import numpy as np
import pytest

from benchmarks.soak import JOBS, main, thread_results, watch


@pytest.mark.parametrize("job", JOBS)
def test_each_job_runs(job):
    step = JOBS[job][0]()
    step()
    step()


def test_a_leak_is_seen():
    kept = []
    assert watch("leaks", lambda: kept.append([object(), object()]), 500).leaks
    assert not watch("is flat", object, 500).leaks


def test_threads_come_to_what_one_comes_to():
    alone, *together = thread_results(3, 1) + thread_results(3, 4)
    for other in together:
        for a, b in zip(alone, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_exit_status_says_whether_something_leaks(monkeypatch, capsys):
    kept = []
    monkeypatch.setitem(JOBS, "eager", (lambda: lambda: kept.append([object(), object()]), 2000))
    assert main(["--only", "eager", "--size", "0.1"]) == 1
    assert "| NO |" in capsys.readouterr().out
