"""Read the weights of a checkpoint, in one file or in many; nothing in it is executed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.runtimes.pytorch_distributed import is_distributed, read_distributed
from inspector.runtimes.pytorch_holdings import Holding, hold
from inspector.runtimes.pytorch_pickle import load_pickle
from inspector.runtimes.user_code import UserCode


def read_listing(path: str) -> Checkpoint:
    """List a checkpoint without executing it.

    Raises:
        InspectorError: It cannot be read, or is an ONNX file.
    """
    from inspector.formats.registry import open_file

    found = open_file(path)
    if not isinstance(found, Checkpoint):
        raise InspectorError(
            f"'{Path(path).name}' is an ONNX file, not a PyTorch checkpoint.",
            "Choose the checkpoint that it was exported from.",
        )
    return found


def read_weights(checkpoint: Checkpoint, code: UserCode | None, asked: str = "") -> Holding:
    """The weights by name, and what the file says about building their module.

    Args:
        checkpoint: The file, or a folder of them.
        code: The user's source, which may define classes that the file names.
        asked: Dotted path of the state dict to take; empty: the likeliest.

    Raises:
        InspectorError: A file is missing or damaged, or holds no weights.
    """
    if is_distributed(Path(checkpoint.path)):
        return hold(read_distributed(Path(checkpoint.path)), checkpoint.state_path, asked)
    if checkpoint.files:
        return Holding(_read_shards(checkpoint, code))
    if checkpoint.container == "safetensors":
        return Holding(_read_safetensors(checkpoint))
    loaded = load_pickle(checkpoint, code)
    if checkpoint.form == "no-tensors" and loaded == {}:
        return Holding({})
    return hold(loaded, checkpoint.state_path or _keys(checkpoint), asked)


def _keys(checkpoint: Checkpoint) -> tuple[str, ...]:
    return (checkpoint.state_dict_key,) if checkpoint.state_dict_key else ()


def _read_shards(checkpoint: Checkpoint, code: UserCode | None) -> dict[str, Any]:
    place = Path(checkpoint.path)
    folder = place if place.is_dir() else place.parent
    lost = [file.location for file in checkpoint.files if not file.exists or file.outside]
    if lost:
        raise InspectorError(
            f"{len(lost)} of the {len(checkpoint.files)} files of weights cannot be read, "
            f"'{lost[0]}' first.",
            "Download them again, and keep all of them in one folder with the index.",
            "\n".join(lost),
        )
    state: dict[str, Any] = {}
    for file in checkpoint.files:
        state.update(read_weights(read_listing(str(folder / file.location)), code).state)
    return state


def _read_safetensors(checkpoint: Checkpoint) -> dict[str, Any]:
    """Read the tensors where the listing says that their bytes lie."""
    import torch

    tensors: dict[str, Any] = {}
    with Path(checkpoint.path).open("rb") as file:
        for listed in checkpoint.tensors:
            assert listed.payload is not None
            file.seek(listed.payload.offset)
            raw = bytearray(file.read(listed.payload.length))
            dtype = getattr(torch, listed.dtype)
            flat = torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype)
            tensors[listed.name] = flat.reshape(listed.shape)
    return tensors
