"""Weights in files of their own: whether a model may be handed to a library that reads them.

A model names its files of weights itself. A name that leads out of the model's folder could make
a runtime read any file of the computer, or wait forever at a pipe; one that promises more bytes
than there are could make it read what is not there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from inspector.core.failures import InspectorError
from inspector.core.model import Model, Tensor
from inspector.core.size_rules import wrong_size
from inspector.core.walk import bodies
from inspector.formats.inside import at_place, leaves_folder, stays_beside

_NAME = 255
"""Letters of a file's name that are said."""


def require_safe(model: Model) -> None:
    """Refuse a model whose weights no library may be sent to read.

    Nothing is opened: names are looked at, then what the system says about the files.

    Raises:
        InspectorError: A file of weights lies outside the model's folder, is missing, is no plain
            file, is shorter than the model says, or a tensor has another size than its bytes.
    """
    for file in model.external_files:
        _require_file(model, file.location, file.bytes)
    for tensor in tensors(model):
        _require_size(tensor)


def tensors(model: Model) -> Iterator[Tensor]:
    """Every stored tensor: initializers of all graphs, and those in attributes."""
    for body in bodies(model):
        if body.graph is not None:
            yield from body.graph.initializers
        for node in body.nodes:
            for attribute in node.attributes:
                if isinstance(attribute.value, Tensor):
                    yield attribute.value


def place_of(model: Path, location: str) -> Path:
    """The file that a location of external data means.

    Raises:
        InspectorError: It lies outside the model's folder, or is no plain file.
    """
    if leaves_folder(location):
        raise outside(location)
    name = location[:_NAME]
    if not stays_beside(model, location):
        raise InspectorError(
            f"'{name}' is a link that leaves the model's folder.",
            "Put the file itself into the folder of the model.",
        )
    found = at_place(model.parent / location, location, 0, 0)
    if found.instead:
        raise InspectorError(
            f"'{name}', which the model names as its weights, is {found.instead}, not a file.",
            "Put the file with the weights into its place.",
        )
    if not found.exists:
        raise InspectorError(
            f"The file '{name}' with the model's weights is missing.",
            f"Put '{name}' into the folder of the model; both were written together.",
        )
    return Path(os.path.realpath(model.parent / location))


def outside(location: str) -> InspectorError:
    """The failure of a location that leads out of the model's folder."""
    return InspectorError(
        f"The model names weights outside its own folder: '{location[:_NAME]}'.",
        "They are not read; export the model again with its weights beside it.",
    )


def _require_file(model: Model, location: str, needed: int) -> None:
    path = place_of(Path(model.path), location)
    size = path.stat().st_size
    if size < needed:
        raise InspectorError(
            f"'{location[:_NAME]}' has {size:,} bytes, but the model needs {needed:,} of it.",
            "Copy or download it again; the transfer may have stopped too early.",
        )


def _require_size(tensor: Tensor) -> None:
    wanted = wrong_size(tensor)
    if wanted is not None:
        shape = " x ".join(f"{size:,}" for size in tensor.shape) or "one value"
        raise InspectorError(
            f"The tensor '{tensor.name}' has {tensor.bytes:,} bytes, but {shape} of "
            f"{tensor.dtype} take {wanted:,}.",
            "The file is damaged or made to mislead; export or download it again.",
        )
