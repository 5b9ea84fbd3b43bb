"""Compiling: a traced program as fast code."""
