"""Values inside a model, held against the reference's: records, order, and where an error is born.

Two errors are known of a layer. The accumulated one is that of its output when the whole model
runs: it holds what every layer before it contributed. The local one is that of its output when
the layer alone is fed with the reference's own values: it is the layer's own doing.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.core.blame import Blame
from inspector.core.comparison import Allowed, Comparison, Side, Worst
from inspector.core.finding import Finding
from inspector.core.model import Shape
from inspector.core.tolerance import REVIEW_FACTOR


class Status(enum.StrEnum):
    """What is known about one layer. Only `DIFFERS` is a mismatch."""

    AGREES = "agrees"
    DIFFERS = "differs"
    MERGED = "merged"
    FOLDED = "folded"
    NOT_MAPPED = "not mapped"


COMPARED = (Status.AGREES, Status.DIFFERS)
"""What a layer is whose output was held against the reference's."""


class Measure(NamedTuple):
    """How far one value is from the reference's, over all samples that were looked at.

    Attributes:
        scaled: Largest |difference| over S, the largest finite |reference|; inf where an element
            is finite on one side only, or where S is 0 and something differs; 0 without elements.
        times_allowed: How many times its allowance the worst element differs; inf where an
            element is finite on one side only; for whole numbers 1 and the scaled error.
        elements: How many elements were held against each other.
        beyond: How many differ by more than is allowed, or are finite on one side only.
        max_absolute_error: Largest |difference| of the finite elements.
        allowed: The allowance, as for outputs.
        worst: The worst elements.
    """

    scaled: float
    times_allowed: float
    elements: int
    beyond: int
    max_absolute_error: float
    allowed: Allowed
    worst: tuple[Worst, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether every element is within what is allowed."""
        return self.beyond == 0


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer or step of a model, in the order of running.

    Attributes:
        name: What people call it: the module path with `/`, a step inside it, the call where a
            module is called more than once: `layer3/1/relu1`, `layer3/1/add`, `act (call 2)`.
        module: Dotted path of the PyTorch module, or the scope in the file; empty: the root.
        value: Name of the value in the ONNX file; empty where there is none.
        node: Name of the node that makes it, its op type and number where it has no name.
        op_type: Its operator.
        status: Whether it agrees, or why it was not compared.
        scaled_error: Accumulated error over the largest |reference|; None where not compared.
        local_error: The same of the layer alone, fed with the reference's values; None where it
            is not known.
        local_agrees: Whether the layer alone is within what is allowed.
        growth: Accumulated error over the largest one among its inputs; None where these are
            exact or not known.
        allowed: Allowance of an element as large as the largest one, over that largest value.
        times_allowed: How many times its allowance the worst element differs.
        local_times_allowed: The same of the layer alone.
        class_name: Class of the module.
        call: Number of the call of that module, 0 for the first.
        inner: It lies inside a layer that is compared as a whole.
        rule: Rewrite rule of the exporter that made the node.
        source: Line of the PyTorch source, as `models.py, line 12: x = self.act(x)`.
        module_text: What PyTorch does there, as the module prints itself; of another ONNX file,
            what its node does.
        node_text: What the node does: operator and attributes.
        region: Nodes that compute it from the layers before it.
        inputs: Values of the layers it is computed from.
        paired_by: What says that both values are the same: `name`, `module`, `input`, `output`,
            `structure`.
        note: Why it was not compared: `merged into b2 (FuseBatchNormIntoConv)`.
        is_output: Whether the value is an output of the model.
        dtype: Of the reference's value.
        shape: Of the value in one run.
        samples: Samples that it was measured on.
        elements: Elements held against each other.
        beyond: Elements that differ by more than is allowed.
        max_absolute_error: Largest difference.
        scale: Largest |reference|.
        worst: Worst elements.
        local_worst: Worst elements of the layer alone.
    """

    name: str
    module: str
    value: str
    node: str
    op_type: str
    status: Status
    scaled_error: float | None = None
    local_error: float | None = None
    local_agrees: bool | None = None
    growth: float | None = None
    allowed: float = 0.0
    times_allowed: float = 0.0
    local_times_allowed: float = 0.0
    class_name: str = ""
    call: int = 0
    inner: bool = False
    rule: str = ""
    source: str = ""
    module_text: str = ""
    node_text: str = ""
    region: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    paired_by: str = ""
    note: str = ""
    is_output: bool = False
    dtype: str = ""
    shape: Shape = None
    samples: tuple[int, ...] = ()
    elements: int = 0
    beyond: int = 0
    max_absolute_error: float = 0.0
    scale: float = 0.0
    worst: tuple[Worst, ...] = ()
    local_worst: tuple[Worst, ...] = ()

    @property
    def compared(self) -> bool:
        """Whether its output was held against the reference's."""
        return self.status in COMPARED


@dataclass(frozen=True, slots=True)
class Localisation:
    """Where inside a model the candidate parts from the reference.

    Attributes:
        sentence: Where the error is born, and what is before and behind it.
        detail: What is known about that place, in one line.
        layers: All of them in the order of running, those that were not compared among them.
        birthplace: Index of the layer where the error is born, see `find_birthplace`; None where
            no layer stands out.
        also_born: Indices of further layers that err by themselves, the worst first.
        first_divergence: Name of the first layer that is beyond what is allowed.
        blame: Which tool is at fault, where that was asked for.
        samples: Samples that were looked at.
        reference: The one side.
        candidate: The other.
        mapped_by: How values were found on both sides, in words.
        not_checked: What was not looked at, as sentences.
        reference_file: `.npy` of the reference's values at the birthplace, one run [...].
        candidate_file: The candidate's.
        findings: Remarks about what was seen inside.
        complete: False while it is still being measured.
        environment: Versions, processor, threads.
        seconds: Stage to duration.
    """

    sentence: str
    detail: str
    layers: tuple[Layer, ...]
    birthplace: int | None = None
    also_born: tuple[int, ...] = ()
    first_divergence: str | None = None
    blame: Blame | None = None
    samples: tuple[int, ...] = ()
    reference: Side | None = None
    candidate: Side | None = None
    mapped_by: str = ""
    not_checked: tuple[str, ...] = ()
    reference_file: str = ""
    candidate_file: str = ""
    findings: tuple[Finding, ...] = ()
    complete: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class Birth(NamedTuple):
    """Where an error is born: indices of layers, `place` None where none stands out."""

    place: int | None
    also: tuple[int, ...]
    first: int | None


def find_birthplace(layers: Sequence[Layer]) -> Birth:
    """The layer where the error is born.

    A layer *errs by itself* when its accumulated error is beyond what is allowed, and its local
    one is as well. Of these count only the ones whose error reaches an output of the model
    through values that are all beyond. Where every output agrees nothing is born: what differs
    inside heals. Where no path is known, all of them count.

    The birthplace is the one with the largest local error, measured in times what is allowed,
    among those whose inputs all agree. One whose inputs do not agree takes its place only where
    its local error is more than ten times as large: rounding that is just beyond what is allowed
    shall not hide a defect behind it. Of equal ones the first to run is taken.

    A layer whose local error is not known errs by itself when its inputs all agree. Without any
    layer that errs by itself there is no birthplace: the error grows from layer to layer.
    """
    beyond = [i for i, one in enumerate(layers) if one.status is Status.DIFFERS]
    if not beyond:
        return Birth(None, (), None)
    places = {one.value: i for i, one in enumerate(layers) if one.compared and one.value}
    pure = {i for i in beyond if _inputs_agree(layers, layers[i], places)}
    born = [
        i
        for i in beyond
        if layers[i].local_agrees is False or (layers[i].local_agrees is None and i in pure)
    ]
    outputs = [one for one in layers if one.is_output and one.compared]
    well = bool(outputs) and all(one.status is Status.AGREES for one in outputs)
    reaching = _reaching(layers, beyond, places)
    born = [i for i in born if i in reaching] or born
    if well or not born:
        return Birth(None, (), beyond[0])
    ranked = sorted(born, key=lambda i: (-_own(layers[i]), i))
    place = ranked[0]
    for one in ranked:
        if one in pure:
            near = _own(layers[one]) * REVIEW_FACTOR >= _own(layers[place])
            place = one if near else place
            break
    return Birth(place, tuple(i for i in ranked if i != place), beyond[0])


def healed(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Layers that differ, and whose difference reaches no output through values that differ."""
    places = {one.value: i for i, one in enumerate(layers) if one.compared and one.value}
    beyond = [i for i, one in enumerate(layers) if one.status is Status.DIFFERS]
    reaching = _reaching(layers, beyond, places)
    return tuple(layers[i] for i in beyond if i not in reaching)


def _own(layer: Layer) -> float:
    """How far a layer errs by itself, in times what is allowed."""
    if layer.local_agrees is None:
        return layer.times_allowed
    return layer.local_times_allowed


def _inputs_agree(layers: Sequence[Layer], layer: Layer, places: Mapping[str, int]) -> bool:
    inputs = (places.get(value) for value in layer.inputs)
    return all(layers[i].status is Status.AGREES for i in inputs if i is not None)


def _reaching(
    layers: Sequence[Layer], beyond: Iterable[int], places: Mapping[str, int]
) -> set[int]:
    """Layers from which a path of layers that are beyond leads to an output."""
    bad = set(beyond)
    waiting = [i for i in bad if layers[i].is_output]
    found = set(waiting)
    while waiting:
        for value in layers[waiting.pop()].inputs:
            above = places.get(value)
            if above in bad and above not in found:
                found.add(above)
                waiting.append(above)
    return found


def growth_of(layer: Layer, measured: Mapping[str, Measure], own: Measure) -> float | None:
    """Accumulated error of a layer over the largest one among its inputs.

    None where these are exact, infinite, or not known: there is nothing to grow from.
    """
    above = [measured[value].scaled for value in layer.inputs if value in measured]
    largest = max(above, default=0.0)
    if largest <= 0.0 or not math.isfinite(largest) or not math.isfinite(own.scaled):
        return None
    return own.scaled / largest


def samples_of(comparison: Comparison) -> tuple[int, ...]:
    """The samples to look at after a comparison: the first, and the worst of the worst output."""
    worst = [
        (one.absolute_error / one.allowed if one.allowed > 0.0 else math.inf, one.sample)
        for output in comparison.outputs
        for one in output.worst[:1]
    ]
    if not worst:
        return (0,)
    return tuple(sorted({0, max(worst)[1]}))
