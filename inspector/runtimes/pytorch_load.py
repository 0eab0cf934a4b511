"""Load a PyTorch checkpoint of any form that can be run, with the user's source where needed."""

from __future__ import annotations

import inspect
import json
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.core.checkpoint_rules import traced_in_training_mode
from inspector.core.failures import InspectorError, TrustNeededError
from inspector.core.finding import apply
from inspector.core.findings import SHOULD, Finding
from inspector.core.model import Checkpoint
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.runtimes.pytorch_call import Signature, signature_of
from inspector.runtimes.pytorch_pickle import holds_module, load_pickle
from inspector.runtimes.pytorch_state import find_state_dict, load_state
from inspector.runtimes.user_code import UserCode, code_findings, load_user_code, preview

LOADING = "Loading checkpoint"

WEIGHTS = ("state-dict", "training-checkpoint", "lightning", "safetensors")
"""Forms that hold tensors by name and need a callable that builds the module."""


@dataclass
class Loaded:
    """A model ready to run: in evaluation mode, without gradients.

    Attributes:
        module: The `nn.Module` or `ScriptModule`.
        scripted: Whether it is TorchScript.
        checkpoint: The file, as listed without executing it.
        signature: What `forward()` takes.
        training: Paths of the modules that were saved in training mode; the root is ``.
        findings: Remarks made while loading.
        files: Path and time of change of every file that it came from.
    """

    module: Any
    scripted: bool
    checkpoint: Checkpoint
    signature: Signature
    training: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    files: dict[str, int] = field(default_factory=dict)

    @property
    def training_recorded(self) -> bool:
        """Whether the file says in which mode the model was saved."""
        return self.scripted or holds_module(self.checkpoint)

    @property
    def parameters(self) -> int:
        """Number of elements of all parameters."""
        return sum(p.numel() for p in self.module.parameters())


def load(source: ModelSource, report: Report) -> Loaded:
    """Load a model.

    Raises:
        TrustNeededError: It would execute code, and `source.trust` is not set.
        InspectorError: The form cannot be run, or what it needs is missing or does not fit.
    """
    report.stage(LOADING, Path(source.path).name)
    checkpoint = read_listing(source.path)
    _require_runnable(checkpoint, source)
    _require_trust(checkpoint, source)
    code = load_user_code(source.code) if source.code else None
    remarks: tuple[Finding, ...] = ()
    if checkpoint.form == "torchscript":
        module = _load_script(checkpoint)
    elif holds_module(checkpoint):
        module = _inside(load_pickle(checkpoint, code), checkpoint.state_dict_key)
    else:
        assert code is not None
        module = build(code, source.code_args)
        remarks = load_state(module, _read_state(checkpoint, code))
    return _ready(module, checkpoint, source, code, remarks)


def read_listing(path: str) -> Checkpoint:
    """List a checkpoint without executing it."""
    from inspector.formats.registry import open_file

    found = open_file(path)
    if not isinstance(found, Checkpoint):
        raise InspectorError(
            f"'{Path(path).name}' is an ONNX file, not a PyTorch checkpoint.",
            "Choose the checkpoint that it was exported from.",
        )
    return found


def _require_runnable(checkpoint: Checkpoint, source: ModelSource) -> None:
    name = Path(checkpoint.path).name
    runnable = (*WEIGHTS, "torchscript", "whole-module")
    if checkpoint.form not in runnable and not _is_empty_state(checkpoint, source):
        raise InspectorError(
            f"'{name}' is of a form that cannot be run here: {checkpoint.form}.",
            checkpoint.next_step or "Save the module itself, or its state dict.",
        )
    if checkpoint.form in WEIGHTS and not holds_module(checkpoint) and not source.code:
        raise InspectorError(
            f"'{name}' holds weights only, not the model that they belong to.",
            "Name the Python file and what builds the model in it: --code FILE.py:CALLABLE.",
            checkpoint.next_step,
        )


def _is_empty_state(checkpoint: Checkpoint, source: ModelSource) -> bool:
    """Whether the file may be the state dict of a module that has no weights."""
    return checkpoint.form == "no-tensors" and bool(source.code)


def _require_trust(checkpoint: Checkpoint, source: ModelSource) -> None:
    if source.trust:
        return
    asks = preview(source.code) if source.code else ()
    if checkpoint.form == "torchscript":
        asks = ("the TorchScript code that the file brings", *asks)
    if checkpoint.executes and holds_module(checkpoint):
        named = (e for e in checkpoint.imports if e.judgement != "harmless")
        asks = (*(f"{entry.name} ({entry.what})" for entry in named), *asks)
    if asks:
        raise TrustNeededError(
            f"Running '{Path(checkpoint.path).name}' executes code, and needs your consent.",
            "If you trust where it comes from, allow it (--trust).",
            "It would import or execute:\n" + "\n".join(f"  {line}" for line in asks),
        )


def _load_script(checkpoint: Checkpoint) -> Any:
    import torch

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
        return torch.jit.load(checkpoint.path, "cpu")  # type: ignore[no-untyped-call]


