"""The ONNX test layout: folders `test_data_set_*` of `input_*.pb` and `output_*.pb` tensors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inspector.core.failures import InspectorError
from inspector.samples.stored import Array, SampleArray

_NUMBER = re.compile(r"(\d+)")


def read(path: Path, scratch: Path) -> tuple[SampleArray, ...]:
    """The inputs of a folder in the ONNX test layout, all data sets one after the other."""
    return read_kind(path, "input")


def has_kind(path: Path, kind: str) -> bool:
    """Whether a folder holds `input_*.pb` (or `output_*.pb`) tensors."""
    return path.is_dir() and any(_tensors(folder, kind) for folder in _data_sets(path))


def read_kind(path: Path, kind: str) -> tuple[SampleArray, ...]:
    """The tensors `input_*.pb` or `output_*.pb` of every data set.

    Args:
        path: A folder `test_data_set_*`, or the folder that holds such folders.
        kind: `input` or `output`.

    Returns:
        One array per number, its data sets joined along axis 0. Where their sizes do not allow
        that, the array says so when its values are asked for; see `read_sets`.

    Raises:
        InspectorError: As `read_sets`.
    """
    return joined(read_sets(path, kind))


def joined(sets: Sequence[Sequence[LoadedArray]]) -> tuple[SampleArray, ...]:
    """What `read_sets` gave, its data sets one after the other; see `read_kind`."""
    return tuple(_joined(column) for column in zip(*sets, strict=True))


def read_sets(path: Path, kind: str) -> tuple[tuple[LoadedArray, ...], ...]:
    """The tensors of every data set by itself, each what one run takes or gives.

    Args:
        path: A folder `test_data_set_*`, or the folder that holds such folders.
        kind: `input` or `output`.

    Raises:
        InspectorError: There are none, one is damaged, or the data sets hold different numbers
            of them.
    """
    sets = [files for folder in _data_sets(path) if (files := _tensors(folder, kind))]
    if not sets:
        raise InspectorError(
            f"The folder '{path.name}' holds no {kind}_*.pb files.",
            "Choose a folder in the ONNX test layout, test_data_set_0 with input_0.pb and so on.",
        )
    if len({len(files) for files in sets}) > 1:
        raise InspectorError(
            f"The data sets in '{path.name}' hold different numbers of {kind}s.",
            "Give every folder test_data_set_* the same number of files.",
        )
    return tuple(tuple(_load(file) for file in files) for files in sets)


@dataclass(frozen=True, slots=True)
class LoadedArray:
    """An array that is in memory: test data sets are small, and have no other form."""

    name: str
    values: Array

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the elements."""
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes."""
        return self.values.shape

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Elements `start` to `stop` along `axis`."""
        return np.ascontiguousarray(self.values[(slice(None),) * axis + (slice(start, stop),)])

    def whole(self) -> Array:
        """Everything."""
        return self.values.copy()


def _data_sets(path: Path) -> list[Path]:
    inner = [folder for folder in path.glob("test_data_set_*") if folder.is_dir()]
    return sorted(inner, key=_number) or [path]


def _tensors(folder: Path, kind: str) -> list[Path]:
    return sorted(folder.glob(f"{kind}_*.pb"), key=_number)


def _number(path: Path) -> int:
    match = _NUMBER.search(path.name)
    return int(match[1]) if match else -1


def is_one_set(path: Path) -> bool:
    """Whether a folder holds one data set: `test_data_set_0`, or the files themselves."""
    return len(_data_sets(path)) == 1


def _load(path: Path) -> LoadedArray:
    from inspector.samples.onnx_values import read_value

    try:
        if not path.is_file():
            raise ValueError("it is no plain file")  # reading a pipe could wait for ever
        name, values = read_value(path.read_bytes())
    except Exception as error:  # protobuf's DecodeError, and what onnx.numpy_helper raises
        raise InspectorError(
            f"'{path.name}' is no value in ONNX form.",
            "Write it with onnx.numpy_helper.from_array.",
            str(error),
        ) from error
    return LoadedArray(name or path.stem, values)


def _joined(arrays: Sequence[LoadedArray]) -> SampleArray:
    if len(arrays) == 1:
        return arrays[0]
    try:
        return LoadedArray(arrays[0].name, np.concatenate([array.values for array in arrays]))
    except ValueError as error:
        return ApartArray(arrays[0].name, arrays[0].dtype, arrays[0].shape, str(error))


@dataclass(frozen=True, slots=True)
class ApartArray:
    """Values of several data sets that form no array; the sizes are those of the first."""

    name: str
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    detail: str

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Refused."""
        raise self._refusal()

    def whole(self) -> Array:
        """Refused."""
        raise self._refusal()

    def _refusal(self) -> InspectorError:
        return InspectorError(
            f"The data sets hold '{self.name}' in sizes that cannot be joined.",
            "Compare without a batch size or a limit, or with one folder test_data_set_* at a "
            "time.",
            self.detail,
        )
