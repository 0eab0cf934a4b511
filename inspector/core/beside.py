"""What is told beside a verdict, never instead of it: the records.

The counters that fill them are in `decisions.py` and `likeness.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Quantile(NamedTuple):
    """A quantile of the absolute error, known up to the histogram bar that it lies in.

    Attributes:
        share: Such as 0.99: this share of the finite elements has an error below `upper`.
        lower: The quantile is at least this; 0 where it is an element without any difference.
        upper: And at most this.
    """

    share: float
    lower: float
    upper: float


class Decisions(NamedTuple):
    """Agreement of what would be chosen: the largest entries along the last axis.

    Rows whose largest entry is not finite on either side are left out. Entries of equal size are
    one choice.

    Attributes:
        rows: Number of rows.
        entries: Entries of each.
        first: Rows in which the largest entry of the reference is the candidate's largest too.
        most: How many of the largest entries were looked at as well; 0 for rows of five or fewer.
        kept: How many of these, over all rows, are among the candidate's as well.
        samples: How many samples these rows belong to: the first ones of large data sets.
    """

    rows: int
    entries: int
    first: int
    most: int = 0
    kept: int = 0
    samples: int = 0


class Mask(NamedTuple):
    """Agreement of outputs that hold nothing but 0 and 1, or false and true.

    Attributes:
        both: Elements that are 1 on both sides.
        either: Elements that are 1 on any side.
    """

    both: int
    either: int

    @property
    def overlap(self) -> float:
        """Intersection over union; 1 where nothing is marked on either side."""
        return self.both / self.either if self.either else 1.0


@dataclass(frozen=True, slots=True)
class Beside:
    """Figures beside the verdict; None where one has no meaning for an output.

    Attributes:
        cosine: Cosine of the angle between both outputs as vectors, over finite elements.
        signal_to_noise: 10 log10(sum of reference^2 / sum of difference^2), in decibels; inf
            where nothing differs.
        quantiles: Of the absolute error, see `Quantile`.
        decisions: For floating outputs of two or three dimensions.
        mask: For outputs of 0 and 1.
    """

    cosine: float | None = None
    signal_to_noise: float | None = None
    quantiles: tuple[Quantile, ...] = ()
    decisions: Decisions | None = None
    mask: Mask | None = None


_CLASS_NAMES = ("logit", "prob", "score", "class", "label", "pred")


def are_classes(name: str, size: int) -> bool:
    """Whether the values of a sample are called classes: by the output's name, up to 1,000."""
    return size <= 1000 and any(part in name.lower() for part in _CLASS_NAMES)
