"""Exported programs (`torch.export.save`) and packages of AOTInductor: listed, never loaded.

Loading such a file can run code: pickles with sample inputs and constants, and expressions that
are evaluated as Python. So it says what those are, and reads the rest as the JSON that it is.

Source: `torch/export/pt2_archive/_package.py` and `torch/_export/serde/schema.py`.
"""

from __future__ import annotations

import zipfile

from inspector.core.model import Checkpoint, Tensor
from inspector.formats.imports import DANGEROUS, judge
from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_scan import Scan, merged, scan_archive
from inspector.formats.torch_archive import Archive
from inspector.formats.torch_forms import Contents, Pickles, checkpoint, contents
from inspector.formats.torch_graph import Program, program, tensor_of

_OLD = "serialized_exported_program.json"

_SKIPPED = ("models/", "code/", "extra/", "data/aotinductor/", ".data/")
"""Folders without pickles."""


def read_program(archive: Archive) -> Checkpoint:
    """List an exported program; nothing in it is run."""
    old = _OLD in archive
    names = [_OLD] if old else archive.below("models/", ".json")
    tensors = _old_tensors(archive) if old else _tensors(archive)
    found = program(archive.json(names[0]), tensors) if names else Program()
    scans = _scans(archive)
    scan = merged(list(scans.values()))
    several = (("Programs", ", ".join(names)),) if len(names) > 1 else ()
    return checkpoint(
        archive.path,
        "zip",
        Contents("exported-program", found.tensors or tensors),
        Pickles(scan.names, scan.calls),
        source=_guards(found),
        graph=found.graph,
        inputs=found.inputs,
        outputs=found.outputs,
        facts=(("Archive", "of PyTorch 2.7 or older" if old else "pt2"), *found.facts, *several),
        runs=(*_pickle_runs(scans), *_other_runs(found)),
    )


def read_compiled(archive: Archive) -> Checkpoint:
    """List a package of AOTInductor, whose code is native."""
    libraries = [name for name in archive.below("data/aotinductor/") if name.endswith(_NATIVE)]
    facts: dict[str, str] = {}
    for name in archive.below("data/aotinductor/", "_metadata.json"):
        for key, value in archive.json(name).items():
            label = _COMPILED.get(key, key.removeprefix("AOTI_").replace("_", " ").capitalize())
            facts.setdefault(label, str(value))
    sizes = tuple((name.rpartition("/")[2], f"{archive.size(name):,} bytes") for name in libraries)
    scan = merged(list(_scans(archive).values()))
    return checkpoint(
        archive.path,
        "zip",
        Contents("aotinductor", _tensors(archive)),
        Pickles(scan.names, scan.calls),
        source=archive.source("data/aotinductor/", ".cpp"),
        facts=(*((label, text) for label, text in facts.items() if text), *sizes),
        runs=tuple(f"the native code '{name.rpartition('/')[2]}'" for name in libraries),
    )


_NATIVE = (".so", ".dll", ".dylib", ".pyd", ".cubin", ".o")

_COMPILED = {"AOTI_DEVICE_KEY": "Compiled for", "AOTI_CPU_ISA": "Instructions of the processor"}


def _guards(found: Program) -> tuple[tuple[str, str], ...]:
    return (("guards (checked as Python code)", found.guards),) if found.guards else ()


def _tensors(archive: Archive) -> tuple[Tensor, ...]:
    """The weights and constants, from the archive's own tables of contents."""
    found: list[Tensor] = []
    taken: set[str] = set()
    for folder in ("data/weights/", "data/constants/"):
        for name in archive.below(folder, "_config.json"):
            for key, entry in archive.json(name).get("config", {}).items():
                member = f"{folder}{entry['path_name']}"
                meta = entry.get("tensor_meta")
                if not meta:
                    continue  # an object, not a tensor
                place = archive.stored(member) if member in archive else None
                pickled = bool(entry.get("use_pickle"))
                found.append(tensor_of(key, meta, place, pickled=pickled, shared=member in taken))
                taken.add(member)
    return tuple(found)


def _old_tensors(archive: Archive) -> tuple[Tensor, ...]:
    """The weights of the older form: whole files of torch.save inside the archive."""
    found: list[Tensor] = []
    for name in ("serialized_state_dict.pt", "serialized_constants.pt"):
        if name not in archive or not archive.size(name):
            continue
        place = archive.stored(name)
        with archive.opened(name) as (file, size), zipfile.ZipFile(file) as inner:
            nested = Archive(archive.path, inner, place.offset, size)
            machine = Machine(nested.read("data.pkl"))
            found += contents(machine.load(), nested.place).tensors
    return tuple(found)


def _scans(archive: Archive) -> dict[str, Scan]:
    """What the pickles in the archive name, by member: raw weights are told by their table."""
    raw = {f"data/weights/{name}" for name in _raw_members(archive, "data/weights/")}
    raw |= {f"data/constants/{name}" for name in _raw_members(archive, "data/constants/")}
    return scan_archive(
        archive, lambda name: name in raw or name.startswith(_SKIPPED) or name.endswith(".json")
    )


def _raw_members(archive: Archive, folder: str) -> list[str]:
    return [
        str(entry.get("path_name"))
        for name in archive.below(folder, "_config.json")
        for entry in archive.json(name).get("config", {}).values()
        if entry.get("tensor_meta") and not entry.get("use_pickle")
    ]


def _pickle_runs(scans: dict[str, Scan]) -> tuple[str, ...]:
    """The pickles that loading opens, those with dangerous names first."""
    found = []
    for name, scan in scans.items():
        bad = [item.path for item in scan.names if judge(item.path)[0] == DANGEROUS]
        what = f", which names {', '.join(bad[:3])}" if bad else ""
        found.append((not bad, f"the pickle '{name}'{what}"))
    return tuple(text for _, text in sorted(found))


def _other_runs(found: Program) -> tuple[str, ...]:
    runs = []
    if found.expressions:
        runs.append(f"{found.expressions:,} expressions of sizes, evaluated by sympy")
    if found.guards:
        runs.append("its guards, compiled as Python code")
    return tuple(runs)
