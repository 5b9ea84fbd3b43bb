"""Programs as people write them, and what `tinygrad-bp check` says of them.

`python -m benchmarks.programs` checks each as a user would. The programs stand in four folders: in
the style of CS231n, of who follows micrograd and makemore, of statisticians and of physicists. They
are written as such programs are, not as this package would have them; no formatter goes over them.
"""
