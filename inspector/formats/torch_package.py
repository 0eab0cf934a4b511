"""torch.package archives: their own Python source, their pickles, and what those would import.

Source: `torch/package/package_exporter.py`.
"""

from __future__ import annotations

from inspector.core.model import Checkpoint, Module, Tensor
from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_scan import Scan, merged
from inspector.formats.pickle_values import PickleError, PickleTooLongError
from inspector.formats.torch_archive import Archive
from inspector.formats.torch_forms import Contents, Pickles, checkpoint, contents

_SHOWN = 8


def read_package(archive: Archive) -> Checkpoint:
    """List a package: its sources, the tensors of its pickles, the modules from outside."""
    tensors: list[Tensor] = []
    modules: list[Module] = []
    scans: list[Scan] = []
    objects: list[str] = []
    pickles = archive.below("", ".pkl")
    for name in pickles:
        machine = Machine(archive.read(name))
        try:
            found = contents(machine.load(), archive.place)
        except PickleTooLongError:
            raise
        except PickleError:
            found = Contents("", ())  # a pickle of another kind: its names still count
        label = name.removesuffix(".pkl").replace("/", ".")
        start = f"{label}." if len(pickles) > 1 else ""
        tensors += [tensor._replace(name=start + tensor.name) for tensor in found.tensors]
        if found.modules:
            objects.append(name)
        if not modules:
            modules = list(found.modules)
        scans.append(Scan(tuple(machine.globals.values()), tuple(machine.calls)))
    own = {name.removesuffix(".py").replace("/", ".") for name in archive.below("", ".py")}
    scan = merged(scans)
    outside = archive.text(".data/extern_modules").split()
    objects.sort(key=likeliest_first)
    states = tuple(objects) if len(objects) > 1 else ()
    facts = (
        ("Python", archive.text(".data/python_version")),
        ("Pickles", ", ".join(pickles)),
        ("Modules from outside", ", ".join(outside[:_SHOWN]) + _more(len(outside) - _SHOWN)),
    )
    return checkpoint(
        archive.path,
        "zip",
        Contents("torch-package", tuple(tensors), tuple(modules), states=states),
        Pickles(tuple(name for name in scan.names if name.module not in own), scan.calls),
        source=archive.source(""),
        facts=tuple((label, text) for label, text in facts if text),
        runs=(
            *(f"the package's own source '{name}'" for name in archive.below("", ".py")),
            *(f"the pickle '{name}'" for name in pickles),
            *(f"modules of this computer: {name}" for name in outside),
        ),
    )


def likeliest_first(name: str) -> bool:
    """Key that sorts the objects of a package, `folder/name.pkl`: those called a model first."""
    return "model" not in name.rpartition("/")[2]


def _more(left: int) -> str:
    return f" and {left:,} more" if left > 0 else ""
