"""The two sides of a localisation: the ONNX file that is looked into, and what it is held against.

Either side may be the reference. The file is tapped; a PyTorch model is watched at the borders of
its modules, and as an exported program; a second ONNX file is tapped as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.comparison import Side
from inspector.core.failures import InspectorError
from inspector.core.model import Model
from inspector.core.progress import Report
from inspector.formats.layer_map import Group, Origin, groups, origins, source_line
from inspector.jobs.compare_data import fit_data, offer_weights
from inspector.jobs.compare_sides import Opened, bring_together, facts_of, open_side
from inspector.jobs.localise_capture import Captured, call_of, can_capture, capture
from inspector.jobs.localise_measure import LayerRun
from inspector.jobs.localise_pairs import output_key, program_key, value_key
from inspector.jobs.localise_store import Store
from inspector.jobs.requests import LocaliseRequest
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.onnxruntime_taps import Form, Taps, batches
from inspector.runtimes.pytorch import PyTorchRuntime, load_cached
from inspector.runtimes.pytorch_programs import COMPILED, PROGRAM, SCRIPT
from inspector.runtimes.pytorch_taps import Called, run_program, watch
from inspector.runtimes.registry import How
from inspector.samples.feeds import Feeds
from inspector.samples.fit import batch_rule


class Run(NamedTuple):
    """One run: samples `start` to `stop`, and the inputs by the names that data is bound to."""

    start: int
    stop: int
    arrays: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides, opened, and the runs to look at.

    Attributes:
        inside: The ONNX file that is looked into.
        other: What it is held against.
        flip: Whether the file is the reference.
        facts: Records of reference and candidate.
        runs: What to run.
    """

    inside: Opened
    other: Opened
    flip: bool
    facts: tuple[Side, Side]
    runs: tuple[Run, ...]

    def feeds(self, side: Opened) -> tuple[LayerRun, ...]:
        """The runs, by the names that a side has for its inputs."""
        return tuple(
            LayerRun(run.start, {own: run.arrays[bound] for own, bound in side.names.items()})
            for run in self.runs
        )

    @property
    def samples(self) -> tuple[int, ...]:
        """Numbers of all samples in the runs."""
        return tuple(sample for run in self.runs for sample in range(run.start, run.stop))


def open_both(request: LocaliseRequest, scratch: Path, report: Report) -> Sides:
    """Open both sides and read the runs.

    Raises:
        InspectorError: A side cannot be opened, the data does not fit, or neither side is an
            ONNX file that can be looked into.
    """
    how = How(Report(), scratch, request.provider, request.convert)
    report.stage("Opening the reference", Path(request.reference.path).name)
    reference = open_side("reference", request.reference, how)
    report.stage("Opening the candidate", Path(request.candidate.path).name)
    sides = reference, open_side("candidate", request.candidate, how)
    flip = _require_insides(sides)
    offer_weights(request.data, sides, scratch / "data")
    inputs = bring_together(sides, how)
    report.stage("Reading the sample data")
    bound = fit_data(request.data, sides, inputs, scratch / "data")
    assert bound.feeds is not None
    alone = batch_rule(inputs).dynamic and not request.data.batch_size and not bound.feeds.whole
    runs = _runs(bound.feeds, request.samples or (0,), alone)
    inside, other = (sides[0], sides[1]) if flip else (sides[1], sides[0])
    return Sides(inside, other, flip, (facts_of(sides[0]), facts_of(sides[1])), runs)


def _require_insides(sides: tuple[Opened, Opened]) -> bool:
    """Whether the file to look into is the reference."""
    if any(not isinstance(side.runtime, (OnnxRuntime, PyTorchRuntime)) for side in sides):
        raise InspectorError(
            "Recorded outputs hold no values from inside a model.",
            "Name the model itself to find the layer.",
        )
    if isinstance(sides[1].runtime, OnnxRuntime):
        return False
    if isinstance(sides[0].runtime, OnnxRuntime):
        return True
    raise InspectorError(
        "Layers are found by what an ONNX file says about them, and neither side is one.",
        "Export one of the models, and name the ONNX file.",
    )


def _runs(feeds: Feeds, samples: Sequence[int], alone: bool) -> tuple[Run, ...]:
    """The runs that hold the samples; a sample goes alone where the model takes one alone."""
    if alone:
        feeds = replace(feeds, batch_size=1)
    wanted = [sample for sample in samples if sample < feeds.samples] or [0]
    names = [column.value.name for column in feeds.columns]
    found: dict[int, Run] = {}
    for sample in sorted(wanted):
        start, stop, arrays = feeds.at(sample)
        found.setdefault(start, Run(start, stop, dict(zip(names, arrays, strict=True))))
    return tuple(found.values())


def taps_of(side: Opened) -> Taps:
    """The file of a side, ready to be tapped."""
    assert isinstance(side.runtime, OnnxRuntime)
    return Taps(model_of(side), side.runtime.opened)


def model_of(side: Opened) -> Model:
    """The graph that runs: of the file, or of the converted copy of it."""
    from inspector.formats.onnx import read_onnx

    assert isinstance(side.runtime, OnnxRuntime)
    path = side.runtime.opened.path
    if side.model is not None and Path(side.model.path) == Path(path):
        return side.model
    return read_onnx(Path(path))