def _inside(loaded: Any, key: str) -> Any:
    """The module that was unpickled: the whole, or what lies under a key of a dict."""
    return loaded[key] if key else loaded


def _read_state(checkpoint: Checkpoint, code: UserCode) -> dict[str, Any]:
    if checkpoint.form == "safetensors":
        return _read_safetensors(checkpoint)
    loaded = load_pickle(checkpoint, code)
    if checkpoint.form == "no-tensors" and loaded == {}:
        return {}
    return find_state_dict(loaded, checkpoint.state_dict_key)


def _read_safetensors(checkpoint: Checkpoint) -> dict[str, Any]:
    """Read the tensors where the listing says that their bytes lie."""
    import torch

    tensors: dict[str, Any] = {}
    with Path(checkpoint.path).open("rb") as file:
        for listed in checkpoint.tensors:
            assert listed.payload is not None
            file.seek(listed.payload.offset)
            raw = bytearray(file.read(listed.payload.length))
            dtype = getattr(torch, listed.dtype)
            flat = torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype)
            tensors[listed.name] = flat.reshape(listed.shape)
    return tensors


def build(code: UserCode, code_args: str) -> Any:
    """Call what builds the module.

    Raises:
        InspectorError: It is not there, is not unique, fails, or gives no module.
    """
    import torch

    arguments = _arguments(code_args)
    name = code.callable or _only_module_class(code)
    target: Any = code.module
    for part in name.split("."):
        target = getattr(target, part, None)
    file = Path(str(code.module.__file__)).name
    if target is None:
        raise InspectorError(
            f"'{file}' does not define '{name}'.",
            f"It defines: {', '.join(_module_classes(code)) or 'no module'}.",
        )
    built = target
    if not isinstance(target, torch.nn.Module):
        built = _call(target, name, arguments)
    if not isinstance(built, torch.nn.Module):
        raise InspectorError(
            f"'{name}' in '{file}' gives a {type(built).__name__}, not an nn.Module.",
            "Name a class or a function that gives the module.",
        )
    return built


def _arguments(code_args: str) -> dict[str, Any]:
    try:
        arguments = json.loads(code_args or "{}")
    except ValueError as error:
        raise InspectorError(
            f"The arguments '{code_args}' are not JSON.",
            'Write them as an object, for example {"classes": 10}.',
            str(error),
        ) from error
    if not isinstance(arguments, dict):
        raise InspectorError(
            f"The arguments '{code_args}' are not a JSON object.",
            'Write them as an object, for example {"classes": 10}.',
        )
    return arguments


def _call(target: Any, name: str, arguments: dict[str, Any]) -> Any:
    try:
        inspect.signature(target).bind(**arguments)
    except (TypeError, ValueError) as error:
        raise InspectorError(
            f"'{name}' cannot be called with the arguments given: {error}.",
            "Give its keyword arguments as JSON: --code-args '{\"name\": value}'.",
        ) from error
    try:
        return target(**arguments)
    except Exception as error:
        raise InspectorError(
            f"Building the model with '{name}' failed: {type(error).__name__}: {error}.",
            "Check the source and its arguments (--code-args).",
            _trace(error),
        ) from error


def _trace(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))


def _module_classes(code: UserCode) -> list[str]:
    import torch

    return [
        name
        for name, value in vars(code.module).items()
        if isinstance(value, type)
        and issubclass(value, torch.nn.Module)
        and value.__module__ == code.module.__name__
    ]


def _only_module_class(code: UserCode) -> str:
    names = _module_classes(code)
    if len(names) == 1:
        return names[0]
    file = Path(str(code.module.__file__)).name
    some = f"{len(names)} modules" if names else "no module"
    raise InspectorError(
        f"'{file}' defines {some}, so what builds the model must be named.",
        f"Write --code {file}:CALLABLE" + (f", one of {', '.join(names)}." if names else "."),
    )


def _ready(
    module: Any,
    checkpoint: Checkpoint,
    source: ModelSource,
    code: UserCode | None,
    remarks: tuple[Finding, ...],
) -> Loaded:
    recorded = holds_module(checkpoint) or checkpoint.form == "torchscript"
    training = _training(module) if recorded else ()
    module.eval()
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    traced = apply((traced_in_training_mode,), checkpoint)
    from_code = code_findings(code) if code else ()
    findings = (*traced, *_training_findings(training), *remarks, *from_code)
    files = [source.path, *(code.files if code else ())]
    return Loaded(
        module,
        checkpoint.form == "torchscript",
        checkpoint,
        signature_of(module),
        training,
        findings,
        {file: os.stat(file).st_mtime_ns for file in files},
    )


def _training(module: Any) -> tuple[str, ...]:
    return tuple(name for name, child in module.named_modules() if child.training)


def _training_findings(training: tuple[str, ...]) -> tuple[Finding, ...]:
    if not training:
        return ()
    return (
        Finding(
            "training-mode",
            SHOULD,
            "The checkpoint was saved in training mode.",
            "In that mode dropout is active and batch normalisation uses the batch at hand.",
            "It was switched to evaluation mode for this; call model.eval() before saving it.",
            tuple(name or "the whole model" for name in training[:20]),
        ),
    )
