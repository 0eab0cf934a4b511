"""Put weights into a module, or say exactly which of them do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.findings import NOTE, SHOULD, Finding
from inspector.core.tensor_fit import (
    MISSING,
    OTHER_SHAPE,
    UNEXPECTED,
    Fit,
    TensorRow,
    common_prefix,
    fit_tensors,
    shape_of,
)
from inspector.core.words import are

_COUNTERS = ".num_batches_tracked"
"""Batch normalisation's count of batches: PyTorch before 0.4.1 had none, and nothing needs it."""


def load_state(module: Any, state: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Put the weights into the module; every parameter must get its own.

    Raises:
        InspectorError: Weights are missing or have other shapes; the failure has the table.
    """
    fit = fit_state(module, state)
    lost = _lost(module, fit)
    if lost or fit.of(OTHER_SHAPE):
        unexpected = fit.of(UNEXPECTED)
        raise InspectorError(
            _sentence(type(module).__name__, fit, lost),
            _hint(lost, unexpected),
            f"{fit.matched} names and shapes agree.",
            (*fit.of(OTHER_SHAPE), *lost, *unexpected),
        )
    module.load_state_dict({fit.name_of(n): v for n, v in state.items()}, strict=False)
    return _findings(fit)


def fit_state(module: Any, state: Mapping[str, Any]) -> Fit:
    """The best way in which the names of `state` can be those of `module`."""
    return fit_tensors(shapes_of(module.state_dict()), shapes_of(state))


def shapes_of(tensors: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Name to shape; what is no tensor (extra state of a module) is left out."""
    return {n: tuple(t.shape) for n, t in tensors.items() if hasattr(t, "shape")}


def _lost(module: Any, fit: Fit) -> tuple[TensorRow, ...]:
    """What the file does not have although it is needed."""
    missing = [row for row in fit.of(MISSING) if not row.name.endswith(_COUNTERS)]
    if not missing:
        return ()
    # Weights that two layers share may be saved once, under the name of either.
    own = module.state_dict(keep_vars=True)
    absent = {row.name for row in fit.of(MISSING)}
    given = {id(tensor) for name, tensor in own.items() if name not in absent}
    return tuple(row for row in missing if id(own[row.name]) not in given)


def _sentence(class_name: str, fit: Fit, lost: tuple[TensorRow, ...]) -> str:
    parts: list[str] = []
    if lost:
        parts.append(f"{len(lost)} {are(len(lost))} missing in the file")
    other, unexpected = fit.of(OTHER_SHAPE), fit.of(UNEXPECTED)
    if other:
        have = "has" if len(other) == 1 else "have"
        first = other[0]
        shapes = f"'{first.name}' {shape_of(first.found)}, not {shape_of(first.expected)}"
        parts.append(f"{len(other)} {have} another shape ({shapes})")
    if unexpected:
        parts.append(f"{len(unexpected)} {are(len(unexpected))} unknown to the model")
    return f"The weights do not fit {class_name}: {'; '.join(parts)}."


def _hint(lost: Sequence[TensorRow], unexpected: Sequence[TensorRow]) -> str:
    theirs = common_prefix([row.name for row in unexpected])
    ours = common_prefix([row.name for row in lost])
    if lost and unexpected and theirs != ours:
        in_file = f"begin with '{theirs}'" if theirs else "have no common beginning"
        in_model = f"with '{ours}'" if ours else "with nothing in common"
        return (
            f"The names that only the file has {in_file}, those that only the model has begin "
            f"{in_model}: build the part of the model that was saved, or the whole of it."
        )
    return "Check that the source and its arguments (--code-args) belong to this checkpoint."


def _findings(fit: Fit) -> tuple[Finding, ...]:
    found: list[Finding] = []
    unexpected = fit.of(UNEXPECTED)
    if unexpected:
        found.append(
            Finding(
                "unused-weights",
                SHOULD,
                f"{len(unexpected)} weights of the checkpoint have no place in the model.",
                "A part of what was trained is not in the exported model.",
                "Check that the source is the one that the checkpoint was trained with.",
                tuple(row.name for row in unexpected),
            )
        )
    if fit.prefix or fit.added:
        change = (
            f"'{fit.prefix}' was removed from" if fit.prefix else f"'{fit.added}' was put before"
        )
        found.append(
            Finding(
                "prefix-removed" if fit.prefix else "prefix-added",
                NOTE,
                f"The prefix {change} the names of the weights.",
                "A wrapper such as DataParallel, torch.compile or a LightningModule has it in its "
                "names, and the module itself has not.",
                "Nothing needs to be done.",
            )
        )
    return tuple(found)
