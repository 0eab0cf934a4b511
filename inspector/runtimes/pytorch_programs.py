"""Files that bring a program of their own: TorchScript, exported, packaged and compiled ones.

All of them execute what the file holds, so they are opened after consent only.
"""

from __future__ import annotations

import json
import platform
import sys
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.findings import NOTE, Finding
from inspector.core.input_spec import InputDim, InputSpec
from inspector.core.model import Checkpoint
from inspector.formats.torch_package import likeliest_first
from inspector.runtimes.pytorch_call import Signature

MODULE, SCRIPT, PROGRAM, COMPILED = "module", "torchscript", "exported program", "compiled"
"""Kinds of what can be run: they differ in which exporter takes them, and in their modes."""

_VECTORS = ("DEFAULT", "AVX2", "AVX512")
"""Vector instructions of x86 processors, each with those before it."""


class Opened(NamedTuple):
    """What came out of a file.

    Attributes:
        module: What is called.
        kind: One of `MODULE`, `SCRIPT`, `PROGRAM`, `COMPILED`.
        findings: Remarks.
        inputs: Example inputs that the file itself tells.
        program: The `ExportedProgram` that `module` came from.
        signature: What it takes, where its `forward()` does not tell.
        recorded: Whether the file says in which mode it was saved.
    """

    module: Any
    kind: str = MODULE
    findings: tuple[Finding, ...] = ()
    inputs: tuple[InputSpec, ...] = ()
    program: Any = None
    signature: Signature | None = None
    recorded: bool = False


def open_script(checkpoint: Checkpoint) -> Opened:
    """A TorchScript module, scripted or traced; files for phones that hold its code as well.

    Raises:
        InspectorError: The file is for phones and holds no code.
    """
    import torch

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
        module = torch.jit.load(checkpoint.path, "cpu")  # type: ignore[no-untyped-call]
    return Opened(module, SCRIPT, inputs=_listed_inputs(checkpoint), recorded=True)


def _listed_inputs(checkpoint: Checkpoint) -> tuple[InputSpec, ...]:
    """The inputs that a trace was made with, where the listing has found them."""
    shapes = [value.shape for value in checkpoint.inputs]
    known = [all(isinstance(dim, int) for dim in shape) for shape in shapes if shape is not None]
    if not shapes or len(known) < len(shapes) or not all(known):
        return ()
    return tuple(
        InputSpec(v.name, v.dtype, tuple(InputDim(int(dim or 0)) for dim in v.shape or ()))
        for v in checkpoint.inputs
    )


def open_program(checkpoint: Checkpoint) -> Opened:
    """An exported program (`torch.export.save`) with the inputs that it declares."""
    import torch

    program = torch.export.load(checkpoint.path)
    return Opened(program.module(), PROGRAM, inputs=_declared_inputs(program), program=program)


def _declared_inputs(program: Any) -> tuple[InputSpec, ...]:
    """One input per tensor; none where they lie inside lists or dicts, or are numbers."""
    named: dict[str, Any] = {n.name: n.meta.get("val") for n in program.graph.nodes}
    values: list[tuple[Any, Any]] = [
        (name, named.get(str(name))) for name in program.graph_signature.user_inputs
    ]
    arguments, by_name = program.example_inputs or ((), {})
    examples = [*arguments, *by_name.values()]
    if any(not hasattr(value, "shape") for _, value in values):
        return ()
    if len(examples) != len(values) or any(not hasattr(one, "shape") for one in examples):
        examples = [None] * len(values)
    return tuple(
        InputSpec(
            str(name),
            str(value.dtype).removeprefix("torch."),
            tuple(_dim(size, example, axis) for axis, size in enumerate(value.shape)),
        )
        for (name, value), example in zip(values, examples, strict=True)
    )


def _dim(size: Any, example: Any, axis: int) -> InputDim:
    if isinstance(size, int):
        return InputDim(size)
    known = int(example.shape[axis]) if example is not None else size.node.hint
    symbol = str(size)
    return InputDim(int(known or 2), symbol if symbol.isidentifier() else "")


