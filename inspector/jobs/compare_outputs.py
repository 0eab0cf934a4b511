"""The outputs of both sides: paired, counted run by run, and kept for the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from inspector.core.arrays import dtype_name
from inspector.core.chosen import choice_for
from inspector.core.comparison import OutputComparison, Ties
from inspector.core.model import Shape, Value
from inspector.core.origins import Kind
from inspector.core.sources import Choice
from inspector.core.statistics import BLOCK, OutputStatistics
from inspector.core.tolerance import tolerance_for
from inspector.core.words import counted
from inspector.jobs.compare_kept import KeptOutput, samples_to_keep
from inspector.runtimes.base import Array


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which output of the candidate belongs to which of the reference.

    Attributes:
        names: Name of each pair, the reference's.
        reference: Place of each among the reference's outputs.
        candidate: Place of each among the candidate's outputs.
        problems: Sentences about outputs that only one side has.
    """

    names: tuple[str, ...]
    reference: tuple[int, ...]
    candidate: tuple[int, ...]
    problems: tuple[str, ...] = ()


def pair_outputs(
    reference: Sequence[str], candidate: Sequence[str], labels: tuple[str, str]
) -> Pairing:
    """Pair outputs by name where both sides use the same names, else by order.

    A candidate with another number of outputs is a difference in structure; what can still be
    paired is compared all the same.

    Args:
        reference: Names of the reference's outputs.
        candidate: Names of the candidate's outputs.
        labels: What sentences call the two sides.
    """
    problems: tuple[str, ...] = ()
    if len(reference) != len(candidate):
        numbers = [counted(len(names), "output") for names in (reference, candidate)]
        problems = (f"{labels[0]} gives {numbers[0]}, and {labels[1]} gives {numbers[1]}.",)
    common = [name for name in reference if name in candidate]
    if set(reference) == set(candidate) or (problems and common):
        first = tuple(reference.index(name) for name in common)
        second = tuple(candidate.index(name) for name in common)
        return Pairing(tuple(common), first, second, problems)
    places = tuple(range(min(len(reference), len(candidate))))
    names = tuple(_shared_name(reference[i], candidate[i]) for i in places)
    return Pairing(names, places, places, problems)


def _shared_name(reference: str, candidate: str) -> str:
    """PyTorch's places (`output`, `out[1]`) give way to the name in the file."""
    made_up = reference == "output" or reference.startswith("out[")
    return candidate if made_up else reference


def batch_axis(declared: Shape, symbol: str, dynamic: bool, array: Array, samples: int) -> int:
    """The axis of an output that samples count along, -1 where there is none.

    Args:
        declared: The output's shape as the file declares it; None where it does not.
        symbol: Name of the dynamic batch dimension among the inputs; empty where it has none.
        dynamic: True where the model takes any number of samples.
        array: The output of one run.
        samples: Samples in that run, or `NO_AXIS`.
    """
    if declared is not None and len(declared) == array.ndim:
        if symbol and symbol in declared:
            axis = declared.index(symbol)
            return axis if array.shape[axis] == samples else -1
        if dynamic and declared and isinstance(declared[0], int):
            return -1
    return 0 if array.ndim and array.shape[0] == samples else -1


NO_AXIS = -1
"""Instead of the samples in a run: no output counts samples along any axis."""


def in_samples(array: Array, axis: int) -> Array:
    """The array with samples along axis 0; all of it is one sample where `axis` is -1."""
    if axis < 0 or axis >= array.ndim:
        return array[None]
    return np.moveaxis(array, axis, 0)


class FoundTies(Protocol):
    """What watches the indices of an output, see `compare_ties.py`."""

    def finish(self) -> Ties:
        """What is known about those that differ."""


