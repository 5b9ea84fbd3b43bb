"""Backward passes as courses, papers and kernels have them, and the mistakes people make in them.

Four folders of plain NumPy files that know nothing of this package, written by hand:

- ``programs``: nets, layers, losses, statistics and physics, each with the right backward pass and
  the wrong ones that a learner would write;
- ``public``: mistakes that public threads describe, derived anew from what they say;
- ``kernels``: a forward with its inputs, an upstream gradient, and backward outputs;
- ``unseen``: programs as the first, written when the search was made, and counted at first sight.

A kernel defines ``inputs``, ``forward(inputs)``, ``upstream`` and ``backward(inputs, upstream,
mistake=None)``; every other file ``params``, ``loss(params)`` and ``manual_gradients(params,
mistake=None)``. ``MISTAKES`` says of each mistake, under the words that stand at
its line, which identifiers name it rightly, the exact one first, and which variables of the file it
is about. A function ``right_...(params)`` is one more backward pass
that is right, in other words. ``python -m benchmarks.coursework`` asks the package about all of
them.
"""
