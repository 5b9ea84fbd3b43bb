"""The count of work tells linear from quadratic, and does not depend on the machine."""

from tests.work import growth, work


def linear(n):
    return [abs(k) for k in range(n)]


def quadratic(n):
    return [linear(n) for _ in range(n)]


def test_what_grows_faster_is_seen():
    assert 0.9 < growth(linear, 100, 1000) < 1.1
    assert growth(quadratic, 10, 100) > 5


def test_the_same_work_is_the_same_number():
    assert work(lambda: linear(50)) == work(lambda: linear(50)) > 50
