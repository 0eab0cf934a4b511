"""Load a PyTorch checkpoint of any form that can be run, with the user's source where needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.checkpoint_rules import traced_in_training_mode
from inspector.core.failures import InspectorError, TrustNeededError
from inspector.core.finding import apply
from inspector.core.findings import SHOULD, Finding
from inspector.core.input_spec import InputSpec
from inspector.core.model import Checkpoint
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.runtimes import pytorch_programs as programs
from inspector.runtimes.pytorch_architectures import open_architecture
from inspector.runtimes.pytorch_build import Stored, build
from inspector.runtimes.pytorch_call import Signature, signature_of
from inspector.runtimes.pytorch_pickle import holds_module, load_pickle
from inspector.runtimes.pytorch_programs import COMPILED, PROGRAM, SCRIPT, Opened
from inspector.runtimes.pytorch_state import load_state
from inspector.runtimes.pytorch_weights import read_listing, read_weights
from inspector.runtimes.user_code import UserCode, code_findings, load_user_code, preview

LOADING = "Loading checkpoint"


class Form(NamedTuple):
    """How one form of file is run.

    Attributes:
        takes: Whether a file is of this form.
        brings: What running it executes that the file brings, in words; empty: nothing.
        open: Makes what can be called.
    """

    takes: Callable[[Checkpoint, ModelSource], bool]
    brings: str
    open: Callable[[Checkpoint, ModelSource, UserCode | None], Opened]


def _is(*forms: str) -> Callable[[Checkpoint, ModelSource], bool]:
    return lambda checkpoint, source: checkpoint.form in forms


def _is_script(checkpoint: Checkpoint) -> bool:
    """TorchScript, or a file for phones that holds its code as well."""
    own_code = any(name.startswith("code/") for name, _ in checkpoint.source)
    return checkpoint.form == "torchscript" or (checkpoint.form == "mobile" and own_code)


def _open_whole(checkpoint: Checkpoint, source: ModelSource, code: UserCode | None) -> Opened:
    found = load_pickle(checkpoint, code)
    path = source.state.split(".") if source.state else checkpoint.state_path
    for key in path or ((checkpoint.state_dict_key,) if checkpoint.state_dict_key else ()):
        found = found.get(key) if hasattr(found, "get") else None
    if not hasattr(found, "forward"):
        raise InspectorError(
            f"There is no module under '{'.'.join(path)}' in the checkpoint.",
            "Leave --state out, or name the key under which a module lies.",
        )
    return Opened(found, recorded=True)


def _open_weights(checkpoint: Checkpoint, source: ModelSource, code: UserCode | None) -> Opened:
    assert code is not None
    held = read_weights(checkpoint, code, source.state)
    stored = held.stored
    if not stored.arguments and checkpoint.form != "lightning":
        stored = Stored(checkpoint.hyper_parameters, mixed=True)
    module, remarks = build(code, source.code_args, stored)
    fitted = load_state(module, held.state)
    return Opened(module, findings=(*held.findings, *fitted, *remarks))


FORMS = (
    Form(
        lambda checkpoint, source: _is_script(checkpoint),
        "the TorchScript code that the file brings",
        lambda checkpoint, source, code: programs.open_script(checkpoint),
    ),
    Form(
        _is("exported-program"),
        "the exported program that the file brings, and what its pickles call",
        lambda checkpoint, source, code: programs.open_program(checkpoint),
    ),
    Form(
        _is("torch-package"),
        "the Python source that the file brings",
        lambda checkpoint, source, code: programs.open_package(checkpoint, source.state),
    ),
    Form(
        _is("aotinductor"),
        "the native code that the file brings",
        lambda checkpoint, source, code: programs.open_compiled(checkpoint),
    ),
    Form(lambda checkpoint, source: holds_module(checkpoint), "", _open_whole),
    Form(
        lambda checkpoint, source: bool(checkpoint.architecture) and not source.code,
        "",
        lambda checkpoint, source, code: open_architecture(checkpoint),
    ),
    Form(lambda checkpoint, source: _holds_weights(checkpoint, source), "", _open_weights),
)
"""Every form that can be run; the first that takes a file opens it."""

_NO_WEIGHTS = (
    "tensors", "optimizer", "quantised-weights", "pickle", "no-tensors", "mobile", "gguf",
)  # fmt: skip
"""Forms that hold no weights a module could be given."""


def _holds_weights(checkpoint: Checkpoint, source: ModelSource) -> bool:
    # The state dict of a module without weights is an empty dictionary.
    return checkpoint.form not in _NO_WEIGHTS or (
        checkpoint.form == "no-tensors" and bool(source.code)
    )


@dataclass
class Loaded:
    """A model ready to run: in evaluation mode, without gradients.

    Attributes:
        module: What is called: an `nn.Module`, a `ScriptModule`, or an exported program's.
        kind: Which of these it is, see `pytorch_programs`.
        checkpoint: The file, as listed without executing it.
        signature: What `forward()` takes.
        training: Paths of the modules that were saved in training mode; the root is ``.
        training_recorded: Whether the file says in which mode the model was saved.
        findings: Remarks made while loading.
        files: Path and time of change of every file that it came from.
        inputs: Example inputs that the file itself tells.
        program: The exported program that `module` came from.
    """

    module: Any
    kind: str
    checkpoint: Checkpoint
    signature: Signature
    training: tuple[str, ...] = ()
    training_recorded: bool = False
    findings: tuple[Finding, ...] = ()
    files: dict[str, int] = field(default_factory=dict)
    inputs: tuple[InputSpec, ...] = ()
    program: Any = None

    @property
    def scripted(self) -> bool:
        """Whether it is TorchScript."""
        return self.kind == SCRIPT

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
    form = _form_of(checkpoint, source)
    _require_trust(checkpoint, form, source)
    code = load_user_code(source.code) if source.code else None
    return _ready(form.open(checkpoint, source, code), checkpoint, source, code)


def _form_of(checkpoint: Checkpoint, source: ModelSource) -> Form:
    name = Path(checkpoint.path).name
    form = next((form for form in FORMS if form.takes(checkpoint, source)), None)
    if form is None:
        raise InspectorError(
            f"'{name}' is of a form that cannot be run here: {checkpoint.form}.",
            checkpoint.next_step or "Save the module itself, or its state dict.",
        )
    if form.open is _open_weights and not source.code:
        raise InspectorError(
            f"'{name}' holds weights only, not the model that they belong to.",
            "Name the Python file and what builds the model in it: --code FILE.py:CALLABLE; or "
            "look for it among installed packages with inspect --suggest.",
            checkpoint.next_step,
        )
    return form


def _require_trust(checkpoint: Checkpoint, form: Form, source: ModelSource) -> None:
    if source.trust:
        return
    asks = preview(source.code) if source.code else ()
    if form.brings:
        asks = (*(checkpoint.runs or (form.brings,)), *asks)
    elif checkpoint.executes and holds_module(checkpoint):
        named = (e for e in checkpoint.imports if e.judgement != "harmless")
        asks = (*(f"{entry.name} ({entry.what})" for entry in named), *asks)
    elif checkpoint.architecture and not source.code:
        asks = (f"transformers.{checkpoint.architecture} (an installed package)", *asks)
    if asks:
        raise TrustNeededError(
            f"Running '{Path(checkpoint.path).name}' executes code, and needs your consent.",
            "If you trust where it comes from, allow it (--trust).",
            "It would import or execute:\n" + "\n".join(f"  {line}" for line in asks),
        )


def _ready(
    opened: Opened, checkpoint: Checkpoint, source: ModelSource, code: UserCode | None
) -> Loaded:
    module = opened.module
    training: tuple[str, ...] = ()
    if opened.kind not in (PROGRAM, COMPILED):  # the mode of these is part of their code
        training = _training(module) if opened.recorded else ()
        module.eval()
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    traced = apply((traced_in_training_mode,), checkpoint)
    from_code = code_findings(code) if code else ()
    return Loaded(
        module,
        opened.kind,
        checkpoint,
        opened.signature or signature_of(module),
        training,
        opened.recorded,
        (*traced, *_training_findings(training), *opened.findings, *from_code),
        {file: os.stat(file).st_mtime_ns for file in _files(checkpoint, code)},
        opened.inputs,
        opened.program,
    )


def _files(checkpoint: Checkpoint, code: UserCode | None) -> list[str]:
    place = Path(checkpoint.path)
    folder = place if place.is_dir() else place.parent
    shards = (folder / file.location for file in checkpoint.files if file.exists)
    inside = place.iterdir() if place.is_dir() else ()
    files = [str(file) for file in (place, *shards, *inside) if file.is_file()]
    return list(dict.fromkeys((*files, *(code.files if code else ()))))


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
