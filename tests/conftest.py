"""How many examples property tests draw: HYPOTHESIS_PROFILE=thorough for more of them."""

import os

from hypothesis import settings

settings.register_profile("ci", max_examples=20, deadline=None)
settings.register_profile("thorough", max_examples=200, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
