"""Folders that are models, and folders that are models of other programs: what each is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from inspector.core.failures import FOREIGN, InspectorError

_MANY = 10_000
"""Entries of a folder that are looked at."""

SHARDS = 10_000
"""Files of weights that one model may have."""

_SINGLE = (
    "model.safetensors", "pytorch_model.bin", "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.bin", "adapter_model.safetensors", "adapter_model.bin",
)  # fmt: skip
"""Usual names of all weights in one file, the safer form first."""

_TF2ONNX = "Convert it to ONNX first, for example with tf2onnx, and open the .onnx file."
_OTHER = "Open the PyTorch or ONNX file that it was made from."


class FolderKind(NamedTuple):
    """A kind of folder: how its names tell it, what to say (`{name}`), what to do (`{found}`)."""

    matches: Callable[[Path, set[str]], str]
    sentence: str
    hint: str


def _has(*names: str) -> Callable[[Path, set[str]], str]:
    """All of these are in it; a name that begins with a dot or a star is the end of one."""

    def matches(_: Path, there: set[str]) -> str:
        first = ""
        for name in names:
            found = (
                next((one for one in sorted(there) if one.endswith(name[1:])), "")
                if name.startswith("*")
                else name
                if name in there
                else ""
            )
            if not found:
                return ""
            first = first or found
        return first

    return matches


REFUSED: tuple[FolderKind, ...] = (
    FolderKind(
        _has("saved_model.pb"),
        "{name} is a folder with a TensorFlow SavedModel, which is not read here.",
        _TF2ONNX,
    ),
    FolderKind(
        _has("model_index.json"),
        "{name} is a folder with a pipeline of several models.",
        "Open the folder of one of its parts, such as 'unet', 'vae' or 'text_encoder'.",
    ),
    FolderKind(
        _has("Manifest.json", "Data"),
        "{name} is a Core ML package, which is not read here.",
        _OTHER,
    ),
    FolderKind(
        _has("coremldata.bin"),
        "{name} is a compiled Core ML model, which is not read here.",
        _OTHER,
    ),
    FolderKind(
        _has("data.pkl", "data"),
        "{name} is an unpacked PyTorch checkpoint.",
        "Pack the folder again without compression (zip -0 -r model.pt {name}), and open that.",
    ),
    FolderKind(
        _has("model.json", "*.bin"),
        "{name} is a folder with a TensorFlow.js model, which is not read here.",
        _TF2ONNX,
    ),
    FolderKind(
        _has("*.pdmodel"),
        "{name} is a folder with a PaddlePaddle model, which is not read here.",
        "Convert it to ONNX with paddle2onnx, and open the .onnx file.",
    ),
    FolderKind(
        _has("*-symbol.json", "*.params"),
        "{name} is a folder with an MXNet model, which is not read here.",
        "Export it to ONNX with MXNet, and open the .onnx file.",
    ),
    FolderKind(
        _has("adapter_config.json"),
        "{name} is a folder with an adapter, which changes the weights of another model.",
        "Merge it into its base model with peft, save the result, and open that.",
    ),
    FolderKind(_has("*.onnx"), "{name} is a folder with ONNX files.", "Open '{found}' in it."),
    FolderKind(_has("*.safetensors"), "{name} is a folder with weights.", "Open '{found}' in it."),
    FolderKind(
        _has("config.json"),
        "{name} is a folder with a model's configuration, but its weights are missing.",
        "Download the weights (model.safetensors or pytorch_model.bin) into it.",
    ),
    FolderKind(_has("*.gguf"), "{name} is a folder with GGUF files.", "Open '{found}' in it."),
    FolderKind(_has("*.ckpt"), "{name} is a folder with checkpoints.", "Open '{found}' in it."),
    FolderKind(_has("*.pt"), "{name} is a folder with PyTorch files.", "Open '{found}' in it."),
    FolderKind(_has("*.pth"), "{name} is a folder with PyTorch files.", "Open '{found}' in it."),
    FolderKind(
        _has("*.xml", "*.bin"),
        "{name} is a folder with an OpenVINO model, which is not read here.",
        _OTHER,
    ),
)
"""Folders that cannot be opened as one model, the surest sign first."""


def folder_refusal(folder: Path) -> InspectorError:
    """Why a folder is not opened, and what to open instead."""
    try:
        there = {entry.name for entry in islice(folder.iterdir(), _MANY)}
    except OSError as error:
        return InspectorError(
            f"{folder.name} may not be read by this user.",
            "Change the folder's permissions, or copy it to a place of your own.",
            str(error),
        )
    for kind in REFUSED:
        found = kind.matches(folder, there)
        if found:
            hint = kind.hint.format(name=folder.name, found=found)
            return InspectorError(kind.sentence.format(name=folder.name), hint, kind=FOREIGN)
    return InspectorError(
        f"{folder.name} is a folder, not a file.", "Open one of the files in the folder."
    )


def is_openable(folder: Path) -> bool:
    """Whether a folder can be opened as one model."""
    return is_distributed(folder) or is_model_folder(folder)


def is_distributed(folder: Path) -> bool:
    """Whether a folder has the list of contents of a distributed checkpoint."""
    return (folder / ".metadata").is_file()


def is_model_folder(folder: Path) -> bool:
    """Whether a folder holds a configuration, or an index, with weights beside it."""
    if any(folder.glob("*.index.json")):
        return True
    return (folder / "config.json").is_file() and bool(weights_in(folder))


def weights_in(folder: Path) -> list[str]:
    """Names of the files that hold a model's weights, where no index tells them."""
    for name in _SINGLE:
        if (folder / name).is_file():
            return [name]
    for end in ("*.safetensors", "pytorch_model*.bin"):
        found = sorted(path.name for path in folder.glob(end) if path.is_file())
        if found:
            return found[:SHARDS]
    return []
