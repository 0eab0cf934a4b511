"""The forms of sample data that can be read, told apart by their bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from inspector.core.failures import InspectorError
from inspector.samples import npy, npz, tensor_protos
from inspector.samples.stored import SampleArray


class Reader(NamedTuple):
    """A form of sample data.

    Attributes:
        name: What people call it.
        suffixes: For dialogs; files are recognised by `recognises`.
        recognises: Tells by the path and its first bytes whether this reader is the right one.
        read: Lists the arrays of a file; packed ones may be unpacked into the folder given.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[Path, bytes], bool]
    read: Callable[[Path, Path], tuple[SampleArray, ...]]


READERS = (
    Reader("NumPy array", (".npy",), lambda _, head: head.startswith(npy.MAGIC), npy.read),
    Reader("NumPy archive", (".npz",), lambda _, head: head.startswith(npz.MAGIC), npz.read),
    Reader(
        "ONNX test data",
        (),
        lambda path, _: tensor_protos.has_kind(path, "input"),
        tensor_protos.read,
    ),
)

_HEAD = 16


def read_arrays(path: Path, scratch: Path) -> tuple[SampleArray, ...]:
    """List the arrays of one file of sample data.

    Args:
        path: The file, or a folder in the ONNX test layout.
        scratch: Folder that may be made and filled with unpacked arrays.

    Raises:
        InspectorError: The file is missing, unreadable, or in no form that is known.
    """
    head = _first_bytes(path)
    for reader in READERS:
        if reader.recognises(path, head):
            arrays = reader.read(path, scratch)
            if arrays:
                return arrays
    if path.is_file() and not head:
        raise InspectorError(f"'{path.name}' is empty.", "Save the sample data again.")
    raise InspectorError(
        f"'{path.name}' holds no sample data in a form that is known here.",
        "Save the arrays with numpy.save (.npy) or numpy.savez (.npz).",
    )


def _first_bytes(path: Path) -> bytes:
    if path.is_dir():
        return b""
    if path.exists() and not path.is_file():
        # Opening a pipe would wait for whoever writes into it.
        raise InspectorError(
            f"The sample data '{path}' is a device or a pipe, not a file.",
            "Save the arrays with numpy.save (.npy) or numpy.savez (.npz).",
        )
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except FileNotFoundError as error:
        raise InspectorError(
            f"The sample data '{path}' does not exist.", "Check the path.", str(error)
        ) from error
    except OSError as error:
        raise InspectorError(
            f"The sample data '{path}' cannot be read.",
            "Check that you may read the file.",
            str(error),
        ) from error
