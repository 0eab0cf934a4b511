"""Read the values of one stored tensor, when somebody asks for them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.core.failures import InspectorError
from inspector.core.model import Payload, Tensor
from inspector.formats.inside import leaves_folder
from inspector.formats.onnx_types import DTYPES

_NAME = 255
"""Letters of a file's name that are said."""

_PLAIN = {
    "float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "uint16",
    "uint32", "uint64", "bool", "complex64", "complex128",
}  # fmt: skip
"""Types that numpy reads as they lie in the file."""


def read_tensor(model_path: Path | str, tensor: Tensor) -> npt.NDArray[Any]:
    """The values of a tensor of this file: an array of its shape and type.

    Plain types are mapped from the file and take no memory until touched; the array is
    read-only. Types that numpy lacks, such as bfloat16, come as `ml_dtypes`.

    Raises:
        InspectorError: Its bytes are missing, cut short, outside the model's folder, or fit no
            array of its shape; or its values are in no one place (sparse).
    """
    if tensor.payload is None:
        return held(tensor)
    path = file_of(Path(model_path), tensor.payload)
    check_size(path, tensor)
    try:
        if tensor.payload.message:
            return message_values(path, tensor.payload)
        if tensor.dtype in _PLAIN:
            return _mapped(path, tensor)
        return odd_values(path, tensor)
    except (OSError, ValueError, TypeError) as error:
        raise InspectorError(
            f"The values of '{tensor.name}' cannot be read.",
            "The file may have changed since it was opened; open it again.",
            str(error),
        ) from error


def held(tensor: Tensor) -> npt.NDArray[Any]:
    """The values of a small tensor that the listing kept."""
    if tensor.values is None:
        raise _in_no_place(tensor)
    dtype = np.dtype(tensor.dtype if tensor.dtype in _PLAIN else np.object_)
    if tensor.dtype not in _PLAIN and tensor.dtype != "string":
        dtype = np.dtype(np.float32)
    return np.array(tensor.values, dtype).reshape(tensor.shape)


def _in_no_place(tensor: Tensor) -> InspectorError:
    if tensor.sparse is not None:
        return InspectorError(
            f"'{tensor.name}' is sparse: the file holds {tensor.sparse:,} of its values, and where "
            "they belong.",
            "Save it as a dense tensor to look at its values.",
        )
    return InspectorError(
        f"The values of '{tensor.name}' are in no one place of the file.",
        "Numpy arrays inside a pickle, and tensors without bytes of their own, are listed and not "
        "read. Save them as tensors to look at their values.",
    )


def file_of(model: Path, payload: Payload) -> Path:
    """The file that holds these bytes: the model itself, or one inside its folder.

    Raises:
        InspectorError: It is missing, or lies outside the model's folder.
    """
    if not payload.file:
        return model
    if leaves_folder(payload.file):
        raise InspectorError(
            f"The model names weights outside its own folder: '{payload.file[:_NAME]}'.",
            "They are not read; export the model again with its weights beside it.",
        )
    folder = model if model.is_dir() else model.parent
    found = folder / payload.file
    try:
        # A link inside the folder may still point out of it; download caches keep both as links.
        homes = folder.resolve(), folder.resolve() if model.is_dir() else model.resolve().parent
        inside = any(found.resolve().is_relative_to(home) for home in homes)
        there = found.is_file()
    except (OSError, ValueError, RuntimeError):  # no name for a file, or links in a circle
        inside, there = True, False
    if not inside:
        raise InspectorError(
            f"'{payload.file[:_NAME]}' is a link that leaves the model's folder.",
            "Put the file itself into the folder of the model.",
        )
    if not there:
        name = payload.file[:_NAME]
        raise InspectorError(
            f"The file '{name}' with the model's weights is missing.",
            f"Put '{name}' into the folder of the model.",
        )
    return found


def check_size(path: Path, tensor: Tensor) -> None:
    """Make sure that the file reaches as far as the tensor's bytes.

    Raises:
        InspectorError: It is cut short.
    """
    payload = tensor.payload
    if payload is None:
        return
    size = path.stat().st_size
    if payload.offset + payload.length > size:
        raise InspectorError(
            f"{path.name} is cut short: the values of '{tensor.name}' lie beyond its end.",
            "Copy or download it again.",
            f"bytes {payload.offset:,} to {payload.offset + payload.length:,} of {size:,}",
        )


def _mapped(path: Path, tensor: Tensor) -> npt.NDArray[Any]:
    payload = tensor.payload
    dtype = np.dtype(tensor.dtype).newbyteorder("<")
    if payload is None or math.prod(tensor.shape) * dtype.itemsize != payload.length:
        raise ValueError(f"{payload} does not fit {tensor.dtype} {tensor.shape}")
    if payload.length == 0:
        return np.empty(tensor.shape, dtype)
    return np.memmap(path, dtype, "r", payload.offset, tensor.shape)


def _read(path: Path, payload: Payload) -> bytes:
    with path.open("rb") as file:
        file.seek(payload.offset)
        return file.read(payload.length)


def message_values(path: Path, payload: Payload) -> npt.NDArray[Any]:
    """The values of a whole `TensorProto` message.

    Raises:
        ValueError: It is damaged.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from onnx import numpy_helper

    try:
        return numpy_helper.to_array(onnx.TensorProto.FromString(_read(path, payload)))
    except DecodeError as error:
        raise ValueError(str(error)) from error


def odd_values(path: Path, tensor: Tensor) -> npt.NDArray[Any]:
    """Types that only the onnx package unpacks: 16-bit brain floats, 8-bit floats, 4-bit values."""
    import onnx
    from onnx import numpy_helper

    numbers = {name: number for number, (name, _) in DTYPES.items()}
    if tensor.payload is None or tensor.dtype not in numbers:
        raise ValueError(f"values of type {tensor.dtype} are not shown")
    proto = onnx.TensorProto(data_type=numbers[tensor.dtype], dims=tensor.shape)
    proto.raw_data = _read(path, tensor.payload)
    return numpy_helper.to_array(proto)
