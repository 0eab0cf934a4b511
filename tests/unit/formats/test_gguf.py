"""GGUF files: metadata and tensors are listed from the header."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.formats.registry import open_file
from inspector.formats.sniff import classify
from inspector.formats.weights import read_tensor


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def _entry(key: str, kind: int, value: bytes) -> bytes:
    return _text(key) + struct.pack("<I", kind) + value


def _words(count: int) -> bytes:
    return b"".join(_text(str(index)) for index in range(count))


def _gguf(words: int = 20_000) -> bytes:
    entries = [
        _entry("general.architecture", 8, _text("llama")),
        _entry("llama.block_count", 4, struct.pack("<I", 2)),
        _entry("llama.rope", 6, struct.pack("<f", 0.5)),
        _entry("tokens", 9, struct.pack("<IQ", 8, words) + _words(words)),
        _entry("scores", 9, struct.pack("<IQ", 6, 20) + bytes(80)),
    ]  # fmt: skip
    tensors = _text("a.weight") + struct.pack("<IQQIQ", 2, 64, 3, 0, 0)
    tensors += _text("b.weight") + struct.pack("<IQQIQ", 2, 64, 2, 8, 768)
    head = b"GGUF" + struct.pack("<IQQ", 3, 2, len(entries)) + b"".join(entries) + tensors
    head += bytes(-len(head) % 32)
    return head + np.arange(192, dtype="<f4").tobytes() + bytes(2 * 2 * 34)


def test_metadata_and_tensors_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(_gguf())
    assert classify(path) == "checkpoint"
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    assert (found.form, found.model_type) == ("gguf", "llama")
    assert [(t.name, t.dtype, t.shape, t.bytes) for t in found.tensors] == [
        ("a.weight", "float32", (3, 64), 768), ("b.weight", "q8_0", (2, 64), 136),
    ]  # fmt: skip
    facts = dict(found.facts)
    assert facts["tokens"].startswith("20,000 values: 0, 1, 2")
    assert (facts["llama.block_count"], facts["llama.rope"]) == ("2", "0.5")
    assert read_tensor(path, found.tensors[0])[2, 63] == 191
    assert "llama.cpp" in found.next_step


def test_a_damaged_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    whole = _gguf(10)
    for end in range(5, len(whole) - 1, 7):
        path.write_bytes(whole[:end])
        with pytest.raises(InspectorError, match=r"cut short|damaged"):
            open_file(path)
    path.write_bytes(whole[:4] + struct.pack("<IQQ", 3, 2**60, 2**60) + whole[24:])
    with pytest.raises(InspectorError, match="damaged"):
        open_file(path)
    path.write_bytes(whole[:4] + struct.pack("<I", 99) + whole[8:])
    with pytest.raises(InspectorError, match="damaged"):
        open_file(path)
