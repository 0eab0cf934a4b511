"""Name the form of a checkpoint, and say what can be done with it here."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.model import Checkpoint, Import, Module, Tensor
from inspector.formats.imports import HARMLESS, listed
from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_values import Call
from inspector.formats.torch_objects import (
    MODULES,
    StorageReader,
    TensorList,
    as_dict,
    is_module,
    view_of,
    walk_modules,
    walk_tensors,
)

_BUILD = (
    "Give the Python file and the callable that builds the module; its weights are then taken "
    "from this file, and it can be exported and compared."
)

NEXT_STEPS = {
    "whole-module": "It can be exported and compared once its classes are known: give the Python "
    "file that defines them, where they are not PyTorch's own.",
    "state-dict": _BUILD,
    "training-checkpoint": _BUILD,
    "lightning": _BUILD + " The stored hyper-parameters tell its arguments.",
    "safetensors": _BUILD,
    "optimizer": "It holds the state of a training method, not a model: open the checkpoint that "
    "was saved beside it.",
    "tensors": "It holds tensors that belong to no model: convert them to .npy or .npz to use them "
    "as sample data.",
    "no-tensors": "It holds settings and no weights: open the file that was saved beside it.",
    "quantised": "Neither exporter translates quantised PyTorch modules: export the float model, "
    "then quantise the ONNX file with ONNX Runtime.",
    "torchscript": "It can be exported with the TorchScript exporter and compared; that runs the "
    "program that the file holds, so it needs your consent.",
    "mobile": "A TorchScript program for phones, without the parts that an export needs: export "
    "the module that it was made from.",
    "exported-program": "Loading it can run code that the file brings, and it is not run here: "
    "export the module that it was made from.",
    "torch-package": "It brings its own Python source and is not run here: take the module out "
    "with torch.package.PackageImporter and save its state dict.",
    "aotinductor": "It holds native code for one kind of computer, and no module to export: "
    "export the module that it was made from.",
    "pickle": "torch.load refuses such a file: load it with the program that wrote it, and save "
    "the module with torch.save.",
}
"""Form to the one sentence that says what can be done with it."""

_STATE_KEYS = (
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module",
    "weights", "params", "generator", "encoder", "model_ema", "ema", "state_dict_ema",
)  # fmt: skip
_NO_STATE = ("optim", "scheduler", "scaler", "loss", "callbacks", "lr_")


class Contents(NamedTuple):
    """What an unread pickle says about its file."""

    form: str
    tensors: tuple[Tensor, ...]
    modules: tuple[Module, ...]
    state_dict_key: str = ""


def contents(root: Any, place: StorageReader) -> Contents:
    """The form of a loaded object, its tensors and modules."""
    out = TensorList(place)
    if isinstance(root, Call) and is_module(root):
        modules = tuple(islice(walk_modules(root, out), MODULES))
        return Contents(_module_form(modules), tuple(out.tensors), modules)
    entries = as_dict(root)
    if entries is None:
        walk_tensors(root, out)
        return Contents("tensors" if out.tensors else "no-tensors", tuple(out.tensors), ())
    modules, key = _module_inside(entries, out)
    walk_tensors({name: item for name, item in entries.items() if name != key or not key}, out)
    tensors = tuple(out.tensors)
    if modules:
        return Contents("training-checkpoint", tensors, modules, key)
    key = _state_key(entries)
    return Contents(_dict_form(entries, tensors, key), tensors, (), key)


def _module_form(modules: tuple[Module, ...]) -> str:
    return "quantised" if any(".quantized." in m.class_name for m in modules) else "whole-module"


def _module_inside(entries: dict[Any, Any], out: TensorList) -> tuple[tuple[Module, ...], str]:
    """A whole module among the values, as some training programs save it."""
    for name, value in entries.items():
        if isinstance(value, Call) and isinstance(name, str) and is_module(value):
            return tuple(islice(walk_modules(value, out, prefix=name), MODULES)), name
    return (), ""


def _is_state_dict(value: Any) -> bool:
    entries = as_dict(value)
    if not entries:
        return False
    tensors = sum(view_of(item) is not None for item in entries.values())
    return tensors > 0 and 2 * tensors >= len(entries)


def _state_key(entries: dict[Any, Any], path: str = "", depth: int = 0) -> str:
    """Dotted path of the dictionary that is most likely the model's state dict."""
    named = [(str(key), value) for key, value in entries.items() if isinstance(key, str)]
    named.sort(key=lambda item: _rank(item[0]))
    for key, value in named:
        if any(mark in key.lower() for mark in _NO_STATE):
            continue
        here = f"{path}.{key}" if path else key
        if _is_state_dict(value):
            return here
        below = as_dict(value)
        found = _state_key(below, here, depth + 1) if below and depth < 3 else ""
        if found:
            return found
    return ""


def _rank(key: str) -> int:
    return _STATE_KEYS.index(key) if key in _STATE_KEYS else len(_STATE_KEYS)


def _dict_form(entries: dict[Any, Any], tensors: tuple[Tensor, ...], key: str) -> str:
    if not tensors:
        return "no-tensors"
    if "pytorch-lightning_version" in entries:
        return "lightning"
    if _is_state_dict(entries):
        quantised = any(tensor.dtype.startswith(("qint", "quint")) for tensor in tensors)
        packed = any("_packed_params" in str(name) for name in entries)
        return "quantised" if quantised or packed else "state-dict"
    if key:
        return "training-checkpoint"
    if "param_groups" in entries or set(entries) <= {"optimizer", "optimizer_state_dict"}:
        return "optimizer"
    return "tensors"


def checkpoint(
    path: Path,
    container: str,
    found: Contents,
    machine: Machine,
    calls: Iterable[Call] = (),
    source: tuple[tuple[str, str], ...] = (),
    form: str = "",
) -> Checkpoint:
    """The record of a pickled checkpoint."""
    names = [name for name in machine.globals.values() if not _scripted(name.module)]
    imports = listed(names, calls)
    form = form or found.form
    training = found.modules[0].training if found.modules else None
    return Checkpoint(
        path=str(path),
        bytes=path.stat().st_size,
        form=form,
        container=container,
        tensors=found.tensors,
        modules=found.modules,
        imports=imports,
        training=training,
        state_dict_key=found.state_dict_key,
        executes=_executes(form, imports),
        next_step=NEXT_STEPS[form],
        source=source,
    )


def _scripted(module: str) -> bool:
    """Classes of a TorchScript program: they come from the file and import nothing."""
    return module == "__torch__" or module.startswith("__torch__.")


def _executes(form: str, imports: tuple[Import, ...]) -> bool:
    brings = ("torchscript", "mobile", "exported-program", "torch-package", "aotinductor")
    return form in brings or any(item.judgement != HARMLESS for item in imports)
