"""What a checkpoint of tensors holds: its state dicts, and the arguments stored with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.findings import NOTE, Finding
from inspector.runtimes.pytorch_build import NOTHING, Stored

_FIRST = (
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module",
    "weights", "params_ema", "params", "generator", "netG", "G", "encoder", "backbone",
    "student", "teacher", "model_ema", "ema", "state_dict_ema", "ema_state_dict",
)  # fmt: skip
"""Keys under which training programs keep the model, the likeliest first."""

_OTHERS = ("optim", "scheduler", "scaler", "loss", "callbacks", "lr_", "rng")
"""Parts of keys under which they keep something else."""

_DEPTH = 4


class Holding(NamedTuple):
    """Weights by name, and what the file says about building their module.

    Attributes:
        state: Name to tensor.
        stored: Arguments that the file stores for whoever builds the module.
        findings: Remarks about the choice.
    """

    state: dict[str, Any]
    stored: Stored = NOTHING
    findings: tuple[Finding, ...] = ()


def hold(loaded: Any, path: tuple[str, ...], asked: str = "") -> Holding:
    """Find the state dict in what a checkpoint holds.

    Args:
        loaded: What was unpickled.
        path: Keys to the state dict that the listing found, empty where it is the whole.
        asked: Dotted path to the one to take instead.

    Raises:
        InspectorError: There is none, or none under the path that was asked for.
    """
    found = dict(state_dicts(loaded))
    chosen = asked or ".".join(path)
    if not found and not asked:
        raise InspectorError(
            "The checkpoint holds no weights by name.",
            "Open a file that was saved from a module's state_dict().",
        )
    if asked and asked not in found:
        raise InspectorError(
            f"The checkpoint holds no weights under '{asked}'.",
            f"It holds them under: {_listed(found)}.",
        )
    chosen = chosen if chosen in found else next(iter(found))
    remarks = () if asked or len(found) < 2 else (_choice(chosen, list(found)),)
    outer = loaded if isinstance(loaded, Mapping) else {}
    stored = outer.get("hyper_parameters")
    arguments = {str(k): v for k, v in stored.items()} if isinstance(stored, Mapping) else {}
    name = outer.get("hparams_name")
    named = name if isinstance(name, str) and name != "kwargs" else ""
    return Holding(found[chosen], Stored(arguments, named), remarks)


def state_dicts(loaded: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state dict in a checkpoint with its dotted path, the likeliest model first."""
    tensors = _tensors(loaded)
    if tensors:
        yield "", tensors
        return
    yield from _inside(loaded, (), 0)


def _inside(loaded: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(loaded, Mapping) or depth > _DEPTH:
        return
    keys = [key for key in loaded if isinstance(key, str)]
    for key in sorted(keys, key=_rank):
        if any(mark in key.lower() for mark in _OTHERS):
            continue
        tensors = _tensors(loaded[key])
        if tensors:
            yield ".".join((*path, key)), tensors
        else:
            yield from _inside(loaded[key], (*path, key), depth + 1)


def _rank(key: str) -> int:
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)


def _tensors(value: Any) -> dict[str, Any]:
    """The tensors by name of a state dict or a module; empty for anything else."""
    import torch

    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if not isinstance(value, Mapping):
        return {}
    tensors = {str(k): v for k, v in value.items() if isinstance(v, torch.Tensor)}
    return tensors if 2 * len(tensors) >= len(value) else {}


def _listed(found: Mapping[str, Any]) -> str:
    return ", ".join(f"'{name}'" if name else "the file itself" for name in found) or "nothing"


def _choice(chosen: str, all_of_them: list[str]) -> Finding:
    others = [name for name in all_of_them if name != chosen]
    return Finding(
        "state-dict-chosen",
        NOTE,
        f"The checkpoint holds {len(all_of_them)} sets of weights; '{chosen}' was taken.",
        "Training programs keep averaged weights, or several networks, side by side.",
        f"Choose another one with --state, such as --state {others[0]}.",
        tuple(others),
    )
