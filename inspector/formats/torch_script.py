"""TorchScript programs: their modules, tensors, own source code, and what `forward` takes.

Source: `torch/csrc/jit/serialization/export_module.cpp`; the code is written by
`python_print.cpp`: one class per file, in a subset of Python's syntax.
"""

from __future__ import annotations

import re
from typing import Any

from inspector.core.model import Checkpoint, Tensor, Value
from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_objects import as_dict
from inspector.formats.pickle_values import Call
from inspector.formats.torch_archive import Archive
from inspector.formats.torch_forms import Contents, Pickles, checkpoint, contents
from inspector.formats.torch_objects import TensorList
from inspector.formats.torch_views import view_of

_LONGEST = 100_000
"""Characters of the longest list of arguments that is looked through."""

_FORWARD = re.compile(r"^  def forward\(", re.MULTILINE)


def read_script(archive: Archive, form: str) -> Checkpoint:
    """List a TorchScript program; nothing in it is run."""
    machine = Machine(archive.read("data.pkl"))
    root = machine.load()
    found = contents(root, archive.place)
    source = archive.source("code/")
    inputs, outputs, signature = _signature(root, dict(source))
    traced = "traced_inputs.pkl" in archive
    return checkpoint(
        archive.path,
        "zip",
        Contents(form, (*found.tensors, *_constants(archive)), found.modules),
        Pickles(tuple(machine.globals.values()), tuple(machine.calls)),
        source=source,
        inputs=_with_examples(inputs, archive) if traced else inputs,
        outputs=outputs,
        traced=traced,
        facts=_facts(archive, signature, traced),
        runs=(f"the program in its {len(source):,} files of code, by PyTorch's own interpreter",),
    )


def _facts(archive: Archive, signature: str, traced: bool) -> tuple[tuple[str, str], ...]:
    facts = (
        ("Made by", "torch.jit.trace" if traced else "torch.jit.script"),
        ("forward", signature),
        ("File format version", archive.text("version")),
        ("Bytecode for phones", _bytecode_version(archive)),
    )
    return tuple((label, text) for label, text in facts if text)


def _bytecode_version(archive: Archive) -> str:
    if "bytecode.pkl" not in archive:
        return ""
    table = Machine(archive.read("bytecode.pkl")).load()
    first = table[0] if isinstance(table, tuple) and table else None
    return f"version {first}" if isinstance(first, int) else "of unknown version"


def _constants(archive: Archive) -> tuple[Tensor, ...]:
    """Tensors that stand in the program itself: `CONSTANTS.c0` in its code."""
    if "constants.pkl" not in archive:
        return ()

    def place(key: str) -> Any:
        name = f"constants/{key}"
        return archive.stored(name) if name in archive else archive.place(key)

    held = Machine(archive.read("constants.pkl")).load()
    out = TensorList(place)
    for index, item in enumerate(held if isinstance(held, (tuple, list)) else ()):
        view = view_of(item)
        if view is not None:
            out.add(f"CONSTANTS.c{index}", view)
    return tuple(out.tensors)


def _with_examples(inputs: tuple[Value, ...], archive: Archive) -> tuple[Value, ...]:
    """Types and shapes of the example that the program was traced with."""
    held = Machine(archive.read("traced_inputs.pkl")).load()
    entries = as_dict(_untagged(held)) or {}
    example = _untagged(entries.get("forward"))
    views = [view_of(item) for item in example] if isinstance(example, list) else []
    if len(views) != len(inputs):
        return inputs
    return tuple(
        value if view is None else Value(value.name, view.dtype, view.shape)
        for value, view in zip(inputs, views, strict=True)
    )


def _untagged(value: Any) -> Any:
    """TorchScript wraps lists and dictionaries in a call that names their type."""
    if isinstance(value, Call) and value.path.startswith("torch.jit._pickle.") and value.args:
        return value.args[0]
    return value


def _signature(
    root: Any, source: dict[str, str]
) -> tuple[tuple[Value, ...], tuple[Value, ...], str]:
    """What the root module's `forward` takes and gives, read from its code."""
    path = root.path.rpartition(".")[0] if isinstance(root, Call) else ""
    name = root.path.rpartition(".")[2] if isinstance(root, Call) else ""
    text = source.get(f"code/{path.replace('.', '/')}.py", "")
    begin = re.search(rf"^class {re.escape(name)}\(", text, re.MULTILINE)
    found = _FORWARD.search(text, begin.end()) if begin else None
    if found is None:
        return (), (), ""
    inside, end = _bracketed(text, found.end() - 1)
    arguments = [" ".join(item.split()) for item in split(inside)][1:]
    gives = re.match(r"\s*->\s*(.+):[ \t]*$", text[end : end + _LONGEST], re.MULTILINE)
    returned = gives.group(1) if gives else ""
    return (
        tuple(_value(item) for item in arguments if ":" in item),
        tuple(_returned(returned)),
        f"({', '.join(arguments)})" + (f" -> {returned}" if returned else ""),
    )


def _value(argument: str) -> Value:
    name, _, kind = argument.partition(":")
    return Value(name.strip(), kind.partition("=")[0].strip(), None)


def _returned(text: str) -> list[Value]:
    if text.startswith("Tuple["):
        parts = split(_bracketed(text, 5)[0])
        return [Value(f"output {index}", part.strip(), None) for index, part in enumerate(parts)]
    return [Value("output", text, None)] if text else []


def _bracketed(text: str, start: int) -> tuple[str, int]:
    """What stands between the bracket at `start` and its partner, and where that ends."""
    depth = 0
    for at in range(start, min(len(text), start + _LONGEST)):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth == 0:
            return text[start + 1 : at], at + 1
    return "", len(text)


def split(text: str) -> list[str]:
    """The parts between the commas that stand in no bracket."""
    parts, depth, begin = [], 0, 0
    for at, mark in enumerate(text):
        depth += (mark in "([{") - (mark in ")]}")
        if mark == "," and depth == 0:
            parts.append(text[begin:at])
            begin = at + 1
    return [part for part in (*parts, text[begin:]) if part.strip()]
