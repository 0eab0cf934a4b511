"""Where an error is born as plain text, to be put into a report of a fault."""

from __future__ import annotations

from pathlib import PurePath

from inspector.core.layers import Layer, Localisation
from inspector.core.verdict import side_names
from inspector.core.words import counted
from inspector.ui.models.layer_tree import scaled_text
from inspector.ui.plots.numbers import short_text, value_pair

_WORST = 5


def bug_report(found: Localisation) -> str:
    """Sentence, layer, source line, worst values, blame and versions, as lines of plain text.

    Files are named without their folders. Parts that are not known are left out.
    """
    parts = [[found.sentence, found.detail]]
    if found.birthplace is not None:
        parts.append(_layer_lines(found.layers[found.birthplace], _names(found)))
    if found.blame is not None:
        parts.append([found.blame.sentence])
    parts.append(_scope_lines(found))
    parts.append(_version_lines(found))
    return "\n\n".join("\n".join(line for line in part if line) for part in parts if any(part))


def _names(found: Localisation) -> tuple[str, str]:
    if found.reference is None or found.candidate is None:
        return "PyTorch", "ONNX"
    return side_names(found.reference, found.candidate)


def _layer_lines(layer: Layer, names: tuple[str, str]) -> list[str]:
    does = layer.module_text or layer.class_name or layer.module
    node = f"{layer.node_text or layer.op_type} (node {layer.node})" if layer.node else ""
    alone = layer.local_error
    lines = [
        f"Layer: {layer.name}",
        f"{names[0]}: {does}" if does else "",
        f"Source: {layer.source}" if layer.source else "",
        f"{names[1]}: {node}" if node else "",
        f"Made by the exporter's rule: {layer.rule}" if layer.rule else "",
        f"Beyond what is allowed: {layer.beyond:,} of {counted(layer.elements, 'value')}",
        f"Error / largest value: {scaled_text(layer.scaled_error or 0.0)}, "
        f"allowed {short_text(layer.allowed)}",
        f"The layer alone, fed with the right values: {scaled_text(alone)}"
        if alone is not None
        else "",
    ]
    for worst in layer.worst[:_WORST]:
        one, other = value_pair(worst.reference, worst.candidate)
        where = f"sample {worst.sample} {list(worst.index)}"
        lines.append(f"Worst: {where}: {names[0]} {one}, {names[1]} {other}")
    return lines


def _scope_lines(found: Localisation) -> list[str]:
    samples = ", ".join(str(number) for number in found.samples)
    return [
        f"Samples looked at: {samples}" if samples else "",
        f"Matched by {found.mapped_by}" if found.mapped_by else "",
        *(f"Not looked at: {text}" for text in found.not_checked),
    ]


def _version_lines(found: Localisation) -> list[str]:
    sides = (("Reference", found.reference), ("Candidate", found.candidate))
    return [
        *(
            f"{role}: {PurePath(side.path).name}, {side.runtime} {side.version}".strip()
            for role, side in sides
            if side is not None
        ),
        *(f"{key}: {value}" for key, value in sorted(found.environment.items())),
    ]
