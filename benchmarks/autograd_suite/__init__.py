"""HIPS autograd's own test suite, run on this package.

`python -m benchmarks.autograd_suite PATH` takes an unpacked source of autograd, such as the one
that `pip download --no-binary autograd --no-deps autograd` gives, and runs its tests with this
engine in autograd's place. Nothing of autograd is imported.
"""
