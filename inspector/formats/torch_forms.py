"""Name the form of a checkpoint, and say what can be done with it here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.model import Checkpoint, Import, Module, Tensor
from inspector.formats.imports import HARMLESS, listed
from inspector.formats.pickle_objects import as_dict, settings
from inspector.formats.pickle_values import Call, Global
from inspector.formats.torch_objects import (
    MODULES,
    StorageReader,
    TensorList,
    is_module,
    walk_modules,
    walk_tensors,
)
from inspector.formats.torch_state import (
    at_path,
    is_state_dict,
    module_path,
    state_path,
    state_paths,
    wrapper_prefix,
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
    "quantised": "It can be compared. The TorchScript exporter translates modules that were "
    "quantised with an example; of those quantised dynamically, export the float model, then "
    "quantise the ONNX file with ONNX Runtime.",
    "quantised-weights": "Only the converted module takes quantised weights: save that whole, or "
    "as TorchScript, which can be exported with the TorchScript exporter.",
    "torchscript": "It can be exported with the TorchScript exporter and compared; that runs the "
    "program that the file holds, so it needs your consent.",
    "mobile": "It holds a program's instructions for phones and not its code, which PyTorch needs "
    "to run or export it: open a .ptl file that was saved with its code, or the module itself.",
    "exported-program": "It can be exported and compared; loading it can run code that the file "
    "brings, so it needs your consent.",
    "torch-package": "It can be exported and compared; that runs the Python source that the file "
    "brings, so it needs your consent.",
    "aotinductor": "It holds native code for one kind of computer, which can be compared but not "
    "exported: no operators are left in it. Export the module that it was made from.",
    "huggingface": "It can be run where the package transformers or diffusers is installed, or "
    "give the Python file and the callable that builds the module.",
    "sharded": _BUILD,
    "distributed": _BUILD,
    "gguf": "It is written for llama.cpp, with weights in types that neither PyTorch nor ONNX "
    "has: open the PyTorch or safetensors files that it was made from.",
    "pickle": "torch.load refuses such a file: load it with the program that wrote it, and save "
    "the module with torch.save.",
}
"""Form to the one sentence that says what can be done with it."""

_SETTINGS = (
    "hyper_parameters", "hparams", "hyper_params", "model_args", "model_config", "config",
    "config_dict", "cfg", "args", "opt",
)  # fmt: skip
"""Names under which training programs keep what the module was built with."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an unread pickle says about its file; the fields are those of `Checkpoint`."""

    form: str
    tensors: tuple[Tensor, ...]
    modules: tuple[Module, ...] = ()
    path: tuple[str, ...] = ()
    prefix: str = ""
    hyper_parameters: dict[str, Any] = field(default_factory=dict)
    states: tuple[str, ...] = ()


def contents(root: Any, place: StorageReader) -> Contents:
    """The form of a loaded object, its tensors and modules."""
    out = TensorList(place)
    if isinstance(root, Call) and is_module(root):
        modules = tuple(islice(walk_modules(root, out), MODULES))
        return Contents(_module_form(modules), tuple(out.tensors), modules)
    entries = as_dict(root)
    if entries is None:
        walk_tensors(root, out)
        form = "tensors" if out.tensors else "no-tensors"
        return Contents(form, tuple(out.tensors), hyper_parameters=settings(root))
    flat = is_state_dict(entries)
    path = () if flat else module_path(entries)
    modules = ()
    if path:
        module = at_path(entries, path)
        modules = tuple(islice(walk_modules(module, out, prefix=".".join(path)), MODULES))
        entries = _without(entries, path)
    walk_tensors(entries, out)
    path = path or (() if flat else state_path(entries))
    form = "training-checkpoint" if modules else _dict_form(entries, out.tensors, path, flat=flat)
    tensors = tuple(out.tensors)
    prefix = wrapper_prefix(_own_names(tensors, path)) if not modules else ""
    states = tuple(state_paths(entries)) if path and not modules else ()
    return Contents(
        form, tensors, modules, path, prefix, _settings(entries, path),
        states if len(states) > 1 else (),
    )  # fmt: skip


def _without(entries: dict[Any, Any], path: tuple[str, ...]) -> dict[Any, Any]:
    """The entries without the one at the end of these keys."""
    left = dict(entries)
    if len(path) == 1:
        del left[path[0]]
    else:
        left[path[0]] = _without(as_dict(left[path[0]]) or {}, path[1:])
    return left


def _own_names(tensors: Iterable[Tensor], path: tuple[str, ...]) -> list[str]:
    start = "".join(f"{key}." for key in path)
    return [tensor.name[len(start) :] for tensor in tensors if tensor.name.startswith(start)]


def _settings(entries: dict[Any, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """What the file says about how the module was built: beside its weights, or further out."""
    around = [as_dict(at_path(entries, path[:depth])) or {} for depth in range(len(path))]
    for level in reversed(around or [entries]):
        for key in _SETTINGS:
            found = settings(level[key]) if key in level else {}
            if found:
                return found
    return {}


def _module_form(modules: tuple[Module, ...]) -> str:
    return "quantised" if any(".quantized." in m.class_name for m in modules) else "whole-module"


def _dict_form(
    entries: dict[Any, Any], tensors: list[Tensor], path: tuple[str, ...], *, flat: bool
) -> str:
    if not tensors:
        return "no-tensors"
    if "pytorch-lightning_version" in entries:
        return "lightning"
    if flat:
        quantised = any(tensor.dtype.startswith(("qint", "quint")) for tensor in tensors)
        packed = any("_packed_params" in str(name) for name in entries)
        return "quantised-weights" if quantised or packed else "state-dict"
    if path:
        return "training-checkpoint"
    if "param_groups" in entries or set(entries) <= {"optimizer", "optimizer_state_dict"}:
        return "optimizer"
    return "tensors"


class Pickles(NamedTuple):
    """What the pickles of a file would import and call.

    `looked_into` names functions that open pickles inside these, where those were read too.
    """

    names: tuple[Global, ...] = ()
    calls: tuple[Call, ...] = ()
    looked_into: frozenset[str] = frozenset()


def checkpoint(
    path: Path, container: str, found: Contents, pickles: Pickles, **fields: Any
) -> Checkpoint:
    """The record of a checkpoint; `fields` are more of `Checkpoint`'s own."""
    names = [name for name in pickles.names if not _scripted(name.module)]
    imports = listed(names, pickles.calls, pickles.looked_into)
    training = found.modules[0].training if found.modules else None
    return Checkpoint(
        path=str(path),
        bytes=path.stat().st_size,
        form=found.form,
        container=container,
        tensors=found.tensors,
        modules=found.modules,
        imports=imports,
        training=training,
        state_dict_key=".".join(found.path),
        executes=_executes(found.form, imports),
        next_step=NEXT_STEPS[found.form],
        state_path=found.path,
        prefix=found.prefix,
        hyper_parameters=found.hyper_parameters,
        states=found.states,
        **fields,
    )


def _scripted(module: str) -> bool:
    """Classes of a TorchScript program: they come from the file and import nothing."""
    return module == "__torch__" or module.startswith("__torch__.")


def _executes(form: str, imports: tuple[Import, ...]) -> bool:
    brings = ("torchscript", "mobile", "exported-program", "torch-package", "aotinductor")
    return form in brings or any(item.judgement != HARMLESS for item in imports)
