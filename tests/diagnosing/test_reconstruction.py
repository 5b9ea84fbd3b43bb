"""The backward pass with the mistake in it: it gives the wrong numbers, everywhere."""

import numpy as np
import pytest

import tinygrad_bp as bp

from .programs import COLUMNS, PATHS, ROWS

WRONG = [
    (COLUMNS, {"d_z_2": "d_h_2"}),
    (COLUMNS, {"d_h_2": "(w_3 - 0.1 * d_w_3).T @ d_o"}),
    (ROWS, {"d_h_1": "d_z_2 @ w_2"}),
    (ROWS, {"d_z_2": "d_h_2 * (z_2 < 0)"}),
    (PATHS, {"d_h": "d_r + d_n * 2 * h"}),
]


@pytest.mark.parametrize(("program", "wrong"), WRONG)
def test_it_is_what_was_written(program, wrong):
    comparison = program.compare(function=True, **wrong)
    reconstruction = comparison.reconstruction
    for seed in (1, 2):
        params = program.params(seed)
        value, gradients = reconstruction(params)
        assert value == pytest.approx(program.loss(params))
        for name, wanted in program.by_hand(**wrong)(params).items():
            np.testing.assert_allclose(gradients[name], wanted, rtol=1e-9, atol=1e-12)
    assert "# <- differs" in reconstruction.source or "<- differs" in reconstruction.source
    assert reconstruction.diff.startswith("--- yours")
    right = bp.grad(program.loss)(program.params())
    for name, gradient in reconstruction.right(program.params())[1].items():
        np.testing.assert_allclose(gradient, right[name], rtol=1e-9, atol=1e-12)


def test_the_line_beside_the_right_one():
    (found,) = PATHS.diagnosis(d_a="d_h")
    assert found.yours.partition(" = ")[0] == found.line.partition(" = ")[0]
    assert found.yours != found.line


def test_there_is_none_where_not_all_is_explained():
    params = ROWS.params()
    noise = np.random.default_rng(3)
    wrong = {k: g + 0.01 * noise.normal(size=g.shape) for k, g in ROWS.by_hand()(params).items()}
    assert bp.compare(ROWS.loss, params, wrong).reconstruction is None
    assert ROWS.compare().reconstruction is None


def test_both_texts_call_the_same_steps_the_same():
    comparison = PATHS.compare(function=True, d_h="d_r + d_n * 2 * h")
    diff = comparison.reconstruction.diff.splitlines()
    changed = [line for line in diff if line[0] in "+-" and line[:3] not in ("---", "+++")]
    names = {line[1:].partition(" = ")[0].strip() for line in changed}
    assert len(changed) == 2 * len(names)


def test_a_number_that_is_spread_is_written_as_a_number():
    def loss(p):
        return np.sum(np.exp(p["w"])) - 0.1 * np.mean(p["w"] ** 2)

    def manual(p):
        return {"w": np.exp(p["w"]) + 0.1 * 2 * p["w"] / 3}

    (found,) = bp.compare(loss, {"w": np.array([0.2, -0.4, 0.9])}, manual).diagnosis
    assert "np.full" not in found.yours + found.line
    assert found.yours != found.line
