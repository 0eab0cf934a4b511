"""One kind of file that is not read here, and the ways in which such kinds are known."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from inspector.formats.sniff import Head, first_member, is_text, is_zip

AS_DATA = "Open a model first, then add this file as sample data."
OTHER = "Open the PyTorch or ONNX file that it was made from."
UNPACK = "Unpack it first, then open the model that is in it."
AGAIN = "Copy or download it again; the transfer stopped before it was complete."
TF2ONNX = "Convert the model to ONNX, for example with tf2onnx, and open the .onnx file."
NO_MODEL = "Open a model file."


class Foreign(NamedTuple):
    """A kind of file: how it is known, what to say (`{name}` is the file), what to do."""

    matches: Callable[[Head], bool]
    sentence: str
    hint: str


def magic(*starts: bytes, at: int = 0) -> Callable[[Head], bool]:
    """Known by these bytes at a place near its start."""
    return lambda head: head.data[at:].startswith(starts)


def member(pattern: str) -> Callable[[Head], bool]:
    """A zip archive, known by the name of its first member."""
    return lambda head: is_zip(head) and bool(re.search(pattern, first_member(head)))


def named(*ends: str) -> Callable[[Head], bool]:
    """Known by its name only: such files have no mark of their own."""
    return lambda head: head.path.name.lower().endswith(ends)


def text(pattern: bytes) -> Callable[[Head], bool]:
    """Text in which this occurs near the start."""
    compiled = re.compile(pattern)
    return lambda head: compiled.search(head.data) is not None and is_text(head)
