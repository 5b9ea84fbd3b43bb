"""Wrong backward passes of which the mistake is known, and how well it is found.

`lines` has what a line of a hand-written backward pass looks like, right and with each mistake;
`nets` writes the backward passes of several nets with them; `programs` makes the corpus; `judge`
compares a diagnosis with the truth; ``python -m benchmarks.diagnosis`` writes the report.

Nothing here knows how the diagnosis works: the programs are plain NumPy text.
"""
