"""Saving and loading: a bad file changes nothing, a failed save loses nothing."""

import os
import pickle
import stat
import zipfile

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.nn import MLP, Module


def net(seed=0, dtype=np.float64):
    return MLP([3, 4, 2], rng=seed, dtype=dtype)


def arrays_of(module):
    return {name: p.data.copy() for name, p in module.named_parameters().items()}


class Kinds(Module):
    def __init__(self):
        self.scalar = bp.Value(1.5)
        self.file = bp.Value([1.0, np.nan])  # a name that numpy.savez could not take
        self.small = bp.Value(np.float32([[1.0]]))
        self.empty = bp.Value(np.zeros((0, 3)))
        self.constant = bp.Value([7.0], requires_grad=False)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("as_path", [str, os.fspath, lambda path: path])
def test_round_trip(tmp_path, dtype, as_path):
    path = as_path(tmp_path / "net.npz")
    saved, loaded = net(0, dtype), net(1, dtype)
    saved.save(path)
    parameters = loaded.parameters()
    loaded.load(path)
    x = np.ones((5, 3), dtype)
    np.testing.assert_array_equal(loaded(x).data, saved(x).data)
    assert loaded.parameters() == parameters  # the same Values, so an optimiser goes on
    assert {p.dtype for p in parameters} == {np.dtype(dtype)}
    assert os.listdir(tmp_path) == ["net.npz"]


def test_round_trip_of_every_kind_of_leaf(tmp_path):
    saved, loaded = Kinds(), Kinds()
    saved.scalar.data, saved.constant.data = -2.0, [8.0]
    saved.save(tmp_path / "kinds")  # at exactly this path, without a suffix
    loaded.load(tmp_path / "kinds")
    assert loaded.scalar.item() == -2.0
    assert loaded.scalar.shape == ()
    assert loaded.constant.data == 8.0
    np.testing.assert_array_equal(loaded.file.data, [1.0, np.nan])
    assert loaded.small.dtype == np.float32
    assert os.listdir(tmp_path) == ["kinds"]


def test_numpy_reads_what_was_saved_and_the_other_way_round(tmp_path):
    path = tmp_path / "net.npz"
    saved = net()
    saved.save(path)
    with np.load(path, allow_pickle=False) as stored:
        assert stored.files == list(saved.named_parameters())
        for name, p in saved.named_parameters().items():
            np.testing.assert_array_equal(stored[name], p.data)
    for write in (np.savez, np.savez_compressed):
        write(path, **{name: 2 * array for name, array in arrays_of(saved).items()})
        loaded = net(1)
        loaded.load(path)
        for name, p in loaded.named_parameters().items():
            np.testing.assert_array_equal(p.data, 2 * arrays_of(saved)[name])


def test_the_byte_order_of_another_machine(tmp_path):
    path = tmp_path / "net.npz"
    swapped = {name: array.astype(">f8") for name, array in arrays_of(net(0)).items()}
    np.savez(path, **swapped)
    loaded = net(1)
    loaded.load(path)
    for name, p in loaded.named_parameters().items():
        np.testing.assert_array_equal(p.data, swapped[name])
        assert p.dtype.isnative


# --- bad files ---------------------------------------------------------------------------------


def refuse(path, error, match):
    """A load that raises, names the file, and changes nothing."""
    module = net(1)
    before = arrays_of(module)
    with pytest.raises(error, match=match) as caught:
        module.load(path)
    assert str(path) in str(caught.value)
    for name, array in arrays_of(module).items():
        np.testing.assert_array_equal(array, before[name])


def test_a_missing_file(tmp_path):
    refuse(tmp_path / "none.npz", FileNotFoundError, "No such file")


def test_a_directory(tmp_path):
    refuse(tmp_path, OSError, "directory")


@pytest.mark.parametrize(
    "contents", [b"", b"not an archive", pickle.dumps({"layers.0.weight": 1}), b"PK\x03\x04"]
)
def test_something_else(tmp_path, contents):
    path = tmp_path / "net.npz"
    path.write_bytes(contents)
    refuse(path, ValueError, "not an .npz file, or cut off")


def test_a_single_array(tmp_path):
    path = tmp_path / "net.npy"
    np.save(path, np.ones(3))
    refuse(path, ValueError, "not an .npz file")


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "net.npz"
    net().save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        refuse(path, ValueError, "cut off|damaged")


def test_damage_inside(tmp_path):
    path = tmp_path / "net.npz"
    net().save(path)
    whole = path.read_bytes()
    place = whole.index(net().layers[1].weight.data.tobytes())
    path.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
    refuse(path, ValueError, "damaged.*CRC")


def test_damage_anywhere_is_refused_or_harmless(tmp_path):
    path = tmp_path / "net.npz"
    net().save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 200):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x15]) + whole[place + 1 :])
        module = net(1)
        before = arrays_of(module)
        expected = arrays_of(net())  # where the field says nothing, such as the time
        try:
            module.load(path)
        except ValueError:
            expected = before
        for name, array in arrays_of(module).items():
            np.testing.assert_array_equal(array, expected[name])


