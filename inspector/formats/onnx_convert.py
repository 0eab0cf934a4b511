"""A model for an older runtime, as a new file: a lower IR version, another opset."""

from __future__ import annotations

import mmap
import os
import shutil
from pathlib import Path
from typing import BinaryIO, NamedTuple

import onnx

from inspector.core.failures import InspectorError
from inspector.core.model import Model
from inspector.core.walk import bodies
from inspector.formats.onnx import read_onnx
from inspector.formats.onnx_external import place_of, require_safe
from inspector.formats.protobuf_wire import encode_field, encode_varint, fields

_IR_VERSION, _OPSET_IMPORT = 1, 8
"""Fields of `ModelProto`."""

_CHUNK = 1 << 20
_MOST = 1_900_000_000
"""Bytes that protobuf can hold in one message, with some to spare."""


class Change(NamedTuple):
    """What a conversion changed; a version that stayed is in both places."""

    ir_version: tuple[int, int]
    opset: tuple[int, int]

    @property
    def sentence(self) -> str:
        """What was done, for people."""
        parts = []
        if self.ir_version[0] != self.ir_version[1]:
            parts.append(f"IR version {self.ir_version[0]} was written as {self.ir_version[1]}")
        if self.opset[0] != self.opset[1]:
            parts.append(f"opset {self.opset[0]} was converted to {self.opset[1]}")
        return " and ".join(parts) or "nothing had to be changed"


def convert(source: Path, target: Path, opset: int, ir_version: int, lowest: int = 0) -> Change:
    """Write a model with at most these versions; the original stays as it is.

    Files of weights are copied beside the new file.

    Args:
        source: The model.
        target: The file to write; nothing is left there where it fails.
        opset: Highest version of the standard operators.
        ir_version: Highest IR version.
        lowest: An opset below this is raised to it.

    Raises:
        InspectorError: The files are not safe to read, an operator has no older form, the model
            is too large for the converter, or what comes out breaks a rule of ONNX.
    """
    if target.exists() and os.path.samefile(source, target):
        raise InspectorError(
            "The new file would take the place of the model itself.", "Choose another name."
        )
    model = read_onnx(source)
    require_safe(model)
    found = max((e.version for e in model.opset_imports if e.domain == "ai.onnx"), default=0)
    change = Change(
        (model.ir_version, min(model.ir_version, ir_version)),
        (found, max(min(found, opset), lowest)),
    )
    part = target.with_name(f"{target.name}.part")
    brought: list[Path] = []
    try:
        same = change.opset[0] == change.opset[1]
        if same or (not model.functions and _means_the_same(model, *change.opset)):
            _bring_weights(model, target.parent, brought)
            _rewrite_versions(source, part, change)
        else:
            _convert_opset(model, part, change)
        _check(part)
        os.replace(part, target)
        brought.clear()
    finally:
        for path in brought:
            path.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
    return change


def _means_the_same(model: Model, opset: int, older: int) -> bool:
    """Whether every standard operator of a file is the same one in an older opset."""
    used = {
        node.op_type
        for body in bodies(model)
        for node in body.nodes
        if node.domain in ("", "ai.onnx")
    }
    try:
        return all(
            onnx.defs.get_schema(name, opset).since_version
            == onnx.defs.get_schema(name, older).since_version
            for name in used
        )
    except onnx.defs.SchemaError:
        return False


def _rewrite_versions(source: Path, target: Path, change: Change) -> None:
    """Copy a file with other versions in its head: the rest stays, so that any size works."""
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        places = [
            (tag, stop, _rewritten(number, data[start:stop], change))
            for number, _, tag, start, stop in fields(data, 0, len(data))
            if number in (_IR_VERSION, _OPSET_IMPORT)
        ]
        with target.open("wb") as out:
            at = 0
            for tag, stop, content in (*places, (len(data), len(data), b"")):
                _copy(data, at, tag, out)
                out.write(content)
                at = stop


def _rewritten(number: int, content: bytes, change: Change) -> bytes:
    if number == _IR_VERSION:
        return b"\x08" + encode_varint(change.ir_version[1])
    entry = onnx.OperatorSetIdProto.FromString(content)
    if entry.domain in ("", "ai.onnx"):
        entry.version = change.opset[1]
    return encode_field(_OPSET_IMPORT, entry.SerializeToString())


def _copy(data: mmap.mmap, start: int, stop: int, out: BinaryIO) -> None:
    for at in range(start, stop, _CHUNK):
        out.write(data[at : min(at + _CHUNK, stop)])


def _bring_weights(model: Model, folder: Path, brought: list[Path]) -> None:
    """Copy the files of weights: the onnx package refuses links, hard ones too."""
    home = Path(model.path).parent
    if folder.exists() and os.path.samefile(home, folder):
        return
    for file in model.external_files:
        place, wanted = place_of(Path(model.path), file.location), folder / file.location
        wanted.parent.mkdir(parents=True, exist_ok=True)
        if wanted.exists():
            raise InspectorError(
                f"'{wanted.name}' is already in the folder of the new file.",
                "Choose an empty folder, so that no weights are overwritten.",
            )
        brought.append(wanted)
        shutil.copyfile(place, wanted)


def _convert_opset(model: Model, target: Path, change: Change) -> None:
    size = model.bytes + sum(file.bytes for file in model.external_files)
    if size > _MOST:
        raise InspectorError(
            f"The model has {size:,} bytes, and the converter of the onnx package takes "
            f"{_MOST:,} at most.",
            f"Export it again with opset {change.opset[1]}.",
        )
    proto = onnx.load(model.path)
    proto.ir_version = change.ir_version[1]
    try:
        converted = onnx.version_converter.convert_version(proto, change.opset[1])
    except (RuntimeError, onnx.version_converter.ConvertError) as error:
        raise InspectorError(
            f"The onnx package cannot convert this model from opset {change.opset[0]} to "
            f"{change.opset[1]}.",
            f"Export it again with opset {change.opset[1]}.",
            str(error),
        ) from error
    converted.ir_version = change.ir_version[1]
    target.write_bytes(converted.SerializeToString())


def gather_weights(path: Path) -> None:
    """Put the weights that lie beside a new file into one, named after it with `.data`."""
    model = read_onnx(path)
    named = [file.location for file in model.external_files]
    together = f"{path.name}.data"
    if not named or named == [together]:
        return
    proto = onnx.load(path)
    for location in named:
        place_of(path, location).unlink()
    onnx.save_model(proto, path, save_as_external_data=True, location=together, size_threshold=0)


def _check(path: Path) -> None:
    try:
        onnx.checker.check_model(str(path))
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise InspectorError(
            "The converted model breaks a rule of ONNX, so it was not kept.",
            "Export the model again with the version that is needed.",
            str(error),
        ) from error
