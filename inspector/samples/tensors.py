"""Tensors in `.pt` and `.safetensors` files: listed without running anything, read by pieces."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Tensor
from inspector.formats.registry import open_file
from inspector.formats.tensor_values import open_values
from inspector.samples.stored import Array, SampleArray

SUFFIXES = (".pt", ".pth", ".safetensors")
_MOST_AXES = 32
_OF_TENSORS = ("tensors", "state-dict", "safetensors")


def read(path: Path, scratch: Path) -> tuple[SampleArray, ...]:
    """The tensors of a file that `torch.save` or safetensors wrote; its code is never run.

    A tensor alone is named by the file. bfloat16 and 8-bit floats come as float32, exactly.

    Raises:
        InspectorError: The file is damaged, or holds a model.
    """
    found = open_file(path)
    if not isinstance(found, Checkpoint) or found.form not in _OF_TENSORS or not found.tensors:
        raise InspectorError(
            f"'{path.name}' holds no tensors that could be sample data.",
            "Save a tensor, or a dictionary of tensors, with torch.save.",
        )
    alone = len(found.tensors) == 1
    return tuple(_named(path, tensor, alone=alone) for tensor in found.tensors)


def _named(path: Path, tensor: Tensor, *, alone: bool) -> SampleArray:
    unnamed = not tensor.name or (alone and tensor.name in ("tensor", "0", "[0]"))
    if tensor.payload is None and 0 not in tensor.shape:
        raise InspectorError(
            f"The values of '{tensor.name}' in '{path.name}' do not lie one after the other.",
            "Save it with torch.save(tensor.contiguous(), FILE).",
        )
    if len(tensor.shape) > _MOST_AXES:
        raise InspectorError(
            f"'{tensor.name}' in '{path.name}' has {len(tensor.shape)} axes.",
            f"Save it with at most {_MOST_AXES}.",
        )
    with open_values(path, tensor) as values:
        dtype = values.dtype
    if dtype.kind not in "biufc":
        raise InspectorError(
            f"'{tensor.name}' in '{path.name}' holds {tensor.dtype}, which no model takes.",
            "Save it as a tensor of numbers.",
        )
    name = path.stem if unnamed else tensor.name
    return TensorArray(name, path, tensor, dtype.newbyteorder("="))


@dataclass(frozen=True, slots=True)
class TensorArray:
    """A tensor that stays in its file until its rows are asked for."""

    name: str
    path: Path
    tensor: Tensor
    dtype: np.dtype[np.generic]

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes."""
        return self.tensor.shape

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Elements `start` to `stop` along `axis`."""
        if axis:
            return np.ascontiguousarray(self.whole()[(slice(None),) * axis + (slice(start, stop),)])
        per_row = math.prod(self.shape[1:])
        with open_values(self.path, self.tensor) as values:
            flat = values.block(start * per_row, stop * per_row)
        return flat.astype(self.dtype).reshape(stop - start, *self.shape[1:])

    def whole(self) -> Array:
        """Everything."""
        with open_values(self.path, self.tensor) as values:
            flat = values.block(0, values.size)
        return flat.astype(self.dtype).reshape(self.shape)