class Bomb:
    def __reduce__(self):
        return (os.system, ("echo executed >> executed.txt",))


def test_pickled_objects_are_not_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.npz"
    hostile = arrays_of(net()) | {"layers.1.bias": np.array([Bomb(), None], dtype=object)}
    np.savez(path, **hostile)
    refuse(path, ValueError, "damaged, or not numbers: Object arrays cannot be loaded")
    path.write_bytes(pickle.dumps(Bomb()))
    refuse(path, ValueError, "not an .npz file")
    with zipfile.ZipFile(path, "w") as archive:
        for name in arrays_of(net()):
            archive.writestr(name + ".npy", pickle.dumps(Bomb()))
    refuse(path, ValueError, "damaged|is not an array")
    assert os.listdir(tmp_path) == ["net.npz"]


def without(arrays, name):
    return {key: array for key, array in arrays.items() if key != name}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: without(a, "layers.1.bias"), "layers.1.bias is missing"),
        (lambda a: a | {"layers.2.weight": np.ones(2)}, "layers.2.weight is unknown"),
        (lambda a: {"w": np.ones(3)}, "layers.0.weight is missing.*; w is unknown"),
        (
            lambda a: a | {"layers.1.weight": np.ones((4, 2))},
            r"layers.1.weight must have shape \(2, 4\), got \(4, 2\)",
        ),
        (
            lambda a: a | {"layers.0.bias": np.ones((4, 1)), "layers.1.bias": np.ones(3)},
            r"layers.0.bias must have shape \(4,\), got \(4, 1\); layers.1.bias must have",
        ),
        (
            lambda a: a | {"layers.1.bias": np.float32([1, 2])},
            "layers.1.bias must be float64, got float32",
        ),
        (lambda a: a | {"layers.1.bias": np.array([1, 2])}, "must be float64, got int"),
        (lambda a: a | {"layers.1.bias": np.array([1j, 2])}, "must be float64, got complex128"),
        (lambda a: a | {"layers.1.bias": np.array(["a", "b"])}, "must be float64, got <U1"),
    ],
)
def test_a_file_of_something_else(tmp_path, change, message):
    path = tmp_path / "net.npz"
    np.savez(path, **change(arrays_of(net())))
    refuse(path, ValueError, f"does not fit this MLP: .*{message}")


def test_members_that_are_no_arrays_or_there_twice(tmp_path):
    path = tmp_path / "net.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in arrays_of(net()):
            archive.writestr(name, b"text")
    refuse(path, ValueError, "layers.0.weight is not an array")
    net().save(path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("layers.0.bias.npy", b"")
    refuse(path, ValueError, "layers.0.bias is there twice")


def test_a_header_that_promises_too_much(tmp_path):
    path = tmp_path / "net.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in arrays_of(net()):
            with archive.open(name + ".npy", "w") as file:
                np.lib.format.write_array_header_1_0(
                    file, {"descr": "<f8", "fortran_order": False, "shape": (2**50,)}
                )
    refuse(path, ValueError, "damaged")


# --- saves that fail ---------------------------------------------------------------------------


def test_a_save_that_fails_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "net.npz"
    net(0).save(path)
    old = path.read_bytes()
    write, calls = np.lib.format.write_array, []

    def full(file, array, **options):
        calls.append(array)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        write(file, array, **options)

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(OSError, match=r"cannot write .*net.npz: No space left"):
        net(1).save(path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["net.npz"]


def test_a_save_that_is_interrupted_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "net.npz"
    net(0).save(path)
    old = path.read_bytes()

    def interrupted(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        net(1).save(path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["net.npz"]


def test_a_save_where_nothing_can_be_written(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"cannot write .*net.npz: .*missing does not exist"
    ):
        net().save(tmp_path / "missing" / "net.npz")
    with pytest.raises(OSError, match=r"cannot write .*: it is a folder"):
        net().save(tmp_path)
    assert os.listdir(tmp_path) == []
    assert os.listdir(tmp_path.parent).count(tmp_path.name) == 1
    assert not [name for name in os.listdir(tmp_path.parent) if name.endswith(".tmp")]


def test_a_save_through_a_link_replaces_what_it_points_to(tmp_path):
    target, link = tmp_path / "target.npz", tmp_path / "link.npz"
    net(0).save(target)
    link.symlink_to(target)
    net(1).save(link)
    assert link.is_symlink()
    loaded = net(0)
    loaded.load(target)
    np.testing.assert_array_equal(loaded.layers[0].weight.data, net(1).layers[0].weight.data)


def test_a_saved_file_has_the_usual_permissions(tmp_path):
    net().save(tmp_path / "net.npz")
    (tmp_path / "plain").write_bytes(b"")
    modes = {stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in ("net.npz", "plain")}
    assert len(modes) == 1
