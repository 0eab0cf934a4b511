"""Every file format that can be opened, in the order in which it is tried.

A new format is a file in this folder and a line in `FORMATS`; the open dialog follows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Model
from inspector.formats import sniff as known
from inspector.formats.folders import is_distributed, is_model_folder
from inspector.formats.foreign import EARLY, LATE, refusal
from inspector.formats.pickle_machine import one_budget
from inspector.formats.sniff import Head, read_head


class Format(NamedTuple):
    """One format: its name, usual suffixes (for the open dialog), how it is known and read."""

    name: str
    suffixes: tuple[str, ...]
    recognise: Callable[[Head], bool]
    read: Callable[[Path], Model | Checkpoint]


# The readers are imported when first needed: the window lists suffixes and never reads.
def _onnx(path: Path) -> Model:
    from inspector.formats.onnx import read_onnx

    return read_onnx(path)


def _torch_zip(path: Path) -> Checkpoint:
    from inspector.formats.torch_zip import read_torch_zip

    return read_torch_zip(path)


def _torch_legacy(path: Path) -> Checkpoint:
    from inspector.formats.torch_legacy import read_torch_legacy

    return read_torch_legacy(path)


def _pickle(path: Path) -> Checkpoint:
    from inspector.formats.pickle_files import read_plain_pickle

    return read_plain_pickle(path)


def _safetensors(path: Path) -> Checkpoint:
    from inspector.formats.safetensors import read_safetensors

    return read_safetensors(path)


def _tar(path: Path) -> Checkpoint:
    from inspector.formats.torch_tar import read_torch_tar

    return read_torch_tar(path)


def _gguf(path: Path) -> Checkpoint:
    from inspector.formats.gguf import read_gguf

    return read_gguf(path)


def _index(path: Path) -> Checkpoint:
    from inspector.formats.shards import read_index

    return read_index(path)


def _folder(path: Path) -> Checkpoint:
    from inspector.formats.shards import read_folder

    return read_folder(path)


def _distributed(path: Path) -> Checkpoint:
    from inspector.formats.distributed import read_distributed

    return read_distributed(path)


FORMATS: tuple[Format, ...] = (
    Format("PyTorch (before zip)", (".pt", ".pth"), known.is_torch_legacy, _torch_legacy),
    Format("safetensors", (".safetensors",), known.is_safetensors, _safetensors),
    Format(
        "PyTorch",
        (".pt", ".pth", ".ckpt", ".bin", ".jit", ".pt2", ".ptl", ".tar"),
        known.is_torch_zip,
        _torch_zip,
    ),
    Format("PyTorch (before 0.1.10)", (".pt", ".t7", ".tar"), known.is_torch_tar, _tar),
    Format("pickle", (".pkl", ".pickle"), known.is_pickle, _pickle),
    Format("pickle (protocol 0 or 1)", (".pkl", ".pickle"), known.is_old_pickle, _pickle),
    Format("GGUF", (".gguf",), known.is_gguf, _gguf),
    Format("index of weights", (".index.json",), known.is_shard_index, _index),
    Format("ONNX", (".onnx",), known.is_onnx, _onnx),
)

FOLDERS: tuple[Format, ...] = (
    Format("distributed checkpoint", (), lambda head: is_distributed(head.path), _distributed),
    Format("Hugging Face folder", (), lambda head: is_model_folder(head.path), _folder),
)
"""Forms that are a whole folder."""


def sniff(path: Path | str) -> Format:
    """The format of a file, by its bytes, or of a folder, by what is in it.

    Raises:
        InspectorError: It is none that is read here; the failure says what it is.
    """
    if Path(path).is_dir():
        empty = Head(Path(path), b"", 0)
        for candidate in FOLDERS:
            if candidate.recognise(empty):
                return candidate
    head = read_head(Path(path))
    refused = refusal(head, EARLY)
    if refused is not None:
        raise refused
    for candidate in FORMATS:
        if candidate.recognise(head):
            return candidate
    raise refusal(head, LATE) or InspectorError(
        f"{head.path.name} is not a model file that is known here.",
        "Open an ONNX file (.onnx) or a PyTorch file (.pt, .pth, .ckpt, .safetensors).",
        f"The file begins with: {head.data[:64]!r}",
    )


def open_file(path: Path | str) -> Model | Checkpoint:
    """What is in a file; nothing in it is executed, and no weights are read.

    Raises:
        InspectorError: It is no file, none that is read here, or damaged.
    """
    found = sniff(path)
    try:
        with one_budget():
            opened = found.read(Path(path))
        return _with_architecture(opened) if isinstance(opened, Checkpoint) else opened
    except (OSError, MemoryError) as error:
        raise InspectorError(
            f"{Path(path).name} cannot be read to its end.",
            "Check the disk or the network connection, then open it again.",
            str(error),
        ) from error


def _with_architecture(opened: Checkpoint) -> Checkpoint:
    """What a `config.json` beside a file of weights says about them."""
    if opened.form not in ("safetensors", "state-dict"):
        return opened
    if not (Path(opened.path).parent / "config.json").is_file():
        return opened
    from inspector.formats.shards import beside

    return beside(opened)
