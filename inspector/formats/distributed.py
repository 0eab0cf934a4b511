"""Distributed checkpoints: a folder of `*.distcp` files with the list of contents in `.metadata`.

Source: `torch/distributed/checkpoint/metadata.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Tensor
from inspector.formats.explained import explained
from inspector.formats.inside import external_file
from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_objects import as_dict, state_of
from inspector.formats.pickle_values import Call, PickleError
from inspector.formats.torch_forms import Contents, Pickles, checkpoint
from inspector.formats.torch_views import ITEM_BYTES, dtype_of, sizes

_LARGEST = 256 << 20


def read_distributed(folder: Path) -> Checkpoint:
    """List a distributed checkpoint; nothing in its list of contents is executed.

    Raises:
        InspectorError: The list is damaged.
    """
    path = folder / ".metadata"
    if path.stat().st_size > _LARGEST:
        raise InspectorError(f"The list of contents of {folder.name} is too long to be read.")
    with explained(folder):
        machine = Machine(path.read_bytes())
        state = state_of(machine.load())
        entries = as_dict(state.get("state_dict_metadata"))
        if entries is None:
            raise PickleError("it describes no checkpoint")
        tensors = tuple(
            found
            for name, entry in entries.items()
            if (found := _tensor(str(name), state_of(entry))) is not None
        )
        shards, needed = _shards(as_dict(state.get("storage_data")) or {})
    files = tuple(
        external_file(folder, name, shards[name], needed[name]) for name in sorted(shards)
    )
    other = len(entries) - len(tensors)
    version = state.get("version")
    facts = (
        ("Version", version if isinstance(version, str) else ""),
        ("Other values", f"{other:,} that are no tensors" if other else ""),
    )
    made = checkpoint(
        path,
        "folder",
        Contents("distributed", tensors),
        Pickles(tuple(machine.globals.values()), tuple(machine.calls)),
        files=files,
        facts=tuple((label, text) for label, text in facts if text),
        runs=("the pickle '.metadata'", "a pickle in each file of weights"),
    )
    return replace(made, path=str(folder), bytes=sum(max(file.size, 0) for file in files))


def _tensor(name: str, entry: dict[Any, Any]) -> Tensor | None:
    shape, properties = sizes(entry.get("size")), entry.get("properties")
    if shape is None or not isinstance(properties, Call):
        return None
    state = properties.state
    dtype = dtype_of(state[0] if isinstance(state, tuple) and state else _field(properties))
    return Tensor(name, dtype, shape, math.prod(shape) * ITEM_BYTES.get(dtype, 1))


def _field(properties: Call) -> Any:
    return state_of(properties).get("dtype")


def _shards(found: dict[Any, Any]) -> tuple[Counter[str], Counter[str]]:
    """Parts of tensors and bytes by file."""
    parts: Counter[str] = Counter()
    needed: Counter[str] = Counter()
    for item in found.values():
        state = state_of(item)
        name, offset, length = (state.get(key) for key in ("relative_path", "offset", "length"))
        if isinstance(name, str) and isinstance(offset, int) and isinstance(length, int):
            parts[name] += 1
            needed[name] = max(needed[name], offset + length)
    return parts, needed
