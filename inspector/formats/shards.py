"""Weights in several files, and the folders that Hugging Face models come in.

Source: https://huggingface.co/docs/transformers/big_models: an index (`*.index.json`) names the
file of each tensor in its `weight_map`; `config.json` names the architecture.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, ExternalFile, Import, Tensor
from inspector.formats.folders import SHARDS, weights_in
from inspector.formats.imports import HARMLESS
from inspector.formats.inside import external_file, named_inside
from inspector.formats.safetensors import safetensors_list
from inspector.formats.sniff import is_safetensors, is_torch_legacy, is_torch_zip, read_head
from inspector.formats.torch_forms import NEXT_STEPS
from inspector.formats.torch_legacy import read_torch_legacy
from inspector.formats.torch_zip import read_torch_zip

_LARGEST = 64 << 20
"""Bytes of an index or a configuration."""

_SETTINGS = (
    ("Weights are", "torch_dtype"), ("Weights are", "dtype"),
    ("transformers", "transformers_version"), ("diffusers", "_diffusers_version"),
    ("Layers", "num_hidden_layers"), ("Width", "hidden_size"), ("Vocabulary", "vocab_size"),
)  # fmt: skip
"""What of a configuration is told first; the whole stands among the sources."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one file of weights holds."""

    tensors: tuple[Tensor, ...]
    imports: tuple[Import, ...] = ()


def read_folder(folder: Path) -> Checkpoint:
    """List a folder with a model; of its weights only the tables of contents are read.

    Raises:
        InspectorError: An index or a file of weights is damaged.
    """
    index = next(iter(sorted(folder.glob("*.index.json"), key=_safer)), None)
    if index is not None:
        return _described(folder, folder, _indexed(folder, index))
    names = weights_in(folder)
    return _described(folder, folder, dict.fromkeys(names, -1))


def read_index(path: Path) -> Checkpoint:
    """List the weights that an index names, in the files beside it."""
    return _described(path, path.parent, _indexed(path.parent, path))


def beside(found: Checkpoint) -> Checkpoint:
    """The same checkpoint with what a `config.json` beside it says about its architecture."""
    config = Path(found.path).parent / "config.json"
    if found.form not in ("safetensors", "state-dict") or not config.is_file():
        return found
    try:
        settings = _json(config)
    except InspectorError:
        return found
    named = _named(settings)
    if not named["architecture"]:
        return found
    return replace(found, architecture=named["architecture"], model_type=named["model_type"])


def _safer(path: Path) -> tuple[bool, str]:
    return "safetensors" not in path.name, path.name


def _json(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file():
            raise ValueError("it is no plain file")  # reading a pipe could wait for ever
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"{path.stat().st_size:,} bytes")
        found = json.loads(path.read_bytes())
        if not isinstance(found, dict):
            raise ValueError("not a list of names and values")
    except (OSError, ValueError, RecursionError) as error:
        raise InspectorError(
            f"{path.name} is damaged: it cannot be read as JSON.",
            "Copy or download it again.",
            str(error)[:200],
        ) from error
    return found


def _indexed(folder: Path, index: Path) -> dict[str, int]:
    """Number of tensors by file, as the index has it."""
    table = _json(index).get("weight_map")
    if not isinstance(table, dict) or not all(isinstance(file, str) for file in table.values()):
        raise InspectorError(
            f"{index.name} is no index of weights: it has no 'weight_map'.",
            "Open the folder of the model, or one of its files of weights.",
        )
    return dict(sorted(Counter(table.values()).items())[:SHARDS])


def _described(path: Path, folder: Path, parts: dict[str, int]) -> Checkpoint:
    files: list[ExternalFile] = []
    tensors: list[Tensor] = []
    imports: dict[str, Import] = {}
    for name, count in parts.items():
        file = external_file(folder, name, max(count, 0), 0)
        if file.exists:
            part = _part(folder, name)
            tensors += part.tensors
            imports.update({item.name: item for item in part.imports})
            size = sum(tensor.bytes for tensor in part.tensors if not tensor.shared)
            file = file._replace(tensors=len(part.tensors), bytes=size)
        files.append(file)
    config = folder / "config.json"
    settings = _json(config) if config.is_file() else {}
    form = "huggingface" if settings else "sharded"
    own = sorted(folder.glob("*.py")) if settings.get("auto_map") else []
    return Checkpoint(
        path=str(path),
        bytes=sum(max(file.size, 0) for file in files),
        form=form,
        container="folder" if path == folder else "index",
        tensors=tuple(tensors),
        modules=(),
        imports=tuple(imports.values()),
        training=None,
        executes=bool(own) or any(item.judgement != HARMLESS for item in imports.values()),
        next_step=NEXT_STEPS[form],
        source=_texts(([config] if settings else []) + own),
        files=tuple(files),
        facts=_facts(settings, parts, tensors),
        runs=tuple(f"the model's own Python source '{file.name}'" for file in own),
        architecture=_named(settings)["architecture"],
        model_type=_named(settings)["model_type"],
    )


def _named(settings: dict[str, Any]) -> dict[str, str]:
    classes = settings.get("architectures") or [settings.get("_class_name", "")]
    first = classes[0] if isinstance(classes, list) and classes else ""
    kind = settings.get("model_type", "")
    return {
        "architecture": first if isinstance(first, str) else "",
        "model_type": kind if isinstance(kind, str) else "",
    }


def _facts(
    settings: dict[str, Any], parts: dict[str, int], tensors: list[Tensor]
) -> tuple[tuple[str, str], ...]:
    named = _named(settings)
    facts = [("Architecture", named["architecture"]), ("Model type", named["model_type"])]
    facts += [
        (label, str(settings[key]))
        for label, key in _SETTINGS
        if isinstance(settings.get(key), (str, int))
    ]
    promised = sum(count for count in parts.values() if count > 0)
    if promised > len(tensors):
        facts.append(("Not found", f"{promised - len(tensors):,} tensors that the index names"))
    return tuple((label, text) for label, text in facts if text)


def _texts(files: list[Path]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (file.name, file.read_text("utf-8", "replace"))
        for file in files
        if file.is_file() and file.stat().st_size <= _LARGEST >> 4
    )


def _part(folder: Path, name: str) -> _Part:
    """The tensors of one file, with that file as their place."""
    path = named_inside(folder, name)
    assert path is not None
    head = read_head(path)
    if is_safetensors(head):
        return _Part(safetensors_list(path, name)[0])
    if is_torch_zip(head) or is_torch_legacy(head):
        found = read_torch_zip(path) if is_torch_zip(head) else read_torch_legacy(path)
        placed = tuple(
            tensor._replace(payload=tensor.payload and tensor.payload._replace(file=name))
            for tensor in found.tensors
        )
        return _Part(placed, found.imports)
    from inspector.formats.foreign import EARLY, LATE, refusal

    raise (
        refusal(head, EARLY)
        or refusal(head, LATE)
        or InspectorError(
            f"{name} holds no weights in a form that is known here.", "Download it again."
        )
    )
