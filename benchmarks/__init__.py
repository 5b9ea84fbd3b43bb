"""Speed and memory beside other libraries: ``python -m benchmarks``.

A benchmark is a module with a `TITLE` and a function ``rows(quick)``; `__main__` lists them.
"""
