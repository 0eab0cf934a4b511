"""Which value of the ONNX graph is which of the other side: said by names and scopes, not guessed.

A value is taken for the output of a module where it leaves the module's nodes and has the same
shape and dtype, and nothing else does. Values alone say nothing: many are alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from inspector.core.difference import attribute_text
from inspector.core.layer_graph import Wiring
from inspector.core.model import Model, Node
from inspector.core.pairing import pair_nodes
from inspector.formats.layer_map import Group, Origin
from inspector.runtimes.onnxruntime_taps import Form
from inspector.runtimes.pytorch_taps import Called, Step
from inspector.runtimes.pytorch_taps import Form as TensorForm

OUTPUT, NAME, MODULE, INPUT, STRUCTURE = "output", "name", "module", "input", "structure"
"""What says that two values are the same."""

WEAK = (INPUT, STRUCTURE)
"""What says it without a name."""


class Pair(NamedTuple):
    """A value of the ONNX file, the key of the other side's, and what says so.

    `text` is what the other side does there, where that is another ONNX file.
    """

    value: str
    key: str
    by: str
    text: str = ""


Pairs = dict[str, Pair]
"""By value of the ONNX file."""


_TEXT = 160


def node_text(node: Node) -> str:
    """What a node does: `LayerNormalization(axis=-1, epsilon=1e-05)`."""
    attributes = ", ".join(f"{one.name}={attribute_text(one)}" for one in node.attributes)
    return f"{node.op_type}({attributes})"[:_TEXT]


def output_key(place: int) -> str:
    """Key of an output of the whole model."""
    return f"output.{place}"


def program_key(name: str) -> str:
    """Key of a value of an exported program."""
    return f"program.{name}"


def value_key(name: str) -> str:
    """Key of a value of the other ONNX file."""
    return f"value.{name}"


def pair_modules(
    groups: Mapping[str, list[Group]],
    calls: Sequence[Called],
    forms: Mapping[str, Form],
) -> Pairs:
    """Pairs at the borders of modules.

    Args:
        groups: Nodes of each module of the file, by call.
        calls: What PyTorch called.
        forms: Shape and dtype of the file's values.
    """
    found: Pairs = {}
    absorbed = followers(groups, calls)
    sided = list(_same_calls(groups, calls, forms))
    for group, called in sided:
        speaker = absorbed.get((called.path, called.call), called)
        for value, place in _unique(group.exits, speaker.outputs, forms):
            found.setdefault(value, Pair(value, speaker.key("out", place), MODULE))
    lost = _lost(groups, calls)
    for group, called in sided:
        if called.leaf and not any(form.identity in lost for form in called.inputs):
            for value, place in _unique(group.entries, called.inputs, forms):
                found.setdefault(value, Pair(value, called.key("in", place), INPUT))
    return found


def _lost(groups: Mapping[str, list[Group]], calls: Sequence[Called]) -> frozenset[int]:
    """Tensors that the file does not have: outputs of layers that were merged into the next one.

    What such a next one takes in the file is what the layer before it took in PyTorch.
    """
    return frozenset(
        form.identity
        for called in calls
        if called.leaf and not called.idle and called.path not in groups
        for form in called.outputs
    )


def followers(
    groups: Mapping[str, list[Group]], calls: Sequence[Called]
) -> dict[tuple[str, int], Called]:
    """Batch normalisations without nodes of their own, by the layer whose weights hold them.

    Both exporters put a normalisation into the convolution or matrix product before it. Where the
    nodes still carry the name of that layer, their value is the normalisation's.
    """
    makers = {form.identity: called for called in calls if called.leaf for form in called.outputs}
    found: dict[tuple[str, int], Called] = {}
    for called in calls:
        if called.normalises and called.path not in groups and called.inputs:
            before = makers.get(called.inputs[0].identity)
            if before is not None and before.path in groups:
                found[before.path, before.call] = called
    return found


def _same_calls(
    groups: Mapping[str, list[Group]], calls: Sequence[Called], forms: Mapping[str, Form]
) -> Iterator[tuple[Group, Called]]:
    """Groups of nodes with the call that they are; several calls go by their order."""
    by_path: dict[str, list[Called]] = {}
    for called in calls:
        by_path.setdefault(called.path, []).append(called)
    for path, made in by_path.items():
        here = groups.get(path, [])
        made.sort(key=lambda called: called.call)
        if len(here) == len(made):
            yield from zip(here, made, strict=True)
        elif len(here) == 1 and all(len(called.outputs) == 1 for called in made):
            group, wanted = here[0], [called.outputs[0] for called in made]
            exits = [v for v in group.exits if any(_fits(forms.get(v), one) for one in wanted)]
            in_order = zip(exits, wanted, strict=False)
            if len(exits) == len(made) and all(_fits(forms.get(v), one) for v, one in in_order):
                parts = (Group(group.nodes, (value,), ()) for value in exits)
                yield from zip(parts, made, strict=True)


def _unique(
    values: Sequence[str], tensors: Sequence[TensorForm], forms: Mapping[str, Form]
) -> Iterator[tuple[str, int]]:
    """Values and places of tensors that are the only ones of their form on both sides."""
    there = Counter((one.shape, one.dtype) for one in dict.fromkeys(tensors))
    here = Counter((forms[v].shape, forms[v].dtype) for v in values if v in forms)
    for place, tensor in enumerate(tensors):
        form = tensor.shape, tensor.dtype
        if there[form] == here[form] == 1:
            yield next(v for v in values if v in forms and _fits(forms[v], tensor)), place


def _fits(form: Form | None, tensor: TensorForm) -> bool:
    return form is not None and (form.shape, form.dtype) == (tensor.shape, tensor.dtype)


def pair_program(wiring: Wiring, origins: Sequence[Origin], steps: Mapping[str, Step]) -> Pairs:
    """Pairs by name with an exported program.

    A name alone is no proof: a file exported with other sizes may count its steps otherwise. So
    what PyTorch calls there, and the module around it, must be the same where the file tells it.
    """
    found: Pairs = {}
    for name, index in wiring.maker.items():
        step, origin = steps.get(name), origins[index]
        if step is None:
            continue
        told = bool(origin.target)
        if told and (origin.target, origin.path) != (step.target, step.path):
            continue
        found[name] = Pair(name, program_key(name), NAME)
    return found


def pair_files(reference: Model, candidate: Model) -> Pairs:
    """Pairs between two ONNX files: by the names of values, else by structure.

    Names count where most of those that both files have stand for the same operator; a value may
    then have another operator all the same, as where an optimiser fused nodes. The structure says
    it for nodes of the same operator with the same surroundings.
    """
    sides = [
        {name: node for node in model.graph.nodes for name in node.outputs if name}
        for model in (reference, candidate)
    ]
    common = [name for name in sides[1] if name in sides[0]]
    same = sum(sides[0][name].op_type == sides[1][name].op_type for name in common)
    found: Pairs = {}
    if same * 2 > len(common):
        found = {n: Pair(n, value_key(n), NAME, node_text(sides[0][n])) for n in common}
    first, second = reference.graph.nodes, candidate.graph.nodes
    taken = {pair.key for pair in found.values()}
    for one, other in pair_nodes(first, second).items():
        if first[one].op_type != second[other].op_type:
            continue
        for name, own in zip(first[one].outputs, second[other].outputs, strict=False):
            key = value_key(name)
            if name and own and own not in found and key not in taken:
                found[own] = Pair(own, key, STRUCTURE, node_text(first[one]))
    return found
