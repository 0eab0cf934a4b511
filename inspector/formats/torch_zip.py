"""PyTorch's zip archives: which of its forms one is, and the form of `torch.save` itself.

Source: `torch/serialization.py`, `torch/jit/_serialization.py`,
`torch/export/pt2_archive/constants.py`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from inspector.core.model import Checkpoint
from inspector.formats.explained import explained
from inspector.formats.pickle_machine import Machine
from inspector.formats.torch_archive import Archive
from inspector.formats.torch_forms import Pickles, checkpoint, contents

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
        return _READERS[form](archive, form)


def _form(archive: Archive) -> str:
    for mark, form in _FORMS:
        if mark in archive or (mark.endswith("/") and archive.below(mark)):
            scripted = form == "mobile" and "constants.pkl" in archive
            return "torchscript" if scripted else form
    return ""


def _saved(archive: Archive, _: str) -> Checkpoint:
    machine = Machine(archive.read("data.pkl"))
    found = contents(machine.load(), archive.place)
    pickles = Pickles(tuple(machine.globals.values()), tuple(machine.calls))
    return checkpoint(archive.path, "zip", found, pickles)


# The readers of the rarer forms are imported when one is there: an import takes longer than
# listing a checkpoint of 2 GB.
def _compiled(archive: Archive, _: str) -> Checkpoint:
    from inspector.formats.torch_program import read_compiled

    return read_compiled(archive)


def _program(archive: Archive, _: str) -> Checkpoint:
    from inspector.formats.torch_program import read_program

    return read_program(archive)


def _package(archive: Archive, _: str) -> Checkpoint:
    from inspector.formats.torch_package import read_package

    return read_package(archive)


def _script(archive: Archive, form: str) -> Checkpoint:
    from inspector.formats.torch_script import read_script

    return read_script(archive, form)


_READERS: dict[str, Callable[[Archive, str], Checkpoint]] = {
    "": _saved,
    "aotinductor": _compiled,
    "exported-program": _program,
    "torch-package": _package,
    "torchscript": _script,
    "mobile": _script,
}
