"""What was written out, made fast: programs as straight-line NumPy, as loops, and on JAX."""
