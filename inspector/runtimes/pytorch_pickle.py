"""Whole-module checkpoints: unpickled with an allow-list of exactly what the file names."""

from __future__ import annotations

import _compat_pickle
import collections
import importlib
import pickle
import types
import warnings
from collections.abc import Iterable
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.formats.imports import DANGEROUS
from inspector.runtimes.user_code import UserCode

_HARMLESS = (
    "builtins.set", "builtins.frozenset", "builtins.slice", "builtins.range", "builtins.complex",
    "argparse.Namespace", "types.SimpleNamespace", "collections.OrderedDict",
    "collections.defaultdict", "collections.deque", "collections.Counter",
    "pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
    "numpy.ndarray", "numpy.dtype", "numpy._core.multiarray._reconstruct",
    "numpy.core.multiarray._reconstruct", "numpy._core.multiarray.scalar",
    "numpy.core.multiarray.scalar", "torch.ScriptObject",
)  # fmt: skip
"""Names that hold data and do nothing when they are called with any arguments."""

_FUNCTIONS = ("torch.nn.functional.", "torch._C._nn.", "torch._VF.")
"""Where the functions live that modules keep as their activation: they compute on tensors only."""


def load_pickle(checkpoint: Checkpoint, code: UserCode | None) -> Any:
    """Unpickle a file of `torch.save` and return what it holds.

    `weights_only` stays on: besides what PyTorch itself allows, only the `nn.Module` classes that
    the file names, classes of the user's own code, and plain containers are let in. In files
    that hold tensors only, other classes become inert stand-ins, whose data nobody needs.

    Raises:
        InspectorError: The source of a class is missing, or the file needs more than is allowed.
    """
    _refuse_danger(checkpoint, code)
    whole = holds_module(checkpoint)
    allowed: list[Any] = []
    missing: list[str] = []
    for name in _names(checkpoint):
        found = _resolve(name, code) if whole else _harmless(name)
        if found is not None:
            allowed.append((found, name))
        elif not _known_to_torch(name):
            missing.append(name)
    if whole and missing:
        raise _missing(missing, code)
    if checkpoint.container == "legacy" and whole:
        return _load_strictly(checkpoint, allowed)
    try:
        return _load_allowed(checkpoint, [*allowed, *((_inert(n), n) for n in missing)])
    except pickle.UnpicklingError as error:
        settings = [*allowed, *((_settings(name), name) for name in missing)]
        if "Can only SETITEM" in str(error):
            return _load_allowed(checkpoint, settings)
        if "Unsupported operand" in str(error):  # a pickle protocol above 3
            return _load_strictly(checkpoint, settings)
        raise


def _load_strictly(checkpoint: Checkpoint, allowed: list[Any]) -> Any:
    import torch

    strict = _strict_pickle({name: found for found, name in allowed})
    return torch.load(checkpoint.path, map_location="cpu", weights_only=False, pickle_module=strict)


def _load_allowed(checkpoint: Checkpoint, allowed: list[Any]) -> Any:
    import torch

    with torch.serialization.safe_globals(allowed), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
        return torch.load(checkpoint.path, map_location="cpu", weights_only=True)


def _refuse_danger(checkpoint: Checkpoint, code: UserCode | None) -> None:
    """No consent covers a file that names what reaches files, programs or the network."""
    for entry in checkpoint.imports:
        if entry.judgement != DANGEROUS:
            continue
        module, _, attribute = entry.name.rpartition(".")
        if code is None or code.find(module, attribute) is None:
            raise InspectorError(
                f"The checkpoint would run dangerous code: '{entry.name}' {entry.what}.",
                "Do not open it elsewhere either; ask its maker for the weights alone, as "
                "safetensors.",
            )


def holds_module(checkpoint: Checkpoint) -> bool:
    """Whether unpickling the file makes modules, so that their classes are needed."""
    return checkpoint.form == "whole-module" or (
        bool(checkpoint.modules) and checkpoint.form in ("training-checkpoint", "quantised")
    )


