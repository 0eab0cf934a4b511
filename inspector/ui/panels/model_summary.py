"""A whole file in a few lines, for the detail pane while no row of it is chosen."""

from __future__ import annotations

from pathlib import Path

from inspector.core.inspection import CheckpointFacts, Detail, Inspection, OnnxFacts, Totals
from inspector.core.model import shape_text
from inspector.core.words import count, counted
from inspector.ui.header import size_text

LONGEST = 48
"""Letters of the file's name inside the sentence."""
MOST_TYPES = 6
"""Op types that are counted by name."""

_CONTAINERS = {"zip": "zip archive", "legacy": "legacy pickle"}


def summary(inspection: Inspection) -> Detail:
    """What the file is, what wrote it, and how much is in it."""
    facts: list[tuple[str, str]] = [("Size", size_text(inspection.bytes))]
    sentence, tag = inspection.what, "PyTorch"
    if inspection.onnx is not None:
        facts += _onnx_facts(inspection.onnx)
        tag = "ONNX"
    elif inspection.checkpoint is not None:
        facts += _checkpoint_facts(inspection.checkpoint)
        sentence = f"{sentence} {inspection.checkpoint.next_step}".strip()
    name = Path(inspection.path).name
    if len(name) > LONGEST:
        # The name stands above; a sentence cannot break a word that is wider than the page.
        sentence = sentence.replace(name, f"{name[: LONGEST // 2]}…{name[-LONGEST // 2 :]}")
    return Detail(name, tag, sentence, tuple(facts))


def _onnx_facts(onnx: OnnxFacts) -> list[tuple[str, str]]:
    producer = f"{onnx.producer_name} {onnx.producer_version}".strip()
    imports = [f"{domain} {version}" for domain, version in onnx.opset_imports.items()]
    facts = [
        ("Written by", producer or "not recorded"),
        ("IR version", str(onnx.ir_version)),
        ("Opset", ", ".join(imports) or "not recorded"),
    ]
    for name, values in (("Input", onnx.inputs), ("Output", onnx.outputs)):
        facts += [
            (name if number == 0 else "", f"{one.name}  {one.dtype} {shape_text(one.shape)}")
            for number, one in enumerate(values[:MOST_TYPES])
        ]
        if len(values) > MOST_TYPES:
            facts.append(("", f"and {count(len(values) - MOST_TYPES)} more"))
    facts.append(("Nodes", _nodes(onnx)))
    common = sorted(onnx.op_types.items(), key=lambda entry: -entry[1])[:MOST_TYPES]
    if common:
        facts.append(("Most used", ", ".join(f"{name} {count(uses)}" for name, uses in common)))
    if onnx.functions:
        facts.append(("Functions", count(onnx.functions)))
    facts.append(("Parameters", _parameters(onnx.initializers, onnx.constants)))
    if onnx.external_data:
        facts.append(("Weights in", counted(len(onnx.external_data), "other file")))
    return facts


def _nodes(onnx: OnnxFacts) -> str:
    if onnx.nodes == onnx.top_level_nodes:
        return count(onnx.nodes)
    return f"{count(onnx.nodes)}, {count(onnx.top_level_nodes)} of them at the top level"


def _parameters(initializers: Totals, constants: Totals) -> str:
    parameters = initializers.parameters + constants.parameters
    return f"{count(parameters)} ({size_text(initializers.bytes + constants.bytes)})"


def _checkpoint_facts(facts: CheckpointFacts) -> list[tuple[str, str]]:
    known = [
        ("Form", facts.form),
        ("Container", _CONTAINERS.get(facts.container, facts.container)),
        ("Tensors", count(facts.tensor_count or len(facts.tensors))),
        ("Parameters", count(facts.parameters)),
    ]
    if facts.state_dict_key:
        known.append(("Weights under", facts.state_dict_key))
    if facts.training is not None:
        known.append(("Saved in", "training mode" if facts.training else "evaluation mode"))
    known.append(
        ("Running it", "executes code" if facts.executes else "executes no code of its own")
    )
    return known
