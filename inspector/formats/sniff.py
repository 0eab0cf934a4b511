"""Tell what a file is by its bytes: in about a millisecond, with nothing heavy imported.

The name of a file decides nothing: `model.onnx` may be a web page, and a checkpoint may be
called anything.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from inspector.core.failures import InspectorError
from inspector.formats.folders import folder_refusal, is_openable
from inspector.formats.protobuf_wire import BYTES, VARINT, CutShortError, WireError, fields, varint

_HEAD = 4096

_FIELDS = 50_000
"""Outermost fields that are looked at; models have some tens, and a function or two each."""

LEGACY_MAGIC = re.compile(
    rb"\x80[\x02-\x05](\x95.{8})?\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19|"
    rb"[LI]119547037146038801333356L?\n\.",
    re.DOTALL,
)
"""Start of what `torch.save` wrote before its zip format: a pickle of the magic number.

Source: `torch/serialization.py`, `MAGIC_NUMBER = 0x1950a86a20f9469cfc6c`.
"""

_ONNX_WIRES = {1: VARINT, 2: BYTES, 3: BYTES, 4: BYTES, 5: VARINT, 6: BYTES, 7: BYTES, 8: BYTES}
"""Wire types of `ModelProto`'s first fields. Source: onnx.proto."""


class Head(NamedTuple):
    """The start of a file, its size and its path."""

    path: Path
    data: bytes
    size: int


def read_head(path: Path) -> Head:
    """The first bytes of a file.

    Raises:
        InspectorError: It is missing, a folder, or may not be read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise folder_refusal(path)
        if not stat.S_ISREG(mode):
            # Opening a pipe would wait for whoever writes into it.
            raise InspectorError(
                f"{path.name} is a device or a pipe, not a file.", "Open a model file."
            )
        with path.open("rb") as file:
            return Head(path, file.read(_HEAD), os.fstat(file.fileno()).st_size)
    except FileNotFoundError as error:
        raise InspectorError(
            f"There is no file {path.name} at this place.",
            "Check the name and the folder; it may have been moved or renamed.",
            str(error),
        ) from error
    except PermissionError as error:
        raise InspectorError(
            f"{path.name} may not be read by this user.",
            "Change the file's permissions, or copy it to a folder of your own.",
            str(error),
        ) from error
    except (OSError, ValueError) as error:
        raise InspectorError(
            f"{path.name} cannot be read.",
            "Check the disk or the network connection, then open it again.",
            str(error),
        ) from error


def is_npy(head: Head) -> bool:
    """A numpy array."""
    return head.data.startswith(b"\x93NUMPY")


def is_zip(head: Head) -> bool:
    """A zip archive, whatever is in it."""
    return head.data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def first_member(head: Head) -> str:
    """Name of a zip archive's first member, from its local header."""
    if len(head.data) < 30:
        return ""
    length: int = struct.unpack_from("<H", head.data, 26)[0]
    return head.data[30 : 30 + length].decode("utf-8", "replace")


def is_npz(head: Head) -> bool:
    """Several numpy arrays in a zip archive."""
    return is_zip(head) and first_member(head).endswith(".npy")


def is_torch_zip(head: Head) -> bool:
    """A zip archive as PyTorch writes it; `torch_zip.py` says which of its forms."""
    return is_zip(head) and not is_npz(head)


def is_torch_legacy(head: Head) -> bool:
    """A file of `torch.save` in its form before zip archives."""
    return LEGACY_MAGIC.match(head.data) is not None


def is_pickle(head: Head) -> bool:
    """A pickle of protocol 2 or later that `torch.save` did not write."""
    data = head.data
    return len(data) > 2 and data[0] == 0x80 and 2 <= data[1] <= 5 and not is_torch_legacy(head)


_OLD_PICKLE = re.compile(
    rb"\(?[ci][A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n|\([dlt]p\d+\n|[\]}]q.", re.DOTALL
)
"""Start of a pickle of protocol 0 or 1: a name to import, a list or a dictionary."""


def is_old_pickle(head: Head) -> bool:
    """A pickle of protocol 0 or 1, which has no mark of its own: it begins and ends like one."""
    if not _OLD_PICKLE.match(head.data):
        return False
    with head.path.open("rb") as file:
        file.seek(max(head.size - 1, 0))
        return file.read(1) == b"."


def is_gguf(head: Head) -> bool:
    """A model for llama.cpp, of its later form."""
    return head.data.startswith(b"GGUF")


def is_shard_index(head: Head) -> bool:
    """The list of which tensor lies in which file, as Hugging Face writes it."""
    return head.data.lstrip()[:1] == b"{" and b'"weight_map"' in head.data


