"""Programs as functions of JAX: `backend`, and `function` for use inside of JAX."""

from .derived_text import array_type, as_function, build, build_loop

__all__ = ["array_type", "as_function", "build", "build_loop"]
