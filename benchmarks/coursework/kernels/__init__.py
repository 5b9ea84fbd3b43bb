"""Kernels: a forward, an upstream gradient, and what a backward gives back."""
