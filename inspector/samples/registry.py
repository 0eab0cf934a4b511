"""The forms of sample data that can be read, told apart by their bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.sources import DataSource
from inspector.samples import (
    images,
    integers,
    json_data,
    npy,
    npz,
    table,
    tensor_protos,
    tensors,
    wav,
)
from inspector.samples.folder_files import files_in
from inspector.samples.stored import UNREADABLE, SampleArray
from inspector.samples.text import looks_like_text

Read = Callable[[Path, Path, DataSource], tuple[SampleArray, ...]]


class Reader(NamedTuple):
    """A form of sample data.

    Attributes:
        name: What people call it.
        suffixes: For dialogs; files are recognised by `recognises`.
        recognises: Tells by the path and its first bytes whether this reader is the right one.
        read: Lists the arrays of a file, by its path, a folder that packed ones may be unpacked
            into, and what was asked for beside the files.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[Path, bytes], bool]
    read: Read


def _plain(read: Callable[[Path, Path], tuple[SampleArray, ...]]) -> Read:
    return lambda path, scratch, _: read(path, scratch)


def _is_npz(path: Path, head: bytes) -> bool:
    """A zip archive: PyTorch's are too, and hold no `.npy` members."""
    if not head.startswith(npz.MAGIC):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except UNREADABLE:
        return path.suffix.lower() not in tensors.SUFFIXES
    return any(name.endswith(".npy") for name in names) or not any(
        name.endswith("data.pkl") for name in names
    )


def _is_tensors(path: Path, head: bytes) -> bool:
    safe = head[8:9] == b"{" and path.suffix.lower() == ".safetensors"
    return safe or head.startswith((npz.MAGIC, b"\x80\x02"))


def _is_text(suffix: str) -> Callable[[Path, bytes], bool]:
    """Text has no signature: how its file is named decides between its forms."""
    return lambda path, head: path.suffix.lower() == suffix and looks_like_text(head)


def _is_json(path: Path, head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return looks_like_text(head) and text[:1] in (b"[", b"{")


def _is_picture(path: Path, head: bytes) -> bool:
    return head.startswith(images.MAGICS) or bool(files_in(path, images.SUFFIXES))


READERS = (
    Reader("NumPy array", (".npy",), lambda _, head: head.startswith(npy.MAGIC), _plain(npy.read)),
    Reader("NumPy archive", (".npz",), _is_npz, _plain(npz.read)),
    Reader(
        "ONNX test data",
        (),
        lambda path, _: tensor_protos.has_kind(path, "input"),
        _plain(tensor_protos.read),
    ),
    Reader("tensors", tensors.SUFFIXES, _is_tensors, _plain(tensors.read)),
    Reader(
        "pictures",
        images.SUFFIXES,
        _is_picture,
        lambda path, scratch, data: images.read(path, scratch, data.images),
    ),
    Reader(
        "sound",
        wav.SUFFIXES,
        lambda path, head: wav.is_wav(head) or bool(files_in(path, wav.SUFFIXES)),
        _plain(wav.read),
    ),
    Reader("JSON", (".json",), _is_json, _plain(json_data.read)),
    Reader(
        "table",
        (".csv", ".tsv"),
        lambda path, head: _is_text(".csv")(path, head) or _is_text(".tsv")(path, head),
        _plain(table.read),
    ),
    Reader(
        "whole numbers",
        (".txt",),
        _is_text(".txt"),
        lambda path, scratch, data: integers.read(path, scratch, data.padding),
    ),
)

_HEAD = 512
_OTHERWISE = (
    "Use .npy, .npz, .csv, .json, .pt, .safetensors, .png, .jpg, .wav or .txt files, or save the "
    "arrays with numpy.save."
)


def read_arrays(
    path: Path, scratch: Path, data: DataSource | None = None
) -> tuple[SampleArray, ...]:
    """List the arrays of one file of sample data.

    Args:
        path: The file, or a folder in the ONNX test layout, or one of pictures or sounds.
        scratch: Folder that may be made and filled with unpacked arrays.
        data: What was asked for beside the files.

    Raises:
        InspectorError: The file is missing, unreadable, or in no form that is known.
    """
    head = _first_bytes(path)
    for reader in READERS:
        if reader.recognises(path, head):
            arrays = reader.read(path, scratch, data or DataSource())
            if arrays:
                return arrays
    if path.is_file() and not head:
        raise InspectorError(f"'{path.name}' is empty.", "Save the sample data again.")
    raise InspectorError(
        f"'{path.name}' holds no sample data in a form that is known here.", _OTHERWISE
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
