"""Files that are no model, or none that is read here: what each is, and what to do instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from inspector.core.failures import InspectorError
from inspector.formats.sniff import (
    Head,
    first_member,
    is_npy,
    is_npz,
    is_onnx_start,
    is_picture,
    is_table,
    is_tensor_proto,
    is_text,
    is_zip,
    protobuf_fields,
)


class Foreign(NamedTuple):
    """A kind of file: how it is known, what to say (`{name}` is the file), what to do."""

    matches: Callable[[Head], bool]
    sentence: str
    hint: str


def _magic(*starts: bytes, at: int = 0) -> Callable[[Head], bool]:
    return lambda head: head.data[at:].startswith(starts)


def _member(pattern: str) -> Callable[[Head], bool]:
    return lambda head: is_zip(head) and bool(re.search(pattern, first_member(head)))


def _is_lfs_pointer(head: Head) -> bool:
    return head.data.startswith(b"version https://git-lfs.github.com/spec/")


def _is_web_page(head: Head) -> bool:
    start = head.data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _is_zeros(head: Head) -> bool:
    return not head.data.strip(b"\0")


_AS_DATA = "Open a model first, then add this file as sample data."
_OTHER = "Open the PyTorch or ONNX file that it was made from."
_UNPACK = "Unpack it first, then open the model that is in it."
_AGAIN = "Copy or download it again; the transfer stopped before it was complete."

EARLY: tuple[Foreign, ...] = (
    Foreign(
        lambda head: head.size == 0,
        "{name} is empty: it holds 0 bytes.",
        "Download or export it again.",
    ),
    Foreign(
        _is_zeros,
        "{name} begins with zeros only, which no model file does.",
        "Copy or download it again.",
    ),
    Foreign(
        _is_lfs_pointer,
        "{name} is a git-lfs pointer: a note of a few lines in place of the model.",
        "Fetch the real file with 'git lfs pull' in its repository, then open it again.",
    ),
    Foreign(
        _is_web_page,
        "{name} is a web page, not a model.",
        "The download led to a page, often a log-in or a notice; download the file itself.",
    ),
    Foreign(is_npy, "{name} is a numpy array: sample data, not a model.", _AS_DATA),
    Foreign(is_npz, "{name} holds numpy arrays: sample data, not a model.", _AS_DATA),
    Foreign(is_picture, "{name} is a picture: sample data, not a model.", _AS_DATA),
    Foreign(
        _magic(b"TFL3", at=4), "{name} is a TensorFlow Lite model, which is not read here.", _OTHER
    ),
    Foreign(
        _magic(b"ORTM", at=4),
        "{name} is a model in ONNX Runtime's own format, which is not read here.",
        "Open the .onnx file that it was made from.",
    ),
    Foreign(
        _magic(b"\x89HDF\r\n"),
        "{name} is an HDF5 file, as Keras writes it, which is not read here.",
        "Convert the model to ONNX, for example with tf2onnx, and open the .onnx file.",
    ),
    Foreign(_magic(b"GGUF", b"ggml", b"lmgg"), "{name} is a GGUF model for llama.cpp.", _OTHER),
    Foreign(_magic(b"7767517"), "{name} is an ncnn model, which is not read here.", _OTHER),
    Foreign(_magic(b"ptrt", b"ftrt"), "{name} is a TensorRT engine.", _OTHER),
    Foreign(
        _magic(b"<?xml"),
        "{name} is an XML file, perhaps OpenVINO's, which is not read here.",
        _OTHER,
    ),
    Foreign(
        _magic(b"ustar", at=257),
        "{name} is a tar archive: PyTorch wrote such files before version 0.1.10.",
        "Unpack it if it holds a model; else load it with the PyTorch of its time and save it "
        "again.",
    ),
    Foreign(_magic(b"\x1f\x8b"), "{name} is compressed with gzip.", _UNPACK),
    Foreign(
        _magic(b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd"),
        "{name} is a compressed archive.",
        _UNPACK,
    ),
    Foreign(_magic(b"%PDF"), "{name} is a PDF document, not a model.", "Open a model file."),
    Foreign(
        _magic(b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe"),
        "{name} is a program or a library, not a model.",
        "Open a model file.",
    ),
    Foreign(_magic(b"SQLite format 3"), "{name} is a database, not a model.", "Open a model file."),
    Foreign(
        _member(r"^(config|metadata)\.json$|model\.weights\.h5"),
        "{name} is a Keras model, which is not read here.",
        "Convert the model to ONNX, for example with tf2onnx, and open the .onnx file.",
    ),
    Foreign(
        _member(r"^(\[Content_Types\]\.xml|_rels/|word/|xl/|META-INF/|mimetype)"),
        "{name} is a document or a program package, not a model.",
        "Open a model file.",
    ),
    Foreign(_member(r"\.(onnx|pth?|ckpt|safetensors)$"), "{name} is an archive of files.", _UNPACK),
)
"""What is told apart before any format is tried."""

LATE: tuple[Foreign, ...] = (
    Foreign(is_onnx_start, "{name} is cut short: it ends before the model does.", _AGAIN),
    Foreign(is_tensor_proto, "{name} is a single tensor: sample data, not a model.", _AS_DATA),
    Foreign(
        lambda head: head.data[:1] == b"\x08" and protobuf_fields(head) == {1, 2},
        "{name} is a TensorFlow SavedModel, which is not read here.",
        "Convert it to ONNX first, for example with tf2onnx, and open the .onnx file.",
    ),
    Foreign(
        lambda head: head.data[:1] == b"\x08" and max(protobuf_fields(head), default=0) >= 200,
        "{name} is a Core ML model, which is not read here.",
        _OTHER,
    ),
    Foreign(
        lambda head: is_text(head) and head.data.lstrip()[:1] in (b"{", b"["),
        "{name} is JSON text, not a model.",
        "Open the file that holds the weights; its name often ends in .safetensors, .bin or .pt.",
    ),
    Foreign(
        lambda head: is_text(head) and head.path.suffix in (".py", ".ipynb"),
        "{name} is Python source, not a model.",
        "Open the checkpoint, and give this file as its code.",
    ),
    Foreign(is_table, "{name} is a table of text: sample data at best, not a model.", _AS_DATA),
    Foreign(is_text, "{name} is plain text, not a model.", "Open a model file."),
)
"""What is told apart once no format has claimed the file."""


def refusal(head: Head, kinds: tuple[Foreign, ...]) -> InspectorError | None:
    """The failure for the first kind that the file is, else None."""
    for kind in kinds:
        if kind.matches(head):
            detail = f"The file begins with: {head.data[:64]!r}"
            return InspectorError(kind.sentence.format(name=head.path.name), kind.hint, detail)
    return None
