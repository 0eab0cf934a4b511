"""What is told about one output beside its verdict, in sentences that text and report share."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.core.beside import Beside, Decisions
from inspector.core.comparison import Allowed, Chosen, OutputComparison, Slices
from inspector.core.words import are, count, counted, size_of_error, two_values


def beside_words(output: OutputComparison) -> tuple[str, ...]:
    """Sentences about one output: how it was judged, what was left out, figures beside that."""
    if output.structure or not output.elements:
        return ()
    found = [
        *_tolerance(output.chosen),
        *_slices(output.slices, output.allowed),
        *_left_out(output),
        *_figures(output.beside),
    ]
    return tuple(found)


def judged_words(output: OutputComparison) -> tuple[str, ...]:
    """Sentences about how one output was judged, without the figures beside that."""
    if output.structure or not output.elements:
        return ()
    constant = [text for text in _left_out(output) if "All values" in text]
    return (*_tolerance(output.chosen), *_slices(output.slices, output.allowed), *constant)


def unproven(outputs: Sequence[OutputComparison]) -> tuple[str, ...]:
    """What agreement of these outputs does not show, as entries for what was not checked."""
    found = [
        f"Other values of '{output.name}' than {_value(output.constant)}: it has no others here."
        for output in outputs
        if output.constant is not None
    ]
    found.extend(
        f"Differences of '{output.name}' below {size_of_error(output.slices.floor)}, which may be "
        f"rounding, in {counted(len(output.slices.lifted), 'slice')} that "
        f"{are(len(output.slices.lifted))} tiny beside the others."
        for output in outputs
        if output.slices and output.slices.lifted
    )
    return tuple(found)


def allowed_words(rule: Allowed) -> str:
    """A tolerance in words: `7.6e-06 + 1e-05 of the size`, or `no difference`."""
    if rule.absolute == 0.0 and rule.relative == 0.0:
        return "no difference"
    return f"{rule.absolute:.2g} + {rule.relative:.3g} of the size"


def _tolerance(chosen: Chosen | None) -> list[str]:
    if chosen is None:
        return []
    how = "looser than" if chosen.loosened else "within"
    own = allowed_words(Allowed(chosen.absolute, chosen.relative))
    beyond = f"{counted(chosen.default_over, 'value')} {are(chosen.default_over)} beyond the latter"
    return [
        f"A person chose the tolerance: {own}. It is {how} the default, "
        f"{allowed_words(chosen.default)} ({chosen.default.origin}); {beyond}."
    ]


def _slices(slices: Slices | None, allowed: Allowed) -> list[str]:
    if slices is None:
        return []
    sizes = [scale for scale in slices.scales if scale > 0.0]
    axis = "last axis" if slices.axis == -1 else "channel axis"
    bad = sum(beyond > 0 for beyond in slices.beyond)
    least = f", and by {size_of_error(slices.floor)} at least" if slices.floor > 0.0 else ""
    return [
        f"Judged slice by slice along the {axis}, since the largest values of its "
        f"{counted(len(slices.scales), 'slice')} go from {size_of_error(min(sizes))} to "
        f"{size_of_error(max(sizes))}: each may differ by {allowed.steps:g} rounding steps of its "
        f"own largest value{least}; "
        f"{counted(bad, 'slice')} {'holds' if bad == 1 else 'hold'} values beyond that."
    ]


def _left_out(output: OutputComparison) -> list[str]:
    found = []
    infinite, nan = output.infinite_agreed, output.nan_agreed
    if infinite:
        are_left = "is" if infinite == 1 else "are"
        found.append(
            f"{counted(infinite, 'value')} {are_left} the same infinity on both sides, "
            "as masks have it, and left out."
        )
    if nan:
        found.append(f"{counted(nan, 'value')} {are(nan)} NaN on both sides.")
    if output.constant is not None:
        found.append(
            f"All values of the reference are {_value(output.constant)}: agreement there proves "
            "little."
        )
    return found


def _value(value: float | None) -> str:
    assert value is not None
    return two_values(value, value)[0]


def _figures(beside: Beside) -> list[str]:
    found = []
    if beside.quantiles:
        bounds = [f"{q.share:.3g} at most {size_of_error(q.upper)}" for q in beside.quantiles]
        found.append(
            f"Quantiles of the absolute error, by the upper edges of the histogram's bars: "
            f"{', '.join(bounds)}."
        )
    parts = []
    if beside.cosine is not None:
        parts.append(f"cosine {beside.cosine:.6f}")
    if beside.signal_to_noise is not None:
        parts.append(f"signal to noise {_decibels(beside.signal_to_noise)}")
    if parts:
        found.append(f"{_sentence(', '.join(parts))}; this is no part of the verdict.")
    if beside.decisions:
        found.append(_decisions(beside.decisions))
    if beside.mask:
        share = 100.0 * beside.mask.overlap
        found.append(f"As masks they overlap by {share:.2f} % (intersection over union).")
    return found


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _decibels(value: float) -> str:
    return "infinite" if value == float("inf") else f"{value:.1f} dB"


def _decisions(found: Decisions) -> str:
    text = (
        f"The largest entry of a row is the same in {count(found.first)} of "
        f"{counted(found.rows, 'row')}"
    )
    if found.most:
        share = 100.0 * found.kept / (found.most * found.rows)
        text += f", and {share:.2f} % of the {found.most} largest are"
    return f"{text} ({counted(found.samples, 'sample')})."
