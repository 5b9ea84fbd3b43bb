"""A bar is shown for what takes longer than a second, where somebody looks on."""

import sys
from threading import Event

import tinygrad_bp as bp
from tinygrad_bp import waiting


def test_no_bar_is_shown_where_nobody_looks(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setattr("rich.progress.Progress.__init__", None)
    with waiting.shown_after_a_second("nothing"):
        pass
    assert capsys.readouterr().err == ""


def test_a_short_wait_leaves_no_trace_in_a_notebook(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    with waiting.shown_after_a_second("a moment"):
        pass
    assert capsys.readouterr() == ("", "")


def test_a_long_wait_shows_a_bar_in_a_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr(waiting, "_SECONDS", 0.0)
    started = Event()
    monkeypatch.setattr("rich.progress.Progress.start", lambda bar: started.set())
    with waiting.shown_after_a_second("comparing"):
        assert started.wait(10)


def test_drawing_waits_with_a_bar(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr(waiting, "_SECONDS", 0.0)
    said = []
    monkeypatch.setattr(
        "rich.progress.Progress.add_task", lambda bar, what, total: said.append(what)
    )
    monkeypatch.setattr("rich.progress.Progress.start", lambda bar: None)
    bp.draw(bp.Value(1.0)).pipe("svg")
    assert said == ["drawing svg"]


def test_one_bar_at_a_time(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    said = []
    monkeypatch.setattr(
        "rich.progress.Progress.add_task", lambda bar, what, total: said.append(what)
    )
    for _ in range(2):
        bp.explore(bp.exp(bp.Value(1.0)))
    assert said == ["making a page", "making a page"]
