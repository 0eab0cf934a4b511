"""Distributed checkpoints: a folder with `.metadata` and the tensors in `*.distcp` files.

PyTorch's own reader unpickles whatever the folder holds. Here the table of contents is read with
an allow-list, and tensors are the only entries that are read.

Source: `torch/distributed/checkpoint/filesystem.py`, `metadata.py`, `default_planner.py`.
"""

from __future__ import annotations

import enum
import math
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError

METADATA = ".metadata"

_DESCRIPTIONS = "torch.distributed.checkpoint.metadata"
"""Module whose dataclasses and enumerations a table of contents consists of."""

_NAMES = (
    "torch.Size", "torch.device", "torch.serialization._get_layout", "collections.OrderedDict",
    "torch.distributed.checkpoint.filesystem._StorageInfo",
    "torch.distributed.checkpoint.filesystem._StoragePrefix",
    "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath",
)  # fmt: skip
"""What else it may name; all of these only hold data."""


def is_distributed(path: Path) -> bool:
    """Whether a folder holds a distributed checkpoint."""
    return path.is_dir() and (path / METADATA).is_file()


def read_distributed(folder: Path) -> dict[str, Any]:
    """All tensors of a distributed checkpoint, in dictionaries within each other as saved.

    Raises:
        InspectorError: The table of contents names anything besides tensors' descriptions, or a
            file is missing.
    """
    import torch
    from torch.distributed.checkpoint.filesystem import FileSystemReader
    from torch.distributed.checkpoint.metadata import Metadata, TensorStorageMetadata
    from torch.distributed.checkpoint.state_dict_loader import _load_state_dict

    described = _read_metadata(folder / METADATA)
    _require_files(folder, described)

    class Reader(FileSystemReader):
        def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
            found: Metadata = described
            return found

    entries = described.state_dict_metadata.items()
    tensors = {name: entry for name, entry in entries if isinstance(entry, TensorStorageMetadata)}
    _require_plausible(folder, tensors.values())
    state: dict[str, Any] = {
        name: torch.empty(entry.size, dtype=entry.properties.dtype)
        for name, entry in tensors.items()
    }
    _load_state_dict(state, storage_reader=Reader(folder), no_dist=True)
    return _nested(state, described.planner_data or {})


def _read_metadata(file: Path) -> Any:
    with file.open("rb") as opened:
        try:
            described = _Described(opened).load()
        except pickle.UnpicklingError as error:
            raise InspectorError(
                f"The table of contents of '{file.parent.name}' would run code, and is not read.",
                "Ask its maker for one file of weights, as safetensors.",
                str(error),
            ) from error
    if not hasattr(described, "storage_data"):
        raise InspectorError(
            f"The table of contents of '{file.parent.name}' names no tensors.",
            "Copy the whole folder again; it may not be complete.",
            f"It holds {described!r:.200}.",
        )
    return described


def _require_files(folder: Path, described: Any) -> None:
    """Every file that is named must lie in the folder itself."""
    for stored in described.storage_data.values():
        name = str(stored.relative_path)
        if Path(name).name != name or not (folder / name).is_file():
            raise InspectorError(
                f"'{folder.name}' names the file '{name}', which is not in it.",
                "Copy the whole folder again; every rank that saved wrote a file of its own.",
            )


def _require_plausible(folder: Path, tensors: Iterable[Any]) -> None:
    """No more memory is taken than the files are large."""
    there = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    declared = sum(math.prod(t.size) * t.properties.dtype.itemsize for t in tensors)
    if declared > there:
        raise InspectorError(
            f"'{folder.name}' claims {declared:,} bytes of tensors in files of {there:,} bytes.",
            "Copy the whole folder again; a file may be cut short or missing.",
        )


class _Described(pickle.Unpickler):
    """Finds what describes tensors, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        import torch

        if (module, name) == ("builtins", "getattr"):
            return _member
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        found = super().find_class(module, name) if _is_known(module, name) else None
        if found is None or (module == _DESCRIPTIONS and not isinstance(found, type)):
            raise pickle.UnpicklingError(f"it names '{module}.{name}'")
        return found


def _member(kind: object, name: str) -> enum.Enum:
    """A member of an enumeration: Python 3.11.0 to 3.11.3 write it as a call of `getattr`."""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind[name]
    raise pickle.UnpicklingError("it names 'builtins.getattr'")


def _is_known(module: str, name: str) -> bool:
    # A dot would lead on to what the module itself imports.
    return (module == _DESCRIPTIONS and "." not in name) or f"{module}.{name}" in _NAMES


def _nested(state: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """Tensors by their flat names, put back into the dictionaries that they came from."""
    root: dict[str, Any] = {}
    for name, tensor in state.items():
        path = paths.get(name, (name,))
        *outer, last = (str(part) for part in path)
        inside = root
        for part in outer:
            inside = inside.setdefault(part, {})
        inside[last] = tensor
    return root
