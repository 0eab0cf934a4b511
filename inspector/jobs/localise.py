"""Find the layer: values inside both models held against each other, part by part.

First the borders of modules, which takes seconds. Where something differs, the model is exported
anew and every step that has the same name on both sides is looked at; then the table of optimisers
says which tool is at fault. What is known so far is written after each part.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from inspector.core import wire
from inspector.core.blame import Trial, settle
from inspector.core.failures import explain
from inspector.core.layer_rules import check_layers
from inspector.core.layer_words import detail_of, sentence_of
from inspector.core.layers import Layer, Localisation, find_birthplace, healed
from inspector.core.progress import Report
from inspector.core.walk import subgraphs
from inspector.core.words import counted
from inspector.jobs import localise_blame as blame
from inspector.jobs.compare_outputs import pair_outputs
from inspector.jobs.compare_words import environment
from inspector.jobs.localise_capture import Captured
from inspector.jobs.localise_layers import layers_of
from inspector.jobs.localise_measure import Bench, Measured
from inspector.jobs.localise_pairs import (
    OUTPUT,
    WEAK,
    Pair,
    Pairs,
    output_key,
    pair_files,
    pair_modules,
    pair_program,
    program_key,
    value_key,
)
from inspector.jobs.localise_sides import (
    Inside,
    Sides,
    Torch,
    keep_tapped,
    look_inside,
    model_of,
    open_both,
    outputs_of,
    taps_of,
)
from inspector.jobs.localise_store import Store
from inspector.jobs.requests import PARTIAL_LAYERS, LocaliseRequest
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.pytorch import PyTorchRuntime
from inspector.runtimes.pytorch_taps import steps_of

BY_MODULES = "borders of modules"
BY_STEPS = "borders of modules, and steps of the model exported anew"
BY_NAMES = "names of values, and the structure of both files"
"""How values were found on both sides."""
_NAMED = 4
"""Samples that are told one by one."""


def run(request: LocaliseRequest, job_dir: Path, report: Report) -> Localisation:
    """Carry out the search.

    The values at the birthplace are kept in `job_dir/layers`.

    Raises:
        InspectorError: A side cannot be opened or run, the data does not fit, or neither side is
            an ONNX file.
    """
    scratch = job_dir / "scratch"
    try:
        sides = open_both(request, scratch, report)
        work = _Work(request, sides, job_dir, scratch, report)
        return work.localise()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(slots=True)
class _Work:
    """One search, with what is known so far."""

    request: LocaliseRequest
    sides: Sides
    job_dir: Path
    scratch: Path
    report: Report
    known: Localisation = field(default_factory=lambda: Localisation("", "", (), complete=False))
    notes: tuple[str, ...] = ()
    borders: Pairs = field(default_factory=dict)

    def localise(self) -> Localisation:
        """All of it, in the order of what costs least."""
        self._begin()
        if isinstance(self.sides.other.runtime, PyTorchRuntime):
            self._against_torch()
        else:
            self._against_file()
        seconds = self.report.seconds
        return replace(self.known, complete=True, seconds=seconds)

    def _begin(self) -> None:
        facts = self.sides.facts
        versions = {side.runtime: side.version for side in facts if side.version}
        self.known = replace(
            self.known,
            samples=self.sides.samples,
            reference=facts[0],
            candidate=facts[1],
            environment=environment(versions),
        )

    def _against_torch(self) -> None:
        self.report.stage("Looking at the modules")
        store = Store(self.scratch / "values")
        torch = Torch(self.sides.other, self.sides.feeds(self.sides.other))
        torch.look(store)
        if torch.closed:
            self.notes += (f"Values inside {torch.closed}, which hands none out.",)
        inside = look_inside(self.sides, torch.modules)
        order, outputs = self._outputs(inside, torch.output_names)
        self.borders = self._by_modules(inside, torch)
        pairs = {**self.borders, **outputs}
        torch.keep(_keys(pairs), store)
        self.report.stage("Measuring the layers")
        bench = Bench(inside.taps, store, inside.runs, inside.forms, self.sides.flip)
        measured = self._measure(bench, pairs, inside, torch, BY_MODULES)
        trials = self._file_trials(torch.outputs, order) if self.request.blame else []
        bad = any(not one.whole.agrees for one in measured.values())
        bad = bad or any(not one.agrees for one in trials)
        few = not any(one.pair.by != OUTPUT for one in measured.values())
        few = few and not torch.closed
        captured = self._capture(torch, inside) if self._wants_export(bad, few) else None
        if captured is not None and captured.program is not None:
            found = self._by_steps(inside, torch, store, captured, trials)
            if found and self.request.steps:
                pairs = {**pairs, **found, **outputs}
                inside.learn(tuple(pairs))
                self.report.stage("Measuring single steps")
                measured = self._measure(bench, pairs, inside, torch, BY_STEPS)
        self._finish(inside, measured, pairs, store)
        if self.request.blame:
            if captured is not None:
                self.report.stage("Running what was exported anew")
                runs = torch.runs
                trials += list(blame.exported_trials(captured.files, runs, torch.outputs))
            self._blame(trials, inside, measured, pairs, store)

    def _against_file(self) -> None:
        self.report.stage("Looking at both files")
        store = Store(self.scratch / "values")
        inside = look_inside(self.sides, ())
        other, taps = model_of(self.sides.other), taps_of(self.sides.other)
        names = self.sides.other.runtime.output_names
        pairs = pair_files(other, inside.model)
        runs = self.sides.feeds(self.sides.other)
        wanted = outputs_of(self.sides.other, runs)
        order, outputs = self._outputs(inside, names)
        moving = _moving(inside)
        pairs = {value: pair for value, pair in pairs.items() if value in moving}
        pairs |= outputs
        for place, arrays in enumerate(wanted):
            for number, array in enumerate(arrays):
                store.put(place, output_key(number), array)
        keys = [pair.key for pair in pairs.values() if pair.by != OUTPUT]
        keep_tapped(taps, [key.removeprefix(value_key("")) for key in keys], runs, store)
        inside.learn(tuple(pairs))
        self.report.stage("Measuring the layers")
        bench = Bench(inside.taps, store, inside.runs, inside.forms, self.sides.flip)
        measured = self._measure(bench, pairs, inside, None, BY_NAMES)
        self._finish(inside, measured, pairs, store)
        if self.request.blame:
            self._blame(self._file_trials(wanted, order), inside, measured, pairs, store)

    def _outputs(self, inside: Inside, names: tuple[str, ...]) -> tuple[list[int], Pairs]:
        """Places of the file's outputs in the other side's order, and the pairs they make."""
        own = self.sides.inside.runtime.output_names
        pairing = pair_outputs(names, own, ("the reference", "the candidate"))
        places = zip(pairing.reference, pairing.candidate, strict=True)
        order, pairs = [], {}
        for other, place in places:
            order.append(place)
            value = own[place]
            if value in inside.taps.outputs and value in inside.taps.wiring.maker:
                pairs[value] = Pair(value, output_key(other), OUTPUT)
        inside.learn(tuple(pairs))
        return order, pairs

    def _by_modules(self, inside: Inside, torch: Torch) -> Pairs:
        moving = _moving(inside)
        borders = dict.fromkeys(
            value
            for here in inside.groups.values()
            for group in here
            for value in (*group.exits, *group.entries)
            if value in moving
        )
        inside.learn(tuple(borders))
        return pair_modules(inside.groups, torch.calls, inside.forms)

    def _measure(
        self, bench: Bench, pairs: Pairs, inside: Inside, torch: Torch | None, how: str
    ) -> dict[str, Measured]:
        calls = torch.calls if torch else []

        def part(found: dict[str, Measured], total: int) -> None:
            layers = layers_of(inside, found, calls, self.known.samples, self.borders)
            self._tell(layers, how, inside)
            text = f"{len(found):,} of {counted(total, 'value')}"
            self.report.progress(len(found) / max(total, 1), text)

        found = bench.measure(pairs, part)
        if not found:
            part(found, 0)
        doubtful = {one.value for one in healed(self.known.layers) if one.paired_by in WEAK}
        if doubtful:
            # What was paired without a name and comes to nothing was not the same value; as an
            # input it would make others err.
            certain = {value: pair for value, pair in pairs.items() if value not in doubtful}
            found = bench.measure(certain, part)
        return found

    def _tell(self, layers: tuple[Layer, ...], how: str, inside: Inside) -> None:
        """Note what is known so far, and write it."""
        birth = find_birthplace(layers)
        self.known = replace(
            self.known,
            sentence=sentence_of(layers, birth),
            detail=detail_of(layers, birth, self._names()),
            layers=layers,
            birthplace=birth.place,
            also_born=birth.also,
            first_divergence=layers[birth.first].name if birth.first is not None else None,
            mapped_by=how,
            not_checked=(*self.notes, *_not_checked(inside, self.known.samples)),
            findings=check_layers(layers),
        )
        path = self.job_dir / PARTIAL_LAYERS
        wire.save(self.known, path)
        self.report.part("layers", str(path))

    def _names(self) -> tuple[str, str]:
        """What sentences call the other side and the file that is looked into."""
        if isinstance(self.sides.other.runtime, PyTorchRuntime):
            return "PyTorch", "the ONNX file"
        return "The reference", "the candidate"

    def _wants_export(self, bad: bool, few: bool) -> bool:
        return (bad and (self.request.steps or self.request.blame)) or (few and self.request.steps)

    def _capture(self, torch: Torch, inside: Inside) -> Captured | None:
        self.report.stage("Exporting the model anew")
        try:
            return torch.capture(inside, self.scratch / "anew")
        except Exception as error:  # what an exporter says about a model that it cannot export
            why = f"The model could not be exported anew: {explain(error).sentence}"
            self.notes += (f"Single steps inside the modules. {why}",)
            self.known = replace(self.known, not_checked=(*self.notes, *self.known.not_checked))
            return None

    def _by_steps(
        self, inside: Inside, torch: Torch, store: Store, captured: Captured, trials: list[Trial]
    ) -> Pairs:
        """Pairs with the steps of the exported program, where it computes what the model does."""
        self.report.stage("Running the exported program")
        steps = steps_of(captured.program)
        found = pair_program(inside.taps.wiring, inside.origins, steps)
        inside.learn_sources({name: steps[name].stack for name in found})
        moving = _moving(inside)
        found = {value: pair for value, pair in found.items() if value in moving}
        names = frozenset(pair.key.removeprefix(program_key("")) for pair in found.values())
        try:
            outputs = torch.keep_steps(captured.program, names, store)
        except Exception:  # a program that only the exporter's translation can run
            return {}
        row = blame.program_trial(outputs, torch.outputs)
        trials.append(row)
        return found if row.agrees else {}

    def _file_trials(self, wanted: list[list[Array]], order: list[int]) -> list[Trial]:
        self.report.stage("Running the file with every optimiser")
        runtime = self.sides.inside.runtime
        assert isinstance(runtime, OnnxRuntime)
        runs = self.sides.feeds(self.sides.inside)
        return list(blame.file_trials(runtime, runs, wanted, order))

    def _finish(
        self, inside: Inside, measured: Mapping[str, Measured], pairs: Pairs, store: Store
    ) -> None:
        """Keep the values at the birthplace, both sides', for the picture."""
        place = self.known.birthplace
        if place is None:
            return
        layer = self.known.layers[place]
        folder = self.job_dir / "layers"
        with contextlib.suppress(OSError, TypeError, ValueError):
            folder.mkdir(exist_ok=True)
            runtime = inside.taps.tapped([layer.value])
            runtime.take_also(inside.runs[0].feeds)
            at = _run_of(layer, inside)
            feeds = inside.runs[at].feeds
            (own,) = runtime.run({name: feeds[name] for name in runtime.input_names})
            other = store.get(at, pairs[layer.value].key)
            first, second = (own, other) if self.sides.flip else (other, own)
            paths = folder / "reference.npy", folder / "candidate.npy"
            for path, array in zip(paths, (first, second), strict=True):
                np.save(path, array, allow_pickle=False)
            self.known = replace(
                self.known, reference_file=str(paths[0]), candidate_file=str(paths[1])
            )

    def _blame(
        self,
        trials: list[Trial],
        inside: Inside,
        measured: Mapping[str, Measured],
        pairs: Pairs,
        store: Store,
    ) -> None:
        rules: bool | None = None
        place = self.known.birthplace
        if place is not None:
            layer = self.known.layers[place]
            rules = blame.by_the_rules(inside, layer, pairs, tuple(measured), store)
        self.known = replace(self.known, blame=settle(trials, rules))


