"""Named arrays in an .npz file: written whole or not at all, read without pickle."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..saving import whole_file

Array = npt.NDArray[Any]

#: What NumPy and zipfile raise for contents that are not what they should be.
_DAMAGE = (
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,  # a way of compression that there is not
    OSError,
    RuntimeError,  # encrypted
    SyntaxError,  # in the header of an array
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> None:
    """Write named arrays to an .npz file, in place of a former one when all is written.

    Parameters
    ----------
    path : path
        The file, which is replaced as a whole or not at all.
    arrays : dict of numpy.ndarray
        Numbers under any names.

    Raises
    ------
    OSError
        If the file cannot be written. A former file is then as it was.
    """
    with whole_file(path) as whole, zipfile.ZipFile(whole, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)


def read_arrays(
    path: str | os.PathLike[str],
    expected: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]],
    owner: str,
) -> dict[str, Array]:
    """Read named arrays from an .npz file that holds exactly those that are expected.

    Parameters
    ----------
    path : path
        The file.
    expected : dict of (shape, dtype)
        What is to be in it, by name.
    owner : str
        Whose arrays they are, for the error.

    Returns
    -------
    dict of numpy.ndarray
        In the order of `expected`.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is no .npz file, is damaged, holds objects, or anything in it is not as expected.
    """
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError(f"{os.fspath(path)}: not an .npz file, or cut off")
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as stored:
                faults = _wrong_names(list(stored.files), expected)
                arrays = {} if faults else {name: stored[name] for name in expected}
        except _DAMAGE as error:
            raise ValueError(f"{os.fspath(path)}: damaged, or not numbers: {error}") from error
    faults = faults or _misfits(arrays, expected)
    if faults:
        raise ValueError(f"{os.fspath(path)} does not fit this {owner}: {'; '.join(faults)}")
    return arrays


def _wrong_names(names: list[str], expected: Mapping[str, Any]) -> list[str]:
    missing = [f"{name} is missing" for name in expected if name not in names]
    unknown = [f"{name} is unknown" for name in names if name not in expected]
    twice = [f"{name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    return missing + unknown + twice


def _misfits(
    arrays: Mapping[str, Any], expected: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]
) -> list[str]:
    faults = []
    for name, (shape, dtype) in expected.items():
        array = arrays[name]
        if not isinstance(array, np.ndarray):  # a member that is no .npy comes as bytes
            faults.append(f"{name} is not an array")
        elif array.shape != shape:
            faults.append(f"{name} must have shape {shape}, got {array.shape}")
        elif array.dtype.newbyteorder("=") != dtype:
            faults.append(f"{name} must be {dtype}, got {array.dtype}")
    return faults
