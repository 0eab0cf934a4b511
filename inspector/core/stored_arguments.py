"""Which settings that a training program left in its checkpoint build the module."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

WHOLE = (
    "args", "config", "cfg", "hparams", "opt", "options", "params", "model_args", "model_config",
    "hyper_parameters", "hyper_params", "config_dict", "settings",
)  # fmt: skip
"""Names of the one parameter of a callable that takes all settings as one object."""

_NOT_TAKEN = {
    "device", "pretrained", "weights", "checkpoint", "checkpoint_path", "ckpt", "ckpt_path",
    "resume", "path", "distributed", "local_rank", "rank",
}  # fmt: skip
"""Settings that say where to compute or what to fetch; the weights are in the file already."""


def usable(stored: Mapping[str, Any], parameters: Mapping[str, bool]) -> dict[str, Any]:
    """The settings that a callable takes.

    Args:
        stored: Name to value, as the checkpoint has them; of a training program, so that many
            are about the training.
        parameters: Name of each parameter, and whether it has to be given.

    Returns:
        Those of the same name, without those that are None or say where to compute; all of them
        in one dictionary where one parameter takes them so.
    """
    if not stored:
        return {}
    for name, needed in parameters.items():
        if needed and name in WHOLE and name not in stored:
            return {name: dict(stored)}
    return {
        name: value for name, value in stored.items()
        if name in parameters and name not in _NOT_TAKEN and value is not None
    }  # fmt: skip


def parameters_of(source: str, name: str) -> dict[str, bool]:
    """The parameters of a function or class of a Python file, which is not executed.

    Args:
        source: Text of the file.
        name: The function or class; empty: the only class that defines `forward`.

    Returns:
        Name of each parameter and whether it has to be given; empty where it is not found, or
        the file is not Python.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    classes = [one for one in tree.body if isinstance(one, ast.ClassDef)]
    if not name:
        classes = [one for one in classes if _method(one, "forward") is not None]
        found = _method(classes[0], "__init__") if len(classes) == 1 else None
        return _parameters(found, 1)
    for one in reversed(tree.body):
        if isinstance(one, functions) and one.name == name:
            return _parameters(one, 0)
        if isinstance(one, ast.ClassDef) and one.name == name:
            return _parameters(_method(one, "__init__"), 1)
    return {}


def _method(owner: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    found = (one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == name)
    return next(found, None)


def _parameters(
    function: ast.FunctionDef | ast.AsyncFunctionDef | None, own: int
) -> dict[str, bool]:
    """Without the first `own` ones, as `self`."""
    if function is None:
        return {}
    plain = [*function.args.posonlyargs, *function.args.args]
    given = len(plain) - len(function.args.defaults)
    found = {one.arg: place < given for place, one in enumerate(plain)}
    found = dict(list(found.items())[own:])
    pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return found | {one.arg: default is None for one, default in pairs}