@dataclass(slots=True)
class Inside:
    """The ONNX file that is looked into, with what its nodes say about where they come from."""

    taps: Taps
    model: Model
    origins: list[Origin]
    groups: Mapping[str, list[Group]]
    runs: tuple[LayerRun, ...]
    forms: dict[str, Form] = field(default_factory=dict)

    def learn(self, values: Sequence[str]) -> None:
        """Find out shape and dtype of values that are not known yet."""
        new = [value for value in values if value not in self.forms]
        self.forms.update(self.taps.forms(new, self.runs[0].feeds))

    def learn_sources(self, stacks: Mapping[str, str]) -> None:
        """Take over stack traces of values where the file holds none: they may be stripped."""
        for value, stack in stacks.items():
            index = self.taps.wiring.maker[value]
            if not self.origins[index].source:
                self.origins[index] = self.origins[index]._replace(source=source_line(stack))


def look_inside(sides: Sides, modules: Sequence[str]) -> Inside:
    """The file that is looked into.

    Args:
        sides: Both sides.
        modules: Paths of the modules on the other side, where it has any.
    """
    model, taps = model_of(sides.inside), taps_of(sides.inside)
    found = origins(model.graph.nodes, modules)
    by_module = groups(taps.wiring, found, taps.outputs)
    return Inside(taps, model, found, by_module, sides.feeds(sides.inside))


class Torch:
    """A PyTorch model that an ONNX file is held against."""

    def __init__(self, side: Opened, runs: Sequence[LayerRun]) -> None:
        assert isinstance(side.runtime, PyTorchRuntime)
        self._runtime = side.runtime
        self.loaded = load_cached(side.source, Report())
        self.names = side.runtime.input_names
        self.runs = runs
        self.calls: list[Called] = []
        self.outputs: list[list[Array]] = []

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs; known once it has been watched."""
        return self._runtime.output_names

    @property
    def modules(self) -> tuple[str, ...]:
        """Paths of the modules."""
        if self.loaded.kind == COMPILED:
            return ()
        return tuple(path for path, _ in self.loaded.module.named_modules())

    @property
    def watchable(self) -> bool:
        """Whether its modules hand their values to hooks."""
        return self.loaded.kind not in (PROGRAM, COMPILED, SCRIPT)

    @property
    def closed(self) -> str:
        """What it is, where nothing can be seen inside of it; empty otherwise."""
        names = {SCRIPT: "the TorchScript model", COMPILED: "the compiled model"}
        return names.get(self.loaded.kind, "")

    def look(self, store: Store) -> None:
        """Run it once on every run; note what is called, and keep the outputs."""
        for place, run in enumerate(self.runs):
            arrays = self._runtime.run(run.feeds)
            self.outputs.append(arrays)
            for number, array in enumerate(arrays):
                store.put(place, output_key(number), array)
        if self.watchable:
            self.calls, _ = watch(self.loaded.module, self._call(0))

    def keep(self, keys: frozenset[str], store: Store) -> None:
        """Keep values at the borders of modules."""
        if not self.watchable or not keys:
            return
        for place in range(len(self.runs)):

            def take(key: str, array: Array, place: int = place) -> None:
                store.put(place, key, array)

            watch(self.loaded.module, self._call(place), keys, take)

    def keep_steps(self, program: Any, names: frozenset[str], store: Store) -> list[list[Array]]:
        """Keep values of steps of an exported program; gives the outputs of every run."""
        found: list[list[Array]] = []
        for place in range(len(self.runs)):

            def take(name: str, array: Array, place: int = place) -> None:
                store.put(place, program_key(name), array)

            found.append(run_program(program, self._call(place), names, take))
        return found

    def capture(self, inside: Inside, folder: Path) -> Captured | None:
        """Export it anew as the file was exported; None for what no exporter takes."""
        if not can_capture(self.loaded):
            return None
        opset = dict(inside.model.opset_imports).get("ai.onnx", 18)
        exporter = "dynamo" if _by_dynamo(inside) else "torchscript"
        symbols = self._symbols(inside)
        arrays = self.runs[0].feeds
        return capture(self.loaded, self.names, arrays, symbols, (exporter, opset), folder)

    def _symbols(self, inside: Inside) -> dict[str, dict[int, str]]:
        """Open dimensions of the file's inputs, by the names of this side."""
        values = [v for v in inside.model.graph.inputs if v.name in inside.taps.inputs]
        shapes = dict(zip(self.names, (value.shape for value in values), strict=False))
        by_name = {value.name: value.shape for value in values}
        shapes |= {name: by_name[name] for name in self.names if name in by_name}
        return {
            name: {axis: dim for axis, dim in enumerate(shape or ()) if isinstance(dim, str)}
            for name, shape in shapes.items()
        }

    def _call(self, place: int) -> Any:
        return call_of(self.loaded, self.names, self.runs[place].feeds)


def _by_dynamo(inside: Inside) -> bool:
    return any(origin.target for origin in inside.origins)


def outputs_of(side: Opened, runs: Sequence[LayerRun]) -> list[list[Array]]:
    """Outputs of an ONNX file in every run, computed without optimisation."""
    assert isinstance(side.runtime, OnnxRuntime)
    runtime = side.runtime.again("off")
    runtime.take_also(runs[0].feeds)
    return [runtime.run(run.feeds) for run in runs]


def keep_tapped(taps: Taps, values: Sequence[str], runs: Sequence[LayerRun], store: Store) -> None:
    """Keep values of an ONNX file that is held against another one."""
    forms = taps.forms(values, runs[0].feeds)
    sizes = {value: forms[value].bytes for value in forms}
    for batch in batches([value for value in values if value in forms], sizes):
        runtime = taps.tapped(batch)
        runtime.take_also(runs[0].feeds)
        for place, run in enumerate(runs):
            arrays = runtime.run({name: run.feeds[name] for name in runtime.input_names})
            for value, array in zip(batch, arrays, strict=True):
                store.put(place, value_key(value), array)