def open_package(checkpoint: Checkpoint, asked: str) -> Opened:
    """The module in a `torch.package` archive, built by the source that the archive brings.

    Args:
        checkpoint: The archive.
        asked: `folder/name.pkl` of the object to take; empty: the first that is a module.

    Raises:
        InspectorError: It holds no module, or not the object that was asked for.
    """
    import torch
    from torch.package.package_importer import PackageImporter

    objects = _pickles(checkpoint.path)
    if asked and asked not in objects:
        raise InspectorError(
            f"The package holds no object '{asked}'.", f"It holds: {', '.join(objects)}."
        )
    importer = PackageImporter(checkpoint.path)
    for name in (asked,) if asked else objects:
        folder, _, resource = name.rpartition("/")
        found = importer.load_pickle(folder.replace("/", "."), resource, map_location="cpu")
        if isinstance(found, torch.nn.Module):
            others = tuple(other for other in objects if other != name)
            remarks = () if asked or not others else (_object_choice(name, others),)
            return Opened(found, findings=remarks, recorded=True)
    raise InspectorError(
        f"'{Path(checkpoint.path).name}' holds no module: {', '.join(objects) or 'no objects'}.",
        "Take the state dict out of it with torch.package.PackageImporter, and save that.",
    )


def _pickles(path: str) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        names = [name.partition("/")[2] for name in archive.namelist()]
    found = [name for name in names if name.endswith(".pkl") and not name.startswith(".data/")]
    return sorted(found, key=likeliest_first)


def _object_choice(name: str, others: tuple[str, ...]) -> Finding:
    return Finding(
        "package-object-chosen",
        NOTE,
        f"The package holds {len(others) + 1} objects; the module '{name}' was taken.",
        "A package may hold several modules, and other objects beside them.",
        f"Choose another one with --state, such as --state {others[0]}.",
        others,
    )


def open_compiled(checkpoint: Checkpoint) -> Opened:
    """A model that AOTInductor compiled: native code, for this kind of computer only.

    PyTorch's own function looks for a compiler first, which no worker may start.

    Raises:
        InspectorError: It was compiled for another kind of computer.
    """
    import torch
    from torch.export.pt2_archive._package import AOTICompiledModel

    name, made_for = _compiled(checkpoint.path)
    _require_same_machine(checkpoint.path, made_for)
    package = torch._C._aoti.AOTIModelPackageLoader  # noqa: SLF001
    loader = package(checkpoint.path, name, False, 1, -1)
    compiled = AOTICompiledModel(loader)

    class Compiled(torch.nn.Module):
        def forward(self, *inputs: Any) -> Any:
            return compiled(*inputs)

    names = _argument_names(compiled)
    return Opened(Compiled(), COMPILED, signature=Signature(names, open_ended=not names))


def _require_same_machine(path: str, made_for: Mapping[str, str]) -> None:
    import torch

    system = made_for.get("AOTI_PLATFORM", sys.platform)
    machine = made_for.get("AOTI_MACHINE", platform.machine())
    device = made_for.get("AOTI_DEVICE_KEY", "cpu")
    vectors = made_for.get("AOTI_CPU_ISA", "")
    here = torch.backends.cpu.get_cpu_capability()
    rank = {name: place for place, name in enumerate(_VECTORS)}
    too_new = rank.get(vectors, 0) > rank.get(here, len(rank))
    if too_new or (system, machine, device) != (sys.platform, platform.machine(), "cpu"):
        raise InspectorError(
            f"'{Path(path).name}' was compiled for {system} on {machine} ({device} {vectors}), "
            "and does not run here.",
            "Open the module or the exported program that it was compiled from.",
        )


def _compiled(path: str) -> tuple[str, Mapping[str, str]]:
    """Name of the compiled model in the archive, and what it says about the computer."""
    name, found = "model", {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            _, _, inside = member.filename.partition("/data/aotinductor/")
            name = inside.partition("/")[0] or name
            if inside.endswith("metadata.json") and member.file_size < 1 << 20:
                found = json.loads(archive.read(member))
    return name, found if isinstance(found, dict) else {}


def _argument_names(compiled: Any) -> tuple[str, ...]:
    """Names for what it takes, by position; empty where its call is not a plain list of tensors."""
    try:
        taken = json.loads(compiled.loader.get_call_spec()[0])[1]["children_spec"]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return ()
    arguments, by_name = taken
    plain = all(not one["children_spec"] for one in arguments["children_spec"])
    if not plain or by_name["children_spec"]:
        return ()
    return tuple(f"input_{index}" for index in range(len(arguments["children_spec"])))