def is_torch_tar(head: Head) -> bool:
    """A tar archive of `torch.save`, as PyTorch wrote it before 0.1.10."""
    if head.data[257:262] != b"ustar":
        return False
    found, at = set(), 0
    with head.path.open("rb") as file:
        for _ in range(_TAR_MEMBERS):
            file.seek(at)
            block = file.read(512)
            size = re.match(rb"[0-7]+", block[124:136])
            if size is None:
                break
            found.add(block[:100].rstrip(b"\0"))
            at += 512 + -(-int(size[0], 8) // 512) * 512
    return {b"storages", b"tensors", b"pickle"} <= found


_TAR_MEMBERS = 32


def is_safetensors(head: Head) -> bool:
    """Tensors behind a JSON header whose length comes first."""
    if len(head.data) < 9 or head.data[8:9] != b"{":
        return False
    length: int = struct.unpack_from("<Q", head.data)[0]
    return 2 <= length < 1 << 40 and head.data[9:10] in (b'"', b"}", b" ", b"\n", b"")


def is_onnx(head: Head) -> bool:
    """A protobuf message with the fields of `ModelProto`, a graph among them.

    ONNX has no magic number, so the outermost fields are walked, whatever lies in them.
    """
    return onnx_state(head) == "whole"


def is_onnx_start(head: Head) -> bool:
    """The beginning of an ONNX file whose rest is missing."""
    return onnx_state(head) == "cut" and not is_text(head)


def onnx_state(head: Head) -> str:
    """`whole`, `cut` (begins like an ONNX file and ends too early), or empty."""
    if not head.size or head.data[0] & 7 not in (VARINT, BYTES) or head.data[0] > 0x50:
        return ""
    seen: set[int] = set()
    try:
        with _mapped(head) as data:
            for number, wire, _, start, end in islice(fields(data, 0, len(data)), _FIELDS):
                if _ONNX_WIRES.get(number, wire) != wire:
                    return ""
                if number == 1 and not 0 < varint(data, start, end)[0] < 1000:
                    return ""
                seen.add(number)
    except CutShortError:
        return "cut" if 1 in seen or len(seen) > 2 else ""
    except WireError:
        return ""
    return "whole" if 7 in seen and seen & {1, 8} else ""


@contextmanager
def _mapped(head: Head) -> Iterator[mmap.mmap]:
    with (
        head.path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        yield data


def protobuf_fields(head: Head) -> set[int]:
    """Numbers of the outermost fields if the file is a protobuf message, else nothing."""
    try:
        with _mapped(head) as data:
            return {field[0] for field in islice(fields(data, 0, len(data)), _FIELDS)}
    except WireError:
        return set()


def is_tensor_proto(head: Head) -> bool:
    """One tensor as ONNX test data holds it (`input_0.pb`)."""
    if not head.size or head.data[0] not in (0x08, 0x0A, 0x10):
        return False
    found = protobuf_fields(head)
    return 2 in found and bool(found & {4, 5, 6, 7, 9, 10, 11}) and max(found) <= 16


def is_picture(head: Head) -> bool:
    """A PNG, JPEG, GIF, BMP, TIFF or WebP file."""
    data = head.data
    pictures = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    bitmap = data[:2] == b"BM" and data[6:10] == b"\0\0\0\0"
    return data.startswith(pictures) or webp or bitmap


def is_text(head: Head) -> bool:
    """Text in UTF-8: no control characters but line breaks and tabs."""
    text = head.data.decode("utf-8", "ignore")
    plain = len(text.encode()) >= len(head.data) - 3
    return bool(text) and plain and all(c >= " " or c in "\t\n\r\f\x1b" for c in text)


def is_table(head: Head) -> bool:
    """Text whose first lines have the same number of commas, tabs or semicolons."""
    if not is_text(head):
        return False
    lines = head.data.decode("utf-8", "ignore").splitlines()[:4]
    counts = [{line.count(mark) for line in lines[:3]} for mark in ",;\t"]
    return len(lines) > 1 and any(len(found) == 1 and found != {0} for found in counts)


CHECKPOINTS: tuple[Callable[[Head], bool], ...] = (
    is_torch_legacy,
    is_safetensors,
    is_torch_zip,
    is_pickle,
    is_old_pickle,
    is_gguf,
    is_shard_index,
    is_torch_tar,
)


def is_sound(head: Head) -> bool:
    """A WAV file."""
    return head.data[:4] == b"RIFF" and head.data[8:12] == b"WAVE"


def is_numbers(head: Head) -> bool:
    """Text named as tables and lists are, or lines of whole numbers."""
    suffix = head.path.suffix.lower()
    lines = suffix == ".txt" and re.fullmatch(rb"[\d\s,;+-]+", head.data) is not None
    return is_text(head) and (lines or suffix in (".csv", ".tsv", ".json"))


def is_sample_folder(path: Path) -> bool:
    """A folder with ONNX test data, pictures or sounds among its first entries."""
    with suppress(OSError):
        names = (entry.name.lower() for entry in islice(path.iterdir(), _ENTRIES))
        return any(
            name.endswith((".png", ".jpg", ".jpeg", ".wav"))
            or name.startswith("test_data_set_")
            or (name.startswith("input_") and name.endswith(".pb"))
            for name in names
        )
    return False


_ENTRIES = 1000
_DATA = (is_npy, is_npz, is_picture, is_sound)
_LATE_DATA = (is_tensor_proto, is_table, is_numbers)


def classify(path: Path | str) -> str:
    """Where a dropped file or folder belongs: `onnx`, `checkpoint`, `data`, or `unknown`.

    Raises:
        InspectorError: It is missing, a folder without a model, or may not be read.
    """
    place = Path(path)
    if place.is_dir() and is_openable(place):
        return "checkpoint"
    if place.is_dir() and is_sample_folder(place):
        return "data"
    head = read_head(place)
    if any(test(head) for test in _DATA):
        return "data"
    if any(test(head) for test in CHECKPOINTS):
        return "checkpoint"
    if is_onnx(head):
        return "onnx"
    return "data" if any(test(head) for test in _LATE_DATA) else "unknown"
