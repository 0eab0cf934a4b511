"""PyTorch's zip archives: which of its forms one is, and the form of `torch.save` itself.

Source: `torch/serialization.py`, `torch/jit/_serialization.py`,
`torch/export/pt2_archive/constants.py`.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from inspector.core.model import Checkpoint
from inspector.formats.explained import explained
from inspector.formats.pickle_machine import Machine
from inspector.formats.torch_archive import Archive
from inspector.formats.torch_forms import Pickles, checkpoint, contents
from inspector.formats.torch_package import read_package
from inspector.formats.torch_program import read_compiled, read_program
from inspector.formats.torch_script import read_script

_FORMS = (
    ("data/aotinductor/", "aotinductor"),
    ("models/", "exported-program"),
    ("serialized_exported_program.json", "exported-program"),
    ("bytecode.pkl", "mobile"),
    ("constants.pkl", "torchscript"),
    (".data/extern_modules", "torch-package"),
)
"""A member below the archive's root that tells the form; `data.pkl` alone is `torch.save`."""


def read_torch_zip(path: Path) -> Checkpoint:
    """List a zip archive that PyTorch wrote; nothing in it is executed.

    Raises:
        InspectorError: It is cut short, damaged, a bomb, or no archive of PyTorch's.
    """
    with explained(path), zipfile.ZipFile(path) as opened:
        archive = Archive(path, opened)
        form = _form(archive)
        if form == "aotinductor":
            return read_compiled(archive)
        if form == "exported-program":
            return read_program(archive)
        if form == "torch-package":
            return read_package(archive)
        if form:
            return read_script(archive, form)
        return _read_saved(archive)


def _form(archive: Archive) -> str:
    for mark, form in _FORMS:
        if mark in archive or (mark.endswith("/") and archive.below(mark)):
            scripted = form == "mobile" and "constants.pkl" in archive
            return "torchscript" if scripted else form
    return ""


def _read_saved(archive: Archive) -> Checkpoint:
    machine = Machine(archive.read("data.pkl"))
    found = contents(machine.load(), archive.place)
    pickles = Pickles(tuple(machine.globals.values()), tuple(machine.calls))
    return checkpoint(archive.path, "zip", found, pickles)
