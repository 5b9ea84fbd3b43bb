"""Places of an array that several contributions go to, and gradients in each other's place."""

import numpy as np
import pytest

import tinygrad_bp as bp

_RNG = np.random.default_rng(0)
_IDS, _TARGET = np.array([1, 3, 1, 0, 3]), _RNG.normal(size=(5, 2))
_TABLE = {"e": _RNG.normal(size=(4, 2))}
_WINDOWS = {"x": _RNG.normal(size=6), "k": _RNG.normal(size=3)}
_TWO = {"a": _RNG.normal(size=3), "b": _RNG.normal(size=3)}


def _lookup(p):
    return np.sum((p["e"][_IDS] - _TARGET) ** 2)


def _looked_up(write):
    def by_hand(p):
        d_e = np.zeros((4, 2))
        write(d_e, 2 * (p["e"][_IDS] - _TARGET))
        return {"e": d_e}

    return by_hand


def _slide(p):
    return sum(np.sum(p["x"][i : i + 3] * p["k"]) ** 2 for i in range(4))


def _slid(order, add):
    def by_hand(p):
        d_x, d_k = np.zeros(6), np.zeros(3)
        for i in order:
            d_s = 2 * np.sum(p["x"][i : i + 3] * p["k"])
            d_x[i : i + 3] = d_s * p["k"] + (d_x[i : i + 3] if add else 0)
            d_k += d_s * p["x"][i : i + 3]
        return {"x": d_x, "k": d_k}

    return by_hand


def test_repeated_indices_are_assigned():
    (found,) = bp.compare(
        _lookup, _TABLE, _looked_up(lambda d, g: d.__setitem__(_IDS, g))
    ).diagnosis
    assert (found.mistake, found.node) == ("index-overwritten", "e")
    assert bp.compare(_lookup, _TABLE, _looked_up(lambda d, g: np.add.at(d, _IDS, g))).ok


@pytest.mark.parametrize("order", [range(4), range(3, -1, -1)])
def test_windows_overwrite_each_other(order):
    (found,) = bp.compare(_slide, _WINDOWS, _slid(order, add=False)).diagnosis
    assert (found.mistake, found.node, found.parameters) == ("index-overwritten", "x", ("x",))
    assert bp.compare(_slide, _WINDOWS, _slid(order, add=True)).ok


def test_what_is_written_in_no_order_is_unexplained():
    (found,) = bp.compare(_slide, _WINDOWS, _slid((2, 0, 3, 1), add=False)).diagnosis
    assert found.mistake == "unexplained"


def test_two_gradients_are_exchanged():
    def loss(p):
        return np.sum(np.tanh(p["a"]) * p["b"] ** 2)

    right = bp.grad(loss)(_TWO)
    (found,) = bp.compare(loss, _TWO, {"a": right["b"], "b": right["a"]}).diagnosis
    assert (found.mistake, found.parameters) == ("swapped", ("a", "b"))
    (found,) = bp.compare(loss, _TWO, right | {"a": right["b"]}).diagnosis
    assert found.mistake != "swapped"


def test_opposite_gradients_have_the_wrong_sign():
    def loss(p):
        return np.sum((p["a"] - p["b"]) ** 2)

    right = bp.grad(loss)(_TWO)
    found = bp.compare(loss, _TWO, {"a": right["b"], "b": right["a"]}).diagnosis
    assert "swapped" not in {each.mistake for each in found}


_IMAGE = {"x": _RNG.normal(size=(2, 6))}


def _pool(p):
    return sum(np.sum(np.max(p["x"][:, i : i + 3], axis=1) ** 2) for i in range(0, 4, 3))


def _pooled(mask):
    def by_hand(p):
        d_x = np.zeros((2, 6))
        for i in range(0, 4, 3):
            window = p["x"][:, i : i + 3]
            largest = window.max(axis=1, keepdims=True)
            d_x[:, i : i + 3] += 2 * largest * mask(window, largest)
        return {"x": d_x}

    return by_hand


@pytest.mark.parametrize(
    ("mask", "mistake"),
    [
        (lambda w, y: np.ones_like(w), "routed-to-all"),
        (lambda w, y: np.ones_like(w) / 3, "routed-to-all"),
        (lambda w, y: w == w.min(axis=1, keepdims=True), "mask-replaced"),
        (lambda w, y: w != y, "relu-mask-inverted"),
        (lambda w, y: np.array([1.0, 0.0, 0.0]) * np.ones_like(w), "mask-replaced"),
    ],
)
def test_the_gradient_of_a_maximum_goes_elsewhere(mask, mistake):
    comparison = bp.compare(_pool, _IMAGE, _pooled(mask))
    (found,) = comparison.diagnosis
    assert found.mistake == mistake
    other = {"x": _IMAGE["x"][:, ::-1] + 0.1}
    _, wrong = comparison.reconstruction(other)
    np.testing.assert_allclose(wrong["x"], _pooled(mask)(other)["x"])
    assert bp.compare(_pool, _IMAGE, _pooled(lambda w, y: w == y)).ok


def _row_by_row(p):
    return np.sum((_TARGET @ p["a"]) ** 2) + np.sum(p["b"] ** 3)


