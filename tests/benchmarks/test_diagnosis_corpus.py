"""The corpus of wrong backward passes is what it says: right where right, wrong where wrong."""

import numpy as np
import pytest

import tinygrad_bp as bp
from benchmarks.diagnosis.nets import NETS
from benchmarks.diagnosis.programs import (
    POINTS,
    Mistake,
    Program,
    correct,
    doubles,
    equal,
    singles,
    unknown,
)

IDENTIFIERS = {
    "constant-factor",
    "missing-activation-derivative",
    "activation-derivative-twice",
    "activation-derivative-wrong-argument",
    "update-before-propagate",
    "transposed-weight",
    "wrong-matrix",
    "bias-mean",
    "bias-not-summed",
    "bias-summed-over-units",
    "weight-from-preactivation",
    "leaf-without-activation-derivative",
    "relu-mask-missing",
    "relu-mask-inverted",
    "relu-mask-wrong-source",
    "fan-out-overwritten",
    "fan-out-counted-twice",
    "second-operand-sign",
    "upstream-dropped",
    "softmax-diagonal-only",
    "softmax-copied",
    "cross-entropy-twice",
    "weight-decay-missing-or-extra",
    "not-zeroed",
}
#: In these a factor on the way down is a factor of all that is below.
CHAINS = [name for name in NETS if "relu" in name or "tanh" in name or "softmax" in name]


@pytest.mark.parametrize("name", NETS)
def test_right_backward_passes_are_those_of_the_engine(name):
    for program in correct([name], ["random 1", "biases 0"]):
        automatic = bp.grad(program.loss)(program.params)
        for key, wanted in automatic.items():
            np.testing.assert_allclose(
                program.gradients[key], wanted, rtol=1e-10, atol=1e-14, err_msg=str(program)
            )


@pytest.mark.parametrize("name", NETS)
def test_intermediate_gradients_are_those_of_the_engine(name):
    program = next(correct([name]))
    leaves = {key: bp.Value(array) for key, array in program.params.items()}
    loss = program.loss(leaves)
    nodes = {node.name: node for node in bp.topological_order(loss) if node.name}
    inner = [key for key in program.with_intermediates if key not in program.params]
    assert len(inner) >= 3
    for key in inner:
        nodes[key].retain_grad()
    loss.backward()
    for key in inner:
        np.testing.assert_allclose(
            program.with_intermediates[key], nodes[key].grad, rtol=1e-10, atol=1e-14
        )


@pytest.mark.parametrize("name", NETS)
def test_every_mistake_is_visible_somewhere_unless_the_batch_hides_it(name):
    net = NETS[name]
    one_sample = name.endswith("batch 1")
    for line in net.lines:
        for wrong in line.wrong:
            if one_sample and wrong.mistake in ("bias-mean", "bias-not-summed"):
                continue
            programs = [Program("single", net, p, (Mistake(line, wrong),)) for p in POINTS]
            assert any(p.visible for p in programs), str(programs[0])


def test_every_mistake_of_the_catalogue_is_made_in_some_net():
    made = {program.mistakes[0].wrong.mistake for program in singles(points=POINTS[:1])}
    assert made == IDENTIFIERS


def test_the_corpus_is_the_same_every_time():
    first, again = list(doubles(50)), list(doubles(50))
    assert [str(p) for p in first] == [str(p) for p in again]
    assert all(equal(p.gradients, q.gradients) for p, q in zip(first, again, strict=True))
    assert all(p.mistakes[0].line.target != p.mistakes[1].line.target for p in first)


def test_unknown_mistakes_are_mostly_visible():
    programs = list(unknown(points=POINTS[:1]))
    assert sum(p.visible for p in programs) > 0.95 * len(programs)


def test_a_factor_is_the_factor_that_it_says():
    for program in singles(CHAINS, POINTS[:1]):
        factor = program.mistakes[0].wrong.factor
        if factor is None:
            continue
        for name in program.affected:
            np.testing.assert_allclose(
                program.gradients[name], factor * program.right[name], rtol=1e-10, atol=1e-14
            )
