"""How tests run: how many examples, what is collected, and what a test needs.

Property tests draw 20 examples; HYPOTHESIS_PROFILE=thorough draws more of them.
"""

import gc
import os
import sys

import pytest
from hypothesis import settings

settings.register_profile("ci", max_examples=20, deadline=None)
settings.register_profile("thorough", max_examples=200, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

#: Packages of the extras, and what a doctest writes that cannot run without.
NEEDED = {
    "numba": ('backend="numba"',),
    "jax": ("import jax", 'backend="jax"', ".function"),
    "torch": ("import torch",),
    "matplotlib": ("plot_histories(", ".plot("),
}


# Some 300 processes are started: none of them shall compile again what another has compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# JAX runs hardly any program twice here: what XLA would spend on making it fast is lost.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

gc.disable()  # until all is collected


def pytest_collection_finish():
    """Let the garbage collector pass over the thousands of tests, which stay to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)  # compilers make many objects, and few that refer to each other
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    """Skip a doctest that needs a package which is not there."""
    if isinstance(item, pytest.DoctestItem):
        source = "".join(example.source for example in item.dtest.examples)
        for package, written in NEEDED.items():
            if any(text in source for text in written):
                pytest.importorskip(package)