def _keys(pairs: Pairs) -> frozenset[str]:
    return frozenset(pair.key for pair in pairs.values() if pair.by != OUTPUT)


def _moving(inside: Inside) -> frozenset[str]:
    """Values that depend on the inputs: what is constant is no layer."""
    fixed = inside.taps.wiring.constant(inside.taps.inputs)
    return frozenset(value for value in inside.taps.wiring.maker if value not in fixed)


def _run_of(layer: Layer, inside: Inside) -> int:
    """The run with the worst element."""
    starts = [run.sample for run in inside.runs]
    worst = layer.worst[0].sample if layer.worst else starts[0]
    return starts.index(worst)


def _not_checked(inside: Inside, samples: tuple[int, ...]) -> Iterator[str]:
    """What a person should know was not looked at."""
    hidden = sum(1 for node in inside.taps.wiring.nodes for _ in subgraphs(node))
    if hidden:
        yield f"Values inside {counted(hidden, 'subgraph')} (branches and loops)."
    if inside.model.functions:
        yield f"Values inside {counted(len(inside.model.functions), 'function')} of the file."
    if len(samples) > _NAMED:
        yield f"Samples other than the {len(samples):,} that were run."
    else:
        yield f"Samples other than {', '.join(f'{sample:,}' for sample in samples)}."