def _names(checkpoint: Checkpoint) -> Iterable[str]:
    """What the file imports, by the names of Python 3; pickles may hold those of Python 2."""
    for entry in checkpoint.imports:
        module, _, name = entry.name.rpartition(".")
        yield _modern(module, name)


def _modern(module: str, name: str) -> str:
    module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
    return f"{_compat_pickle.IMPORT_MAPPING.get(module, module)}.{name}"


def _resolve(name: str, code: UserCode | None) -> Any:
    module, _, attribute = name.rpartition(".")
    if code is not None:
        found = code.find(module, attribute)
        if found is not None:
            return found
    return _harmless(name) or _module_class(name)


def _harmless(name: str) -> Any:
    if name in _HARMLESS or name.startswith(_FUNCTIONS):
        return _import(name)
    return None


def _module_class(name: str) -> Any:
    """The class of that name, if it is a neural network module of an installed package."""
    import torch

    found = _import(name)
    is_module = isinstance(found, type) and issubclass(found, torch.nn.Module)
    return found if is_module else None


def _import(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    if module == "__main__":
        return None
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except Exception:  # a package of the user's may fail in any way when it is imported
        return None


def _known_to_torch(name: str) -> bool:
    from torch import _weights_only_unpickler as unpickler

    allowed = unpickler._get_allowed_globals()  # noqa: SLF001
    return name in allowed or name.startswith("torch.storage.")


def _strict_pickle(allowed: dict[str, Any]) -> Any:
    """A stand-in for the module `pickle` whose unpickler finds what is allowed and nothing else.

    `weights_only` refuses every whole module of the form before zip, since such a file names
    the source of each class, and every pickle of a protocol above 3; with this the same
    allow-list holds.
    """
    from torch import _weights_only_unpickler as unpickler

    known = {**unpickler._get_allowed_globals(), **allowed}  # noqa: SLF001

    class Strict(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            full = _modern(module, name)
            if full not in known:
                raise pickle.UnpicklingError(f"{full} is not allowed")
            return known[full]

    def load(file: Any, **options: Any) -> Any:
        return Strict(file, **options).load()

    strict = types.ModuleType("strict_pickle")
    vars(strict).update(Unpickler=Strict, load=load, UnpicklingError=pickle.UnpicklingError)
    return strict


def _inert(name: str) -> type:
    """A class that takes any data and does nothing with it."""

    def new(cls: type, *args: object, **kwargs: object) -> Any:
        return object.__new__(cls)

    def take(self: object, state: object) -> None:
        return None

    return type(name.rpartition(".")[2], (), {"__new__": new, "__setstate__": take})


def _settings(name: str) -> type:
    """A class whose instances are dictionaries, as those of many classes for settings are.

    PyTorch's unpickler fills these only where they are exactly an `OrderedDict`.
    """

    def new(cls: type, *args: object, **kwargs: object) -> Any:
        return collections.OrderedDict()

    return type(name.rpartition(".")[2], (), {"__new__": new})


def _missing(names: list[str], code: UserCode | None) -> InspectorError:
    listed = ", ".join(f"'{name}'" for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    detail = "Needed by the file:\n" + "\n".join(f"  {name}" for name in names)
    if code is None:
        return InspectorError(
            f"The source of {listed}{more} is missing: the file holds its data, not its code.",
            "Name the Python file that defines it: --code FILE.py.",
            detail,
        )
    failed = [f"  {name}: {why}" for name, why in sorted(code.notes.failed.items())]
    lost = [f"  {name}: {why}" for name, why in sorted(code.notes.missing.items())]
    if failed or lost:
        detail += "\nNot available in the source:\n" + "\n".join(failed + lost)
    return InspectorError(
        f"The source file does not define {listed}{more}, which the checkpoint needs.",
        "Name the Python file that defines it: --code FILE.py.",
        detail,
    )
