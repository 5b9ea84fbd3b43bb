"""What was measured with what, and on what."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["machine"]


def machine() -> str:
    libraries = ", ".join(
        f"{name} {found}" for name in ("numpy", "torch", "autograd") if (found := _version(name))
    )
    return (
        f"Python {platform.python_version()}, {libraries}; {_processor()}, "
        f"{os.cpu_count()} cores, of which one is used; {platform.system()} {platform.machine()}."
    )


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown processor")
