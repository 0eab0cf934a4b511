"""A candidate run held against a reference run: the records that reports and windows show.

The accumulators that fill them are in `statistics.py`, the rule that judges in `verdict.py`.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.core.beside import Beside
from inspector.core.findings import Finding
from inspector.core.model import Shape
from inspector.core.referee import Referee
from inspector.core.size_trial import SizeTrial


class Verdict(enum.StrEnum):
    """The four answers."""

    PASS = "PASS"
    REVIEW = "REVIEW"
    FAIL = "FAIL"
    CANNOT_JUDGE = "CANNOT JUDGE"


class Allowed(NamedTuple):
    """What may differ: `absolute + relative * |reference|` per element.

    `absolute` is `steps * eps * scale`, where `scale` is the largest finite |reference| of the
    output over the whole data set (rounded up to a bin edge, see `statistics.py`).
    """

    absolute: float
    relative: float
    steps: float = 0.0
    eps: float = 0.0
    scale: float = 0.0
    origin: str = ""

    @property
    def floor(self) -> float:
        """Smaller references have relative errors measured against this instead of themselves.

        The last power of two at or below `1e-3 * scale`; 0 where all references are 0.
        """
        return math.ldexp(1.0, math.frexp(1e-3 * self.scale)[1] - 1) if self.scale > 0.0 else 0.0


class Slices(NamedTuple):
    """Parts of one output whose sizes differ more than a hundredfold, each with its own scale.

    An element of slice i may differ by `relative * |reference|` and
    `max(steps * eps * scales[i], floor)`, or `zero_floor` where `scales[i]` is 0.

    Attributes:
        axis: The axis of one sample that the slices lie along, -1 for the last.
        scales: Largest finite |reference| of each slice, rounded up to a bin edge.
        beyond: Elements beyond what is allowed, in each slice.
        floor: What the rounding of larger values in the same output explains, see `slices.py`.
        zero_floor: The same for slices that are 0 throughout.
        lifted: Slices with differences that `floor` or `zero_floor` allows and their own scale
            would not, and that are larger than a rounding step of 1 (bounded functions such as
            sigmoid are exact to that).
    """

    axis: int
    scales: tuple[float, ...]
    beyond: tuple[int, ...]
    floor: float
    zero_floor: float
    lifted: tuple[int, ...] = ()

    def allowed(self, at: int, rule: Allowed) -> float:
        """Difference that is allowed in a slice whatever the value; `rule` has the steps."""
        if self.scales[at] == 0.0:
            return self.zero_floor
        return max(rule.steps * rule.eps * self.scales[at], self.floor)


class Chosen(NamedTuple):
    """A tolerance that a person chose in place of the default.

    Attributes:
        absolute: Difference that is allowed whatever the value.
        relative: Share of |reference| that is allowed on top.
        default: What the program itself would allow.
        default_over: Elements beyond the default.
        loosened: Some element may differ by more than the default allows.
    """

    absolute: float
    relative: float
    default: Allowed
    default_over: int = 0
    loosened: bool = False


class Ties(NamedTuple):
    """What is known about indices that differ: do the scores that they point at tie?

    Attributes:
        scores: Name of the output that holds the scores; empty where none does.
        node: Op type of the node that makes the indices.
        differing: Elements whose indices differ.
        explained: Those whose scores are equal within what is allowed, on both sides.
        largest_gap: Largest difference between scores that should tie.
    """

    scores: str
    node: str
    differing: int = 0
    explained: int = 0
    largest_gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Worst:
    """One element: sample number along the batch axis, index inside that sample."""

    sample: int
    index: tuple[int, ...]
    reference: float
    candidate: float
    absolute_error: float
    allowed: float

    @property
    def times_allowed(self) -> float:
        """How many times its allowance it differs; inf where any difference is too much."""
        if self.allowed > 0.0:
            return self.absolute_error / self.allowed
        return math.inf if self.absolute_error > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of elements by log10 of an error metric.

    Attributes:
        log10_edges: n + 1 bin edges, each the logarithm of a power of two: see `edges`.
        counts: n exact counts of elements with lower edge <= metric < upper edge.
        beyond: n counts of those that exceed what is allowed; their sum is exact. For absolute
            errors each is exact in bars above the largest allowance and below the smallest; in
            the band between, and for relative and ULP errors, the total is filled in from the top.
        equal: Elements without any difference; they have no place on a logarithmic axis.
        unbounded: Elements that are not finite on one side only, or differ in sign of infinity.
        floored: Share of elements whose relative error was computed against a floor instead of
            their own reference. The floor is `Allowed.floor`. In
            the ULP histogram: share of elements left out because their reference is that small.
    """

    log10_edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    beyond: tuple[int, ...] = ()
    equal: int = 0
    unbounded: int = 0
    floored: float = 0.0

    @property
    def edges(self) -> tuple[float, ...]:
        """The n + 1 edges themselves, without a rounded digit; inf beyond the last float64."""
        return tuple(_power(round(edge / math.log10(2.0))) for edge in self.log10_edges)


