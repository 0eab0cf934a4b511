"""Execution providers side by side: how far apart, how fast, how much memory, and what runs where.

The job that fills these records is `jobs/compare_providers.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inspector.core.comparison import Verdict
from inspector.core.words import counted

_SUFFIX = "ExecutionProvider"


class Placed(NamedTuple):
    """A node, and the execution provider that computes it."""

    node: str
    op_type: str
    provider: str


class Latency(NamedTuple):
    """Seconds of one run, over several; the runs before that, which are not counted, warm up."""

    median: float
    p90: float
    warm_up: int
    runs: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One side: the reference, or the candidate on one execution provider.

    Attributes:
        name: Name of the runtime, or of the execution provider.
        device: What it computes on.
        latency: None where it did not run, or was recorded.
        memory: Bytes by which the resident memory of the process grew at most while the model
            was loaded and warmed up; 0 where the platform does not tell, or nothing was loaded.
        device_memory: The same for the memory of a GPU; None where nothing tells it.
        nodes: Number of nodes, after ONNX Runtime has rewritten the graph; 0 where it does not
            tell.
        elsewhere: The nodes that another execution provider computes.
        failure: Why it did not run; empty where it did.
    """

    name: str
    device: str
    latency: Latency | None = None
    memory: int = 0
    device_memory: int | None = None
    nodes: int = 0
    elsewhere: tuple[Placed, ...] = ()
    failure: str = ""

    @property
    def fell_back(self) -> str:
        """A sentence about the nodes that are computed elsewhere; empty where none is."""
        if not self.elsewhere:
            return ""
        kinds = dict.fromkeys(placed.op_type for placed in self.elsewhere)
        where = " and ".join(dict.fromkeys(short_name(one.provider) for one in self.elsewhere))
        some = ", ".join(list(kinds)[:5]) + (" and others" if len(kinds) > 5 else "")
        if len(self.elsewhere) == self.nodes:
            return f"None of {counted(self.nodes, 'node')} runs on it: all run on {where} ({some})."
        nodes = f"{len(self.elsewhere):,} of {counted(self.nodes, 'node')}"
        return f"{nodes} {'runs' if len(self.elsewhere) == 1 else 'run'} on {where} ({some})."


class Apart(NamedTuple):
    """One output of two sides: the counts of an `OutputComparison` that decide."""

    output: str
    verdict: Verdict
    reason: str
    elements: int
    over_tolerance: int
    max_absolute_error: float


_ORDER = (Verdict.FAIL, Verdict.CANNOT_JUDGE, Verdict.REVIEW, Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Against:
    """Two sides held against each other; `reference` and `candidate` are names of `Measured`."""

    reference: str
    candidate: str
    outputs: tuple[Apart, ...]

    @property
    def worst(self) -> Apart | None:
        """The output that decides; None where there is none."""
        return min(self.outputs, key=lambda one: _ORDER.index(one.verdict), default=None)

    @property
    def verdict(self) -> Verdict:
        """The worst output's."""
        return self.worst.verdict if self.worst else Verdict.CANNOT_JUDGE

    @property
    def sentence(self) -> str:
        """What decided."""
        return self.worst.reason if self.worst else "No output was compared."


@dataclass(frozen=True, slots=True)
class Providers:
    """All sides, and each pair of them.

    Attributes:
        measured: The reference first, then one per execution provider.
        against: The reference against each provider, then the providers among each other.
        threads: Threads that each side may use for one operator.
        batch_size: Samples in a timed run.
        samples: Samples that were compared.
    """

    measured: tuple[Measured, ...]
    against: tuple[Against, ...]
    threads: int
    batch_size: int
    samples: int

    @property
    def conditions(self) -> str:
        """How it was measured, in one sentence."""
        latency = next((one.latency for one in self.measured if one.latency), None)
        if latency is None:
            return "Nothing ran."
        return (
            f"Each run takes {counted(self.batch_size, 'sample')}; each side may use "
            f"{counted(self.threads, 'thread')}, one side at a time; the first "
            f"{counted(latency.warm_up, 'run')} are not counted."
        )


def short_name(provider: str) -> str:
    """`CUDA` for `CUDAExecutionProvider`."""
    return provider.removesuffix(_SUFFIX) or provider


def chosen(asked: str, available: Sequence[str]) -> tuple[str, ...]:
    """The execution providers that a person named: `all`, or names, in full or short.

    Names that are not available are kept as they are, so that the job can refuse them.
    """
    if asked.strip().lower() == "all":
        return tuple(available)
    by_name = {name.lower(): name for name in available}
    by_name |= {short_name(name).lower(): name for name in available}
    names = [name.strip() for name in asked.split(",") if name.strip()]
    return tuple(dict.fromkeys(by_name.get(name.lower(), name) for name in names))
