"""One use of a line that is used several times: a term without a factor, or at another place."""

import numpy as np

import tinygrad_bp as bp

_RNG = np.random.default_rng(11)
_X, _T = _RNG.normal(size=(4, 3)), _RNG.dirichlet(np.ones(3), 4)
_WEIGHTS = _RNG.uniform(0.5, 2, (4, 1))
_P = {"w": _RNG.normal(size=(3, 3))}


def _cross_entropy(p):
    z = _X @ p["w"]
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.sum(_WEIGHTS * (_T * logp))


def _probabilities(p):
    e = np.exp(_X @ p["w"])
    return e / e.sum(axis=1, keepdims=True)


def test_a_factor_is_left_out_in_one_term():
    def gradients(p):
        return {"w": _X.T @ (_WEIGHTS * _probabilities(p) - _T)}

    comparison = bp.compare(_cross_entropy, _P, gradients)
    (found,) = comparison.diagnosis
    assert found.mistake == "factor-missing"
    assert "one term" in found.explanation
    other = {"w": _P["w"] + 0.2}
    np.testing.assert_allclose(comparison.reconstruction(other)[1]["w"], gradients(other)["w"])


def _normalized(x):
    return x / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-3)


def _residual(p):
    x = _X @ p["w"]
    return np.sum(np.sin(x)) + np.sum(_normalized(x) * _T)


def _through_the_norm(inside, outside):
    def gradients(p):
        x = _X @ p["w"]
        y, root = _normalized(x), np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-3)
        g = _T + inside * np.cos(x)
        d_x = (g - y * np.mean(g * y, axis=1, keepdims=True)) / root + outside * np.cos(x)
        return {"w": _X.T @ d_x}

    return gradients


def test_a_residual_goes_through_what_it_passes_by():
    assert bp.compare(_residual, _P, _through_the_norm(0, 1)).ok
    (found,) = bp.compare(_residual, _P, _through_the_norm(1, 0)).diagnosis
    assert found.mistake == "order"
    assert "is added to that of" in found.explanation
