"""Recorded outputs: what a model computed earlier or elsewhere, as one side of a comparison."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

from inspector.core.failures import InspectorError
from inspector.core.model import Value
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime_values import take_apart
from inspector.samples import npz, tensor_protos
from inspector.samples.stored import COMPOUND, SampleArray, dtype_name


class Recorded:
    """Outputs that were saved, read a few samples at a time.

    Recorded outputs know no inputs: they belong to the samples in the order in which those come.
    Where `of_one_run` is set, all of them belong to the only run, whatever their sizes.
    """

    name = "Recorded outputs"
    version = ""
    device = "unknown"
    inputs: tuple[Value, ...] = ()
    input_names: tuple[str, ...] = ()

    def __init__(
        self, arrays: Sequence[SampleArray], sets: Sequence[Sequence[SampleArray]] = ()
    ) -> None:
        self.of_one_run = self._of_sets = False
        self._sets = tuple(sets)
        self._arrays = tuple(arrays)
        self._name_outputs(self._arrays)

    def _name_outputs(self, arrays: Sequence[SampleArray]) -> None:
        self.output_names = tuple(array.name for array in arrays)
        self.outputs = tuple(Value(a.name, dtype_name(a.dtype), a.shape) for a in arrays)

    @property
    def samples(self) -> int:
        """Size along axis 0, the largest where they differ; 1 where all are scalars."""
        return max((array.shape[0] for array in self._arrays if array.shape), default=1)

    @property
    def sets(self) -> int:
        """Data sets of the same outputs; 0 where they are not recorded in sets."""
        return len(self._sets)

    def give_sets(self) -> None:
        """From now on each data set belongs to a run of its own, and sample `n` is set `n`."""
        self._of_sets = True
        self._name_outputs(self._sets[0])

    def rows(self, start: int, stop: int, samples: int) -> list[Array]:
        """The outputs of the samples `start` to `stop` (exclusive) among `samples`.

        An output whose axis 0 has another size than `samples` is given whole.
        """
        if self._of_sets:
            return [array.whole() for array in self._sets[start]]
        if self.of_one_run:
            return [array.whole() for array in self._arrays]
        return [
            array.rows(start, stop) if array.shape and array.shape[0] == samples else array.whole()
            for array in self._arrays
        ]


def is_recorded(path: Path) -> bool:
    """Whether a path is an `.npz` file or a folder of `output_*.pb` tensors."""
    if path.is_dir():
        return tensor_protos.has_kind(path, "output")
    return path.is_file() and os.access(path, os.R_OK) and _only_arrays(path)


def open_recorded(path: Path, scratch: Path) -> Recorded:
    """List recorded outputs.

    Args:
        path: An `.npz` file, or a folder in the ONNX test layout.
        scratch: Folder that may be made and filled with unpacked arrays.

    Raises:
        InspectorError: The file is damaged, or holds no arrays.
    """
    if path.is_dir():
        loaded = tensor_protos.read_sets(path, "output")
        arrays = tensor_protos.joined(loaded)
        sets = [_all_parts(one) for one in loaded]
    else:
        arrays, sets = npz.read(path, scratch), []
    if not arrays:
        raise InspectorError(
            f"'{path.name}' holds no arrays.",
            "Save the outputs with numpy.savez(path, name=array).",
        )
    alike = len({len(one) for one in sets}) == 1  # lists may hold other numbers of arrays
    return Recorded(_all_parts(arrays), sets if alike else ())


def _all_parts(arrays: Sequence[SampleArray]) -> list[SampleArray]:
    return [part for array in arrays for part in _parts(array)]


def _parts(array: SampleArray) -> list[SampleArray]:
    """A list or a map as the arrays that it holds, named as those of ONNX Runtime are."""
    if dtype_name(array.dtype) != COMPOUND or isinstance(array, tensor_protos.ApartArray):
        return [array]
    apart = take_apart(array.name, array.whole().item())
    return [tensor_protos.LoadedArray(part.name, part.array) for part in apart]


def _only_arrays(path: Path) -> bool:
    with path.open("rb") as stream:
        if not stream.read(len(npz.MAGIC)).startswith(npz.MAGIC):
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)
