"""How much a call does, counted and not timed: other programs and other machines do not matter."""

import sys


def work(fun):
    """Return how many Python and C functions are called while `fun` runs."""
    count = 0

    def counting(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        fun()
    finally:
        sys.setprofile(before)
    return count


def growth(fun, small, large):
    """Return how many times the work grows from one size to another, for each unit of size."""
    return work(lambda: fun(large)) / work(lambda: fun(small)) * small / large
