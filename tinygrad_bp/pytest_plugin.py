"""The pytest plugin: gradient checks as fixtures.

pytest loads it where the package is installed; ``-p no:tinygrad_bp`` keeps it out. What checks is
imported when a test first asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .checking import Comparison


@pytest.fixture
def assert_gradients() -> Callable[..., Comparison]:
    """Check a gradient: ``assert_gradients(fun, params, manual=None, **options)``.

    `tinygrad_bp.testing.assert_gradients_match`: where the gradients do not agree the test fails,
    and the table, with what is known of the cause, is the text of the failure.
    """
    from .testing import assert_gradients_match

    return assert_gradients_match


@pytest.fixture
def compare_gradients(request: pytest.FixtureRequest) -> Callable[..., Comparison]:
    """Compare gradients: ``compare_gradients(fun, params, manual=None, **options)``.

    `tinygrad_bp.compare`, for tests that look into the `Comparison`. Where the gradients do not
    agree and the test fails, the table is a section of its report.
    """
    from .checking import compare

    def compare_and_note(*args: Any, **options: Any) -> Comparison:
        comparison = compare(*args, **options)
        if not comparison:
            request.node.add_report_section("call", "gradients", str(comparison))
        return comparison

    return compare_and_note
