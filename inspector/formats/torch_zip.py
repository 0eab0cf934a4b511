"""PyTorch's zip archives: `torch.save`, TorchScript, exported programs and their relatives.

Source: `torch/serialization.py`, `torch/jit/_serialization.py`,
`torch/export/pt2_archive/constants.py`.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Payload, Tensor
from inspector.formats.explained import explained
from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_values import ClaimError
from inspector.formats.torch_forms import NEXT_STEPS, checkpoint, contents
from inspector.formats.zip_guard import check_members, stored_at

_LARGEST_TEXT = 4 << 20
_LARGEST_PICKLE = 256 << 20

_FORMS = (
    ("data/aotinductor/", "aotinductor"),
    ("models/", "exported-program"),
    ("serialized_exported_program.json", "exported-program"),
    ("bytecode.pkl", "mobile"),
    ("constants.pkl", "torchscript"),
    (".data/extern_modules", "torch-package"),
)
"""A member below the archive's root that tells the form; `data.pkl` alone is `torch.save`."""

_PT2_DTYPES = (
    "", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex32",
    "complex64", "complex128", "bool", "bfloat16", "uint16", "float8_e4m3fn", "float8_e5m2",
)  # fmt: skip
"""`ScalarType` by number. Source: `torch/_export/serde/schema.py`."""


def read_torch_zip(path: Path) -> Checkpoint:
    """List a zip archive that PyTorch wrote; nothing in it is executed.

    Raises:
        InspectorError: It is cut short, damaged, a bomb, or no archive of PyTorch's.
    """
    with explained(path), zipfile.ZipFile(path) as archive:
        return _Archive(path, archive).checkpoint()


class _Archive:
    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        self._members = check_members(path, archive)
        self._root = self._find_root()

    def _find_root(self) -> str:
        """The folder inside the archive that holds everything; usually the file's first name."""
        marks = ("data.pkl", "constants.pkl", "archive_format", ".data/version", "version")
        for name in self._members:
            for mark in marks:
                if name.endswith(f"/{mark}") and name.count("/") == 1 + mark.count("/"):
                    return name.removesuffix(mark)
        if {"serialized_exported_program.json", "data.pkl"} & set(self._members):
            return ""
        if any(name.endswith("model.json") for name in self._members):
            raise InspectorError(
                f"{self._path.name} is a TorchScript program of PyTorch 1.3 or older.",
                "Load it with the PyTorch of its time and save it again.",
            )
        raise InspectorError(
            f"{self._path.name} is a zip archive, but PyTorch did not write it.",
            "Unpack it if it holds a model, and open that.",
            ", ".join(list(self._members)[:20]),
        )

    def _read(self, name: str, largest: int) -> bytes:
        if self._root + name not in self._members:
            raise ClaimError(f"Its member '{name}' is missing: saving it was not finished.")
        with self._archive.open(self._root + name) as member:
            found = member.read(largest + 1)
        if len(found) > largest:
            raise InspectorError(
                f"{self._path.name} holds a list of contents of more than {largest:,} bytes.",
                "Save the state dict alone, without the other data, and open that.",
            )
        return found

    def _place(self, key: str) -> Payload:
        """Where a storage lies."""
        for folder, end in (("data/", ""), ("tensors/", ""), (".data/", ".storage")):
            member = self._members.get(f"{self._root}{folder}{key}{end}")
            if member is not None:
                return self._stored(member)
        raise ClaimError(f"Its member 'data/{key}' with values of tensors is missing.")

    def _stored(self, member: zipfile.ZipInfo) -> Payload:
        found = stored_at(self._archive, member)
        if found is None:
            raise InspectorError(
                f"{self._path.name} keeps the values of its tensors compressed, which PyTorch "
                "never does.",
                "Unpack it, and pack it again without compression (zip -0), or save it again "
                "with torch.save.",
                member.filename,
            )
        return found

    def _form(self) -> str:
        below = [name.removeprefix(self._root) for name in self._members]
        for mark, form in _FORMS:
            if any(name.startswith(mark) for name in below):
                scripted = form == "mobile" and "constants.pkl" in below
                return "torchscript" if scripted else form
        return ""

    def checkpoint(self) -> Checkpoint:
        """The record of the whole archive."""
        form = self._form()
        if form in ("exported-program", "aotinductor"):
            return self._plain(form, self._program_tensors())
        if form == "torch-package":
            return self._plain(form, ())
        machine = Machine(self._read("data.pkl", _LARGEST_PICKLE))
        found = contents(machine.load(), self._place)
        source = self._source("code/") if form else ()
        return checkpoint(self._path, "zip", found, machine, machine.calls, source, form)

    def _plain(self, form: str, tensors: tuple[Tensor, ...]) -> Checkpoint:
        folder = "" if form == "torch-package" else "data/aotinductor/"
        return Checkpoint(
            path=str(self._path),
            bytes=self._path.stat().st_size,
            form=form,
            container="zip",
            tensors=tensors,
            modules=(),
            imports=(),
            training=None,
            executes=True,
            next_step=NEXT_STEPS[form],
            source=self._source(folder),
        )

    def _source(self, folder: str) -> tuple[tuple[str, str], ...]:
        """Python text that the archive carries, up to 4 MB in all."""
        found, left = [], _LARGEST_TEXT
        for name, member in self._members.items():
            inside = name.removeprefix(self._root)
            if inside.startswith(folder) and name.endswith(".py") and member.file_size <= left:
                text = self._read(inside, _LARGEST_TEXT).decode("utf-8", "replace")
                left -= len(text)
                found.append((inside, text))
        return tuple(found)

    def _program_tensors(self) -> tuple[Tensor, ...]:
        """The weights of an exported program, from its own table of contents."""
        found: list[Tensor] = []
        for name in self._members:
            if name.startswith(f"{self._root}data/weights/") and name.endswith("_config.json"):
                text = self._read(name.removeprefix(self._root), _LARGEST_PICKLE)
                entries = json.loads(text).get("config", {})
                for key, entry in entries.items():
                    place = self._members.get(f"{self._root}data/weights/{entry['path_name']}")
                    payload = self._stored(place) if place is not None else None
                    found.append(_program_tensor(key, entry["tensor_meta"], payload))
        return tuple(found)


def _program_tensor(name: str, meta: dict[str, Any], payload: Payload | None) -> Tensor:
    shape = tuple(int(size.get("as_int", -1)) for size in meta.get("sizes", ()))
    number = meta.get("dtype", 0)
    dtype = _PT2_DTYPES[number] if 0 <= number < len(_PT2_DTYPES) else ""
    size = payload.length if payload is not None else 0
    return Tensor(name, dtype, shape, size, payload)