@pytest.mark.parametrize(
    ("by_hand", "mistake"),
    [
        (lambda a: np.outer(_TARGET[0], 2 * _TARGET[0] @ a), "bias-not-summed"),
        (lambda a: (2 * _TARGET.T @ (_TARGET @ a))[::-1], "order"),
    ],
)
def test_a_part_of_a_gradient_or_another_order(by_hand, mistake):
    params = {"a": np.array([[0.4, -0.7, 0.2], [1.1, 0.3, -0.5]]), "b": _TWO["b"]}

    def gradients(p):
        return {"a": by_hand(p["a"]), "b": 3 * p["b"] ** 2}

    (found,) = bp.compare(_row_by_row, params, gradients).diagnosis
    assert mistake in (found.mistake, *found.alternatives)
    assert found.parameters == ("a",)


@pytest.mark.parametrize(
    ("labels", "mistake"), [(np.roll(_IDS, 1), "index-shifted"), (0 * _IDS, "index-shifted")]
)
def test_labels_of_others(labels, mistake):
    params = {"w": np.array([[0.2, -0.4, 0.9, 0.1], [0.7, 0.3, -0.2, -0.8]])}

    def loss(p):
        z = _TARGET @ p["w"]
        p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
        return -np.mean(np.log(p[np.arange(5), _IDS]))

    def gradients(p, labels=labels):
        e = np.exp(_TARGET @ p["w"])
        d_z = e / e.sum(axis=1, keepdims=True)
        d_z[np.arange(5), labels] -= 1
        return {"w": _TARGET.T @ d_z / 5}

    (found,) = bp.compare(loss, params, gradients).diagnosis
    assert mistake in (found.mistake, *found.alternatives)
    assert bp.compare(loss, params, lambda p: gradients(p, _IDS)).ok


def test_two_values_are_exchanged_wherever_they_stand():
    cos, sin = np.cos(np.arange(3.0)), np.sin(np.arange(3.0))

    def loss(p):
        return np.sum((p["a"] * cos - p["b"] * sin) ** 2) + np.sum(p["a"] * sin + p["b"] * cos)

    def gradients(p, cos=cos, sin=sin):
        d = 2 * (p["a"] * np.cos(np.arange(3.0)) - p["b"] * np.sin(np.arange(3.0)))
        return {"a": d * cos + sin, "b": cos - d * sin}

    (found,) = bp.compare(loss, _TWO, lambda p: gradients(p, sin, cos)).diagnosis
    assert "swapped" in (found.mistake, *found.alternatives)
    assert bp.compare(loss, _TWO, gradients).ok


_ROWS = {"x": _RNG.normal(size=(4, 6))}
_ANGLES = _RNG.normal(size=(4, 6))


def _repeated(p):
    return np.sum(np.tanh(np.repeat(p["x"], 2, axis=0)) * np.repeat(_ANGLES, 2, axis=0)[::-1])


def _repeated_by_hand(change):
    def by_hand(p):
        weights = np.repeat(_ANGLES, 2, axis=0)[::-1]
        return {"x": change((1 - np.tanh(np.repeat(p["x"], 2, axis=0)) ** 2) * weights)}

    return by_hand


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (lambda d: d[::2], "index-overwritten"),
        (lambda d: d[1::2], "index-overwritten"),
        (lambda d: (d[::2] + d[1::2]) / 2, "constant-factor"),
        (lambda d: d.reshape(2, 4, 6).sum(axis=0), "order"),
    ],
)
def test_what_was_repeated_is_not_added_up(change, mistake):
    comparison = bp.compare(_repeated, _ROWS, _repeated_by_hand(change))
    (found,) = comparison.diagnosis
    assert mistake in (found.mistake, *found.alternatives)
    other = {"x": _ROWS["x"] + 0.3}
    _, wrong = comparison.reconstruction(other)
    np.testing.assert_allclose(wrong["x"], _repeated_by_hand(change)(other)["x"])


def _turned(p):
    return np.sum(np.tanh(p["x"] * _ANGLES) ** 2)


@pytest.mark.parametrize(
    ("angles", "mistake"),
    [
        (lambda a: np.roll(a, 1, axis=0), "index-shifted"),
        (lambda a: a[:1], "index-shifted"),
        (lambda a: a[:, ::-1], "order"),
        (lambda a: a.reshape(4, 3, 2).transpose(0, 2, 1).reshape(4, 6), "order"),
        (lambda a: a * (np.arange(4) > 1)[:, None], "bias-not-summed"),
    ],
)
def test_a_factor_is_taken_from_other_places(angles, mistake):
    def by_hand(p):
        y = np.tanh(p["x"] * _ANGLES)
        return {"x": 2 * y * (1 - y**2) * angles(_ANGLES)}

    (found,) = bp.compare(_turned, _ROWS, by_hand).diagnosis
    assert found.mistake == mistake
    assert found.parameters == ("x",)


def test_two_inner_gradients_are_exchanged():
    params = {name: _RNG.normal(size=(3, 3)) for name in "uv"}
    x, y = _RNG.normal(size=(2, 3)), _RNG.normal(size=(2, 3))

    def loss(p):
        return np.sum(np.tanh(x @ p["u"]) * np.sin(y @ p["v"]))

    def by_hand(p):
        a, b = x @ p["u"], y @ p["v"]
        d_a, d_b = (1 - np.tanh(a) ** 2) * np.sin(b), np.tanh(a) * np.cos(b)
        return {"u": x.T @ d_b, "v": y.T @ d_a}

    (found,) = bp.compare(loss, params, by_hand).diagnosis
    assert (found.mistake, found.parameters) == ("swapped", ("u", "v"))
