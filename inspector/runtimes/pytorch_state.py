"""State dicts: find the one that fits a module, put it in, or say exactly why it does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.findings import NOTE, SHOULD, Finding
from inspector.core.words import are

PREFIXES = ("", "module.", "model.", "_orig_mod.", "net.", "network.", "state_dict.", "ema.")
"""What wrappers put before every name; combinations of two are tried too."""

_COUNTERS = ".num_batches_tracked"
_LISTED = 40


@dataclass(frozen=True, slots=True)
class Fit:
    """How a state dict's names and shapes agree with a module's.

    Attributes:
        prefix: Removed from every name of the state dict that has it.
        missing: Names that only the module has, with their shapes.
        unexpected: Names that only the state dict has, with their shapes.
        mismatched: Names with the shape in the state dict and in the module.
        matched: Number of names whose shapes agree.
    """

    prefix: str
    missing: dict[str, tuple[int, ...]]
    unexpected: dict[str, tuple[int, ...]]
    mismatched: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
    matched: int


def find_state_dict(loaded: Any, key: str) -> dict[str, Any]:
    """The tensors by name inside what a checkpoint holds.

    Args:
        loaded: What was unpickled.
        key: Dotted path to the state dict, empty where it is the whole.

    Raises:
        InspectorError: There is none.
    """
    import torch

    found = loaded
    for part in key.split(".") if key else ():
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, torch.nn.Module):
        found = found.state_dict()
    if isinstance(found, Mapping):
        tensors = {str(k): v for k, v in found.items() if isinstance(v, torch.Tensor)}
        if tensors:
            return tensors
    raise InspectorError(
        "The checkpoint holds no weights by name.",
        "Open a file that was saved from a module's state_dict().",
    )


def fit_state(module: Any, state: Mapping[str, Any]) -> Fit:
    """The best way in which the names of `state` can be those of `module`."""
    wanted = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in state.items()}
    prefixes = dict.fromkeys(
        one + other
        for one in PREFIXES
        for other in PREFIXES
        if not one + other or any(name.startswith(one + other) for name in given)
    )
    fits = [_compare(wanted, given, prefix) for prefix in prefixes]
    return max(fits, key=lambda fit: (fit.matched, -len(fit.prefix)))


def _compare(
    wanted: Mapping[str, tuple[int, ...]], given: Mapping[str, tuple[int, ...]], prefix: str
) -> Fit:
    named = {name.removeprefix(prefix): shape for name, shape in given.items()}
    both = [name for name in wanted if name in named]
    return Fit(
        prefix,
        {name: shape for name, shape in wanted.items() if name not in named},
        {name: shape for name, shape in named.items() if name not in wanted},
        {n: (named[n], wanted[n]) for n in both if named[n] != wanted[n]},
        sum(named[name] == wanted[name] for name in both),
    )


def load_state(module: Any, state: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Put the weights into the module; every parameter must get its own.

    Raises:
        InspectorError: Weights are missing or have other shapes; the detail is a table.
    """
    fit = fit_state(module, state)
    lost = {name: shape for name, shape in fit.missing.items() if not name.endswith(_COUNTERS)}
    if lost or fit.mismatched:
        raise InspectorError(
            _sentence(type(module).__name__, fit, lost),
            "Check that the source and its arguments (--code-args) belong to this checkpoint.",
            _table(fit, lost),
        )
    named = {name.removeprefix(fit.prefix): value for name, value in state.items()}
    module.load_state_dict(named, strict=False)
    return _findings(fit)


def _sentence(class_name: str, fit: Fit, lost: Mapping[str, tuple[int, ...]]) -> str:
    parts: list[str] = []
    if lost:
        parts.append(f"{len(lost)} {are(len(lost))} missing in the file")
    if fit.mismatched:
        name, (given, wanted) = next(iter(fit.mismatched.items()))
        have = "has" if len(fit.mismatched) == 1 else "have"
        shapes = f"'{name}' {given}, not {wanted}"
        parts.append(f"{len(fit.mismatched)} {have} another shape ({shapes})")
    if fit.unexpected:
        parts.append(f"{len(fit.unexpected)} {are(len(fit.unexpected))} unknown to the model")
    return f"The weights do not fit {class_name}: {'; '.join(parts)}."


def _table(fit: Fit, lost: Mapping[str, tuple[int, ...]]) -> str:
    rows = [("name", "in the file", "in the model")]
    rows += [(n, str(given), str(wanted)) for n, (given, wanted) in fit.mismatched.items()]
    rows += [(n, "-", str(shape)) for n, shape in lost.items()]
    rows += [(n, str(shape), "-") for n, shape in fit.unexpected.items()]
    shown = rows[: _LISTED + 1]
    widths = [max(len(row[column]) for row in shown) for column in range(2)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in shown]
    if len(rows) > len(shown):
        lines.append(f"and {len(rows) - len(shown)} more")
    lines.append(f"{fit.matched} names agree.")
    return "\n".join(lines)


def _findings(fit: Fit) -> tuple[Finding, ...]:
    found: list[Finding] = []
    if fit.unexpected:
        found.append(
            Finding(
                "unused-weights",
                SHOULD,
                f"{len(fit.unexpected)} weights of the checkpoint have no place in the model.",
                "A part of what was trained is not in the exported model.",
                "Check that the source is the one that the checkpoint was trained with.",
                tuple(fit.unexpected),
            )
        )
    if fit.prefix:
        found.append(
            Finding(
                "prefix-removed",
                NOTE,
                f"The prefix '{fit.prefix}' was removed from the names of the weights.",
                "A wrapper such as DataParallel or torch.compile adds it when it saves.",
                "Nothing needs to be done.",
            )
        )
    return tuple(found)
