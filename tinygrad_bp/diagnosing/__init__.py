"""Why a hand-derived gradient is wrong: where the mistake was made, and which one."""

from .diagnosis import Diagnosis

__all__ = ["Diagnosis"]
