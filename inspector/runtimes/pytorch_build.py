"""Call what builds a module: a class or a function of the user's source, or of a package."""

from __future__ import annotations

import inspect
import json
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.findings import NOTE, Finding
from inspector.core.stored_arguments import WHOLE, usable
from inspector.core.words import counted
from inspector.runtimes.lightning_module import Settings
from inspector.runtimes.user_code import UserCode


class Stored(NamedTuple):
    """Keyword arguments that a checkpoint stores; `name` is the one parameter that takes them.

    `mixed` says that they are the settings of a training program, of which some may build the
    module, see `core.stored_arguments`.
    """

    arguments: Mapping[str, Any] = {}
    name: str = ""
    mixed: bool = False


NOTHING = Stored()


def build(
    code: UserCode, code_args: str, stored: Stored = NOTHING
) -> tuple[Any, tuple[Finding, ...]]:
    """Call what builds the module.

    Args:
        code: Where it is.
        code_args: JSON object of keyword arguments; these are taken before stored ones.
        stored: What the checkpoint stores; only what the callable takes is used.

    Returns:
        The module, and a remark where stored arguments were used.

    Raises:
        InspectorError: It is not there, is not unique, fails, or gives no module.
    """
    import torch

    arguments = _arguments(code_args)
    name = code.callable or _only_module_class(code)
    target: Any = code.module
    for part in name.split("."):
        target = getattr(target, part, None)
    place = _place(code)
    if target is None:
        raise InspectorError(
            f"'{place}' does not define '{name}'.",
            f"It defines: {', '.join(_module_classes(code)) or 'no module'}.",
        )
    built, used = target, {}
    if not isinstance(target, torch.nn.Module):
        used = _usable(target, stored, arguments)
        built = _call(target, name, {**used, **_as_settings(arguments, stored)})
    if not isinstance(built, torch.nn.Module):
        raise InspectorError(
            f"'{name}' in '{place}' gives a {type(built).__name__}, not an nn.Module.",
            "Name a class or a function that gives the module.",
        )
    return built, _remark(used)


def _place(code: UserCode) -> str:
    file = getattr(code.module, "__file__", None)
    return Path(file).name if file and code.files else code.module.__name__


def _usable(target: Any, stored: Stored, given: Mapping[str, Any]) -> dict[str, Any]:
    """The stored arguments that the callable takes and that were not given.

    Source: `lightning.pytorch.core.saving._load_state`, which chooses them in the same way.
    """
    if not stored.arguments:
        return {}
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):
        return {}
    if stored.mixed:
        return _of_training(target, parameters, stored.arguments, given)
    if stored.name in parameters and stored.name not in given:
        return {stored.name: Settings(stored.arguments)}
    any_name = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    fitting = (n for n in stored.arguments if (any_name or n in parameters) and n not in given)
    return {name: stored.arguments[name] for name in fitting}


def _of_training(
    target: Any,
    parameters: Mapping[str, inspect.Parameter],
    stored: Mapping[str, Any],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """What a module takes of a training program's settings; a class of transformers has its own."""
    if hasattr(target, "config_class"):
        return {}
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    needed = {n: p.default is p.empty for n, p in parameters.items() if p.kind not in kinds}
    found = {name: value for name, value in usable(stored, needed).items() if name not in given}
    return {name: _settings(name, value) for name, value in found.items()}


def _as_settings(arguments: dict[str, Any], stored: Stored) -> dict[str, Any]:
    """Arguments as given; settings that were edited can be read like those of the checkpoint."""
    if not stored.mixed:
        return arguments
    return {name: _settings(name, value) for name, value in arguments.items()}


def _settings(name: str, value: Any) -> Any:
    return Settings(value) if name in WHOLE and isinstance(value, dict) else value


def _remark(used: Mapping[str, Any]) -> tuple[Finding, ...]:
    if not used:
        return ()
    return (
        Finding(
            "stored-arguments",
            NOTE,
            f"The model was built with {counted(len(used), 'argument')} that the checkpoint "
            "stores.",
            "They are the hyper-parameters that it was trained with.",
            "Give others with --code-args where they are not what is meant.",
            tuple(f"{name}={value!r}"[:200] for name, value in used.items()),
        ),
    )


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
    settings = getattr(target, "config_class", None)
    if isinstance(target, type) and settings is not None and "config" not in arguments:
        # A class of the package transformers: its arguments are those of its configuration.
        target = _from_settings(target, settings)
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


def _from_settings(model: Any, settings: Any) -> Any:
    return lambda **arguments: model(settings(**arguments))


def _trace(error: BaseException) -> str:
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
    file = _place(code)
    some = f"{len(names)} modules" if names else "no module"
    raise InspectorError(
        f"'{file}' defines {some}, so what builds the model must be named.",
        f"Write --code {file}:CALLABLE" + (f", one of {', '.join(names)}." if names else "."),
    )
