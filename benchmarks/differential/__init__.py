"""Random programs, judged beside other libraries: values, first and second derivatives, all ways.

A program is a few lines of NumPy's Python, drawn from `lines`: every row of the table of ops, the
forms of its arguments, operands of shape (), empty ones, views, assignments. The engine, the
derived source and the compilers run it, and so do JAX, HIPS autograd and PyTorch where they are
installed.
"""
