"""Find the model's weights inside a training checkpoint, and what wrappers put before names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from inspector.formats.pickle_objects import as_dict
from inspector.formats.pickle_values import Call
from inspector.formats.torch_objects import is_module
from inspector.formats.torch_views import view_of

_KEYS = (
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module",
    "weights", "params_ema", "params", "generator", "netG", "G", "encoder", "backbone",
    "student", "teacher", "model_ema", "ema", "state_dict_ema", "ema_state_dict",
)  # fmt: skip
"""Names under which training programs keep the weights, the likeliest first."""

_NO_STATE = ("optim", "scheduler", "scaler", "loss", "callbacks", "lr_", "rng", "discriminator")

_WRAPPERS = ("module.", "_orig_mod.", "model.")
"""What DataParallel, torch.compile and training frameworks put before every name."""

_LEVELS = 3

_LOOKED_AT = 1000
"""Entries of a dictionary that tell what it is."""


def is_state_dict(value: Any) -> bool:
    """Whether a value is a dictionary of which at least half are tensors."""
    entries = as_dict(value)
    if not entries:
        return False
    tensors = sum(view_of(item) is not None for item in islice(entries.values(), _LOOKED_AT))
    return tensors > 0 and 2 * tensors >= min(len(entries), _LOOKED_AT)


def state_path(entries: dict[Any, Any], depth: int = 0) -> tuple[str, ...]:
    """Keys that lead to the dictionary that is most likely the model's state dict."""
    for key, value in _likely(entries):
        if is_state_dict(value):
            return (key,)
        below = as_dict(value)
        found = state_path(below, depth + 1) if below and depth < _LEVELS else ()
        if found:
            return (key, *found)
    return ()


def state_paths(entries: dict[Any, Any], depth: int = 0) -> Iterator[str]:
    """Dotted keys of every state dict in a training checkpoint, the likeliest model first."""
    for key, value in _likely(entries):
        if is_state_dict(value):
            yield key
        elif (below := as_dict(value)) and depth < _LEVELS:
            yield from (f"{key}.{path}" for path in state_paths(below, depth + 1))


def module_path(entries: dict[Any, Any], depth: int = 0) -> tuple[str, ...]:
    """Keys that lead to a whole module, as some training programs save it; empty: there is none."""
    for key, value in _likely(entries):
        if isinstance(value, Call) and is_module(value):
            return (key,)
    for key, value in _likely(entries) if depth < 1 else ():
        below = as_dict(value)
        found = module_path(below, depth + 1) if below else ()
        if found:
            return (key, *found)
    return ()


def at_path(entries: dict[Any, Any], path: Iterable[str]) -> Any:
    """What stands at the end of these keys."""
    found: Any = entries
    for key in path:
        found = (as_dict(found) or {}).get(key)
    return found


def wrapper_prefix(names: Iterable[str]) -> str:
    """What every name begins with because a wrapper put it there: `module._orig_mod.`.

    Empty where one of the names begins otherwise; the module's own names begin behind it.
    """
    found, left = "", [name for name in names if name]
    while left:
        start = next((s for s in _WRAPPERS if all(name.startswith(s) for name in left)), "")
        if not start or start in left:
            break
        found += start
        left = [name.removeprefix(start) for name in left]
    return found


def _likely(entries: dict[Any, Any]) -> list[tuple[str, Any]]:
    named = [(key, value) for key, value in entries.items() if isinstance(key, str)]
    wanted = [item for item in named if not any(mark in item[0].lower() for mark in _NO_STATE)]
    return sorted(wanted, key=lambda item: _KEYS.index(item[0]) if item[0] in _KEYS else len(_KEYS))
