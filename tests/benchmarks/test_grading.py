"""The tool that times grading writes submissions of every kind, and grades them."""

import os
import sys
from pathlib import Path

from benchmarks.grading import main, write_submissions


def test_submissions_are_right_wrong_and_endless(tmp_path):
    write_submissions(tmp_path, 100, mistakes=2)
    texts = [path.read_text() for path in sorted(tmp_path.glob("student_*.py"))]
    assert len(texts) == 100
    assert ["while True" in text for text in texts].index(True) == 99
    assert texts[9] == texts[19] != texts[0] != texts[1]


def test_they_are_graded(capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    main(["--count", "2", "--mistakes", "1"])
    first, second = capsys.readouterr().out.splitlines()
    assert first == "2 files: 2 wrong"
    assert "s of processor time" in second
