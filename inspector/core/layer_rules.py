"""Remarks about what was seen while a model ran: numbers too large for half precision, lost digits.

The rules look at values inside the model on the samples that were run, so each names its evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from inspector.core.finding import NOTE, SHOULD, Finding, Remark, count, explanation, some
from inspector.core.finding import name as rule_name
from inspector.core.layers import Layer
from inspector.core.number_rules import HALF_LARGEST

_LARGE_SCORE = 1000.0
"""Scores from which on float32 has fewer than four digits left behind the point."""
_LARGE_MEAN = 1000.0
_GREW = 10.0
"""How many times larger than before an error must have become to be a loss of digits."""

_NORMALISES = ("LayerNormalization", "InstanceNormalization", "GroupNormalization",
               "RMSNormalization", "BatchNormalization", "ReduceMean")  # fmt: skip
Seen = Mapping[str, Layer]


def overflow(layers: Sequence[Layer], seen: Seen) -> Iterator[Remark]:
    """Half precision ends at 65,504: what is larger becomes infinite, and NaN soon after.

    A phone or a GPU that computes this model in half precision gives nonsense there.
    """
    large = [one for one in layers if one.scale > HALF_LARGEST and one.dtype.startswith("float")]
    if large:
        worst = max(large, key=lambda one: one.scale)
        yield Remark(
            NOTE,
            f"{count(len(large), 'layer reaches', 'layers reach')} numbers that half precision "
            f"cannot hold: {worst.scale:.3g} in {worst.name}.",
            "Keep these layers in float32 when the file is converted to half precision.",
            tuple(one.node or one.name for one in large),
        )


def large_scores(layers: Sequence[Layer], seen: Seen) -> Iterator[Remark]:
    """Softmax of large scores depends on their last digits, which are rounded differently.

    Two runtimes may then be sure of different answers though their scores hardly differ.
    """
    found = [
        (one, before)
        for one in layers
        if one.op_type in ("Softmax", "LogSoftmax")
        for before in _before(one, seen)
        if before.scale > _LARGE_SCORE
    ]
    if found:
        names = [one.name for one, _ in found]
        largest = max(before.scale for _, before in found)
        yield Remark(
            NOTE,
            f"{count(len(found), 'softmax takes', 'softmaxes take')} scores as large as "
            f"{largest:.3g}: {some(names)}.",
            "Look for a scale that is missing before it, such as 1 / sqrt(d) in attention.",
            tuple(one.node or one.name for one, _ in found),
        )


def large_means(layers: Sequence[Layer], seen: Seen) -> Iterator[Remark]:
    """A normalisation subtracts the mean; where it is large, few right digits are left.

    Both runtimes then differ by more than usual, and a calculation in 64 bits says which is nearer.
    """
    found = [
        (one, before)
        for one in layers
        if one.op_type in _NORMALISES and one.growth is not None and one.growth >= _GREW
        for before in _before(one, seen)
        if before.scale > max(_LARGE_MEAN, _GREW * one.scale)
    ]
    if found:
        one, before = max(found, key=lambda pair: pair[1].scale)
        yield Remark(
            SHOULD,
            f"{one.name} normalises numbers as large as {before.scale:.3g}, and the difference "
            f"between the two becomes {one.growth or 0.0:,.0f} times as large in it.",
            "Subtract a constant from the inputs first, or scale them, as was done in training.",
            tuple(other.node or other.name for other, _ in found),
        )


def _before(layer: Layer, seen: Seen) -> Iterator[Layer]:
    return (seen[value] for value in layer.inputs if value in seen)


LAYER_RULES: tuple[Callable[[Sequence[Layer], Seen], Iterator[Remark]], ...] = (
    overflow,
    large_scores,
    large_means,
)
"""Every rule about what was seen inside. To add one: a function above, a line here."""


def check_layers(layers: Sequence[Layer]) -> tuple[Finding, ...]:
    """What the rules remark on values inside a model.

    Args:
        layers: In the order of running; only those that were compared have values.
    """
    compared = [one for one in layers if one.compared]
    seen = {one.value: one for one in compared if one.value}
    return tuple(
        Finding(rule_name(rule), *remark[:2], explanation(rule), *remark[2:])
        for rule in LAYER_RULES
        for remark in rule(compared, seen)
    )