@dataclass(slots=True)
class PairedOutput:
    """One output of both sides while it is counted.

    Small runs are gathered into blocks: counting a block costs hardly more than counting a run.
    """

    statistics: OutputStatistics
    kept: KeptOutput
    axis: int
    ties: FoundTies | None = None
    first_run: int = 0
    _waiting: list[tuple[Array, Array]] = field(default_factory=list)
    _elements: int = 0
    _first: int = 0
    _runs: int = 0

    def add(self, reference: Array, candidate: Array, start: int) -> None:
        """Count one run, whose first sample is number `start`."""
        reference, candidate = np.asarray(reference), np.asarray(candidate)
        if self.axis < 0 or reference.shape != candidate.shape:
            self.flush()
            # Each run is one sample, numbered like the rows of what is kept.
            self.statistics.update(reference, candidate, self.first_run + self._runs, batched=False)
            self.kept.add(reference[None], candidate[None])
            self._runs += 1
            return
        reference, candidate = (in_samples(a, self.axis) for a in (reference, candidate))
        self.kept.add(reference, candidate)
        if self._waiting and not _joinable(self._waiting[-1], (reference, candidate)):
            self.flush()
        if not self._waiting:
            self._first = start
        self._waiting.append((reference, candidate))
        self._elements += reference.size
        if self._elements >= BLOCK:
            self.flush()

    def flush(self) -> None:
        """Count what is waiting."""
        if not self._waiting:
            return
        if len(self._waiting) == 1:
            reference, candidate = self._waiting[0]
        else:
            reference = np.concatenate([one for one, _ in self._waiting])
            candidate = np.concatenate([one for _, one in self._waiting])
        self._waiting, self._elements = [], 0
        self.statistics.update(reference, candidate, self._first, batched=True)

    def finish(self, labels: tuple[str, str], *, more: bool = False) -> OutputComparison:
        """The record, with the paths of what was kept.

        Args:
            labels: What sentences call the two sides.
            more: More runs are to come: this is what is known so far.
        """
        self.flush()
        self.kept.mark() if more else self.kept.close()
        paths = self.kept.paths
        found = self.statistics.finish(*labels)
        return replace(
            found,
            reference_file=paths[0],
            candidate_file=paths[1],
            kept_samples=self.kept.samples,
            ties=self.ties.finish() if self.ties else None,
        )


def _joinable(one: tuple[Array, Array], other: tuple[Array, Array]) -> bool:
    """Whether two runs can be counted as one: same form on both sides."""
    forms = {(a.shape[1:], a.dtype) for a in (*one, *other)}
    return len(forms) == 1 and all(a.shape[0] == b.shape[0] for a, b in (one, other))


@dataclass(frozen=True, slots=True)
class Batching:
    """What is known about the batch axis (see `batch_axis`) and about the outputs.

    Attributes:
        symbol: Name of the dynamic batch dimension.
        dynamic: True where the model takes any number of samples.
        samples: Samples in all.
        keep_bytes: Largest total size of what is kept.
        kinds: What an output is made of on either side, by its name.
        choices: Tolerances that a person chose.
    """

    symbol: str
    dynamic: bool
    samples: int
    keep_bytes: int
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()


def start_outputs(
    pairing: Pairing,
    first: tuple[Sequence[Array], Sequence[Array]],
    declared: Sequence[Value | None],
    run_samples: int,
    batching: Batching,
    folder: Path,
) -> list[PairedOutput]:
    """Set up the counting, once the first run has shown what the outputs look like.

    Args:
        pairing: Which outputs belong together.
        first: Outputs of the first run, of the reference and of the candidate.
        declared: Each pair's output as a file declares it; None where none does.
        run_samples: Samples in the first run, or `NO_AXIS`.
        batching: What is known about the batch axis.
        folder: Folder for what is kept.
    """
    outputs: list[PairedOutput] = []
    forms: list[tuple[Array, Array]] = []
    for place, name in enumerate(pairing.names):
        reference = np.asarray(first[0][pairing.reference[place]])
        candidate = np.asarray(first[1][pairing.candidate[place]])
        value = declared[place]
        axis = batch_axis(
            value.shape if value else None,
            batching.symbol,
            batching.dynamic,
            reference,
            run_samples,
        )
        forms.append((in_samples(reference, axis), in_samples(candidate, axis)))
        dtype = dtype_name(reference)
        tolerance = tolerance_for(dtype, *batching.kinds.get(name, Kind()))
        choice = choice_for(name, batching.choices)
        statistics = OutputStatistics(name, dtype, tolerance, choice)
        outputs.append(PairedOutput(statistics, KeptOutput(folder / str(place), 0), axis))
    most = samples_to_keep(forms, batching.samples, batching.keep_bytes)
    for output in outputs:
        output.kept.most = most
    return outputs