def _power(exponent: int) -> float:
    return math.ldexp(1.0, exponent) if exponent < 1024 else math.inf


@dataclass(frozen=True, slots=True)
class OutputComparison:
    """One output of the model, all samples together.

    `equal` counts agreed non-finite elements too; errors are over elements finite on both sides,
    and so is `over_tolerance`. `elements` of a complex output are its real and imaginary parts.

    Attributes beyond the plain ones:
        structure: What differs in shape, dtype or presence; empty where nothing does.
        nan_agreed: Elements that are NaN on both sides.
        within_review: Every finite element is close enough that a person may decide.
        constant: The one value that all elements of the reference have; None where they vary or
            there is one only.
        step: Size of one step of the quantiser that the output leaves; 0 where it leaves none.
        bounded: Whether it leaves a sigmoid, whose rounding does not shrink with its values.
        unit: Small values may have the rounding of numbers of this size.
        small_below: Size below which many values lie that differ by more than they might if they
            were alone, since what is allowed follows from values a thousand times as large; 0
            where few do.
        slices: How it was judged slice by slice; None where one scale fits all.
        chosen: The tolerance that a person chose; None for the default.
        ties: For indices of scores that differ.
        beside: Figures beside the verdict.
    """

    name: str
    dtype: str
    shape: Shape
    verdict: Verdict
    reason: str
    elements: int
    equal: int
    over_tolerance: int
    nonfinite_mismatch: int
    nonfinite_agreed: int
    max_absolute_error: float
    mean_absolute_error: float
    rmse: float
    max_relative_error: float
    allowed: Allowed
    worst: tuple[Worst, ...]
    histogram: Histogram
    relative_histogram: Histogram = field(default_factory=Histogram)
    ulp_histogram: Histogram = field(default_factory=Histogram)
    samples: int = 0
    batched: bool = True
    reference_file: str = ""
    candidate_file: str = ""
    kept_samples: int = 0
    structure: str = ""
    nan_agreed: int = 0
    within_review: bool = True
    constant: float | None = None
    step: float = 0.0
    bounded: bool = False
    unit: float = 1.0
    small_below: float = 0.0
    slices: Slices | None = None
    chosen: Chosen | None = None
    ties: Ties | None = None
    beside: Beside = field(default_factory=Beside)

    @property
    def infinite_agreed(self) -> int:
        """Elements that are the same infinity on both sides."""
        return self.nonfinite_agreed - self.nan_agreed


class Side(NamedTuple):
    """One of the two runs."""

    path: str
    sha256: str
    runtime: str
    version: str
    device: str = "CPU"


class DataFacts(NamedTuple):
    """What both sides were asked to compute."""

    source: str
    real: bool
    samples: int
    batch_size: int = 0
    casts: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()


class OutputPair(NamedTuple):
    """Two outputs held against each other; `by` is `name`, `order` or `chosen`."""

    reference: str
    candidate: str
    by: str


AGAINST_OFF = "with and without optimisation"
"""The `how` of a repeat that compares two calculations of one file, both of which repeat."""


class Repeat(NamedTuple):
    """One repeatability check: who was run again, how, and how far apart the two runs were."""

    side: str
    how: str
    same: bool
    max_absolute_error: float

    @property
    def random(self) -> bool:
        """Whether two runs of the same calculation differ."""
        return not self.same and self.how != AGAINST_OFF


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything known after both sides have run.

    `planned` is the number of samples that were asked for, where it was judged before all of them
    had run; 0 otherwise.
    """

    verdict: Verdict
    sentence: str
    outputs: tuple[OutputComparison, ...]
    data: DataFacts
    reference: Side
    candidate: Side
    findings: tuple[Finding, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    not_checked: tuple[str, ...] = ()
    how_sure: str = ""
    next_step: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    planned: int = 0
    referees: tuple[Referee, ...] = ()
    trials: tuple[SizeTrial, ...] = ()
    pairing: tuple[OutputPair, ...] = ()
