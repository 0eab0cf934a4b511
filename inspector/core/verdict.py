"""PASS, REVIEW, FAIL or CANNOT JUDGE: the rule, and the sentence that says why.

The questions, in this order:

1. Can it be judged at all: is there data, does each side repeat itself, is nothing random?
2. Have the outputs the same form, are the same elements finite, and does the candidate take every
   size that its file leaves open?
3. Is every element within what is allowed?
4. If not, is there a reason to leave it to a person (see `review.py`)?
5. Otherwise the two do not agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from inspector.core.comparison import (
    DataFacts,
    OutputComparison,
    Repeat,
    Side,
    Verdict,
    Worst,
)
from inspector.core.referee import Referee
from inspector.core.review import (
    DECIDE,
    about_ties,
    chosen_words,
    far_less_exact,
    loosened,
    reason_for_review,
)
from inspector.core.size_trial import BAD_TRIALS, SizeTrial, TrialOutcome
from inspector.core.words import count, counted, deciding, place, size_of_error, two_values

_SHORT = {"ONNX Runtime": "ONNX", "PyTorch": "PyTorch", "Recorded outputs": "recording"}
_SUBJECTS = {"ONNX": "The ONNX file", "PyTorch": "The PyTorch model"}


def side_names(reference: Side, candidate: Side) -> tuple[str, str]:
    """Short names for sentences: `PyTorch` and `ONNX`, or the roles where both would be equal."""
    names = tuple(_SHORT.get(side.runtime, side.runtime) for side in (reference, candidate))
    return ("reference", "candidate") if names[0] == names[1] else (names[0], names[1])


def judge_output(
    output: OutputComparison,
    reference: str = "PyTorch",
    candidate: str = "ONNX",
    referee: Referee | None = None,
) -> tuple[Verdict, str]:
    """Judge one output by itself.

    Args:
        output: Its counts; `verdict` and `reason` in it are not looked at.
        reference: Short name of the side that is right.
        candidate: Short name of the other side.
        referee: What the calculation in float64 says about this output.

    Returns:
        The verdict and one sentence with the number that decided. CANNOT JUDGE where the output
        holds no values at all.
    """
    names = reference, candidate
    if output.structure:
        return Verdict.FAIL, f"'{output.name}' {named(output.structure, *names)}."
    if output.nonfinite_mismatch:
        return Verdict.FAIL, _one_sided(output, names)
    if output.elements == 0:
        return Verdict.CANNOT_JUDGE, f"'{output.name}' holds no values: nothing was compared."
    if output.over_tolerance:
        beyond = _beyond(output, names)
        why = reason_for_review(output, beyond, referee, names) if not output.chosen else ""
        if why:
            return Verdict.REVIEW, why
        return Verdict.FAIL, beyond + about_ties(output)
    if output.nan_agreed:
        nan = f"{count(output.nan_agreed)} of {_values(output)} are not numbers (NaN)"
        return Verdict.REVIEW, f"{nan} in {reference} and in {candidate}. {DECIDE}"
    if output.chosen and output.chosen.loosened:
        return Verdict.REVIEW, loosened(output, output.chosen)
    doubt = far_less_exact(output, referee, names)
    if doubt:
        return Verdict.REVIEW, doubt
    return Verdict.PASS, f"{_all(output.elements)} of '{output.name}' {_agreement((output,))}."


def judged_again(
    outputs: Sequence[OutputComparison], referees: Sequence[Referee], names: tuple[str, str]
) -> tuple[OutputComparison, ...]:
    """The outputs with the verdicts that they have in the light of the referee."""
    known = {referee.output: referee for referee in referees}
    found = []
    for output in outputs:
        verdict, reason = judge_output(output, *names, known.get(output.name))
        found.append(replace(output, verdict=verdict, reason=reason))
    return tuple(found)


def judge(
    outputs: Sequence[OutputComparison],
    data: DataFacts,
    repeats: Sequence[Repeat] = (),
    random_nodes: Sequence[str] = (),
    structure_problems: Sequence[str] = (),
    accept_generated: bool = False,
    names: tuple[str, str] = ("PyTorch", "ONNX"),
    referees: Sequence[Referee] = (),
    trials: Sequence[SizeTrial] = (),
) -> tuple[Verdict, str]:
    """Judge a whole comparison; the worst output decides.

    Args:
        outputs: Every output, all samples together.
        data: What both sides computed.
        repeats: What running again on the first sample showed.
        random_nodes: Random operators in the graph, as `Dropout '/drop/Dropout'`.
        structure_problems: Sentences about outputs that only one side has.
        accept_generated: Generated data alone may earn PASS.
        names: Short names of reference and candidate, see `side_names`.
        referees: What the calculation in float64 says about outputs.
        trials: What running at other sizes showed.

    Returns:
        The verdict, and a sentence that names the number that decided, the amount of data and
        whether it was real.
    """
    obstacle = _obstacle(outputs, data, repeats, random_nodes, structure_problems, names)
    if obstacle:
        return Verdict.CANNOT_JUDGE, obstacle
    if structure_problems:
        return Verdict.FAIL, f"{structure_problems[0]} {amount(data)}"
    known = {referee.output: referee for referee in referees}
    judged = [(output, *judge_output(output, *names, known.get(output.name))) for output in outputs]
    doubt = _optimiser_matters(repeats, names)
    for verdict in (Verdict.FAIL, Verdict.REVIEW):
        found = [(_urgency(output), why) for output, which, why in judged if which is verdict]
        if found:
            return verdict, f"{max(found)[1]}{doubt} {amount(data)}"
        stopped = [trial for trial in trials if trial.outcome in BAD_TRIALS]
        if stopped:
            return Verdict.FAIL, f"{_trial(stopped[0], names)} {amount(data)}"
    verdict, sentence = _all_agree([output for output, *_ in judged], data, accept_generated)
    if doubt and verdict is Verdict.PASS:
        return Verdict.REVIEW, f"{sentence}{doubt} {DECIDE}"
    return verdict, sentence


def _trial(trial: SizeTrial, names: tuple[str, str]) -> str:
    """What a size that the file leaves open brought to light."""
    size = trial.sizes.get(trial.changed)
    tried = f"'{trial.changed}' = {size:,}" if size is not None else _sizes(trial.sizes)
    where = f"With {tried}, a size that the file leaves open, "
    if trial.exported:
        where = f"With {tried}, the size that the file was exported with, "
    what = f"{names[1]} stops where {names[0]} runs"
    if trial.outcome is TrialOutcome.DIFFERS:
        what = f"{names[1]} and {names[0]} differ"
    detail = f": {trial.detail.rstrip('.')}" if trial.detail else ""
    return f"{where}{what}{detail}."


def _sizes(sizes: dict[str, int]) -> str:
    return ", ".join(f"'{symbol}' = {size:,}" for symbol, size in sizes.items())


def named(text: str, reference: str, candidate: str) -> str:
    """Put the sides' names into a text that was written before they were known."""
    return text.replace("{reference}", reference).replace("{candidate}", candidate)


def amount(data: DataFacts) -> str:
    """How much data, from where, and whether it was real."""
    if data.real:
        return f"{counted(data.samples, 'sample')} from {data.source}."
    return f"The inputs were random data, not real ({counted(data.samples, 'sample')})."


def _obstacle(
    outputs: Sequence[OutputComparison],
    data: DataFacts,
    repeats: Sequence[Repeat],
    random_nodes: Sequence[str],
    structure_problems: Sequence[str],
    names: tuple[str, str],
) -> str:
    if data.samples == 0:
        return "There was no sample data, so nothing was compared."
    for repeat in repeats:
        if repeat.random:
            return _not_repeating(repeat, names)
    if random_nodes:
        more = f" and {len(random_nodes) - 1} more" if len(random_nodes) > 1 else ""
        return f"The graph draws random numbers in {random_nodes[0]}{more}: two runs may differ."
    if structure_problems:
        return ""
    if not outputs:
        return "Neither side gave any output, so nothing was compared."
    if all(output.elements == 0 and not output.structure for output in outputs):
        return f"The outputs hold no values, so nothing was compared. {amount(data)}"
    return ""


def _not_repeating(repeat: Repeat, names: tuple[str, str]) -> str:
    side = dict(zip(("reference", "candidate"), names, strict=True)).get(repeat.side, repeat.side)
    apart = "differ in form or in what is finite"
    if 0.0 < repeat.max_absolute_error < math.inf:
        apart = f"differ by up to {two_values(repeat.max_absolute_error, 0.0)[0]}"
    who = _SUBJECTS.get(side, f"The {side}")
    return f"{who} gives a different answer {repeat.how}: two runs on the same input {apart}."


def _optimiser_matters(repeats: Sequence[Repeat], names: tuple[str, str]) -> str:
    """Says that a file gives two answers, though each of them every time; empty where none does.

    Nothing is random then, and the answer that is compared is the one that is used. But it hangs
    on how the runtime rounds.
    """
    for repeat in repeats:
        if not repeat.same and not repeat.random:
            return f" {_not_repeating(repeat, names)}"
    return ""


def _urgency(output: OutputComparison) -> tuple[bool, bool, float]:
    """Which of several bad outputs to speak of: form, then finiteness, then the furthest off."""
    return bool(output.structure), output.nonfinite_mismatch > 0, excess(output)


def excess(output: OutputComparison) -> float:
    """How many times its allowance the worst listed element differs; inf where none is allowed."""
    return max((worst.times_allowed for worst in output.worst), default=0.0)


def _all_agree(
    outputs: Sequence[OutputComparison], data: DataFacts, accept_generated: bool
) -> tuple[Verdict, str]:
    total = sum(output.elements for output in outputs)
    filled = [output for output in outputs if output.elements]
    whose = f"'{filled[0].name}'" if len(filled) == 1 else f"the {len(filled)} outputs"
    sentence = f"{_all(total)} of {whose} {_agreement(filled)}"
    empty = [output.name for output in outputs if not output.elements]
    if empty:
        rest = f"but '{empty[0]}' held no values. {DECIDE}"
        return Verdict.REVIEW, f"{sentence}, {rest} {amount(data)}"
    sentence += _infinities(outputs)
    if all(output.constant is not None for output in outputs):
        flat = _flat(outputs[0]) if len(outputs) == 1 else "Every output has one value throughout"
        nothing = f"{flat}, so agreement proves little. {DECIDE}"
        return Verdict.REVIEW, f"{sentence}. {nothing} {amount(data)}"
    sentence += f".{chosen_words(list(outputs))}".rstrip(".")
    if data.real:
        return Verdict.PASS, f"{sentence}. {amount(data)}"
    samples = counted(data.samples, "sample")
    if accept_generated:
        accepted = f"The inputs were random data, not real ({samples}), which was accepted."
        return Verdict.PASS, f"{sentence}. {accepted}"
    return (
        Verdict.REVIEW,
        f"{sentence}. But the inputs were random data, not real ({samples}). {DECIDE}",
    )


def _flat(output: OutputComparison) -> str:
    assert output.constant is not None
    return f"'{output.name}' is {two_values(output.constant, output.constant)[0]} throughout"


def _infinities(outputs: Sequence[OutputComparison]) -> str:
    """How many values are infinite on both sides, as masks are; empty where none is."""
    total = sum(output.infinite_agreed for output in outputs)
    if not total:
        return ""
    return f"; {count(total)} {'is' if total == 1 else 'are'} the same infinity on both sides"


def _all(elements: int) -> str:
    return f"All {count(elements)} values" if elements != 1 else "The one value"


def _values(output: OutputComparison) -> str:
    return f"{counted(output.elements, 'value')} of '{output.name}'"


def _agreement(outputs: Sequence[OutputComparison]) -> str:
    """`agree: the largest difference is ..., and up to ... is allowed`, for the closest call."""
    nearest = max(outputs, key=_use)
    one = sum(output.elements for output in outputs) == 1
    agree = "agrees" if one else "agree"
    if _use(nearest) == 0.0:
        return f"{agree} exactly"
    which = f" (in '{nearest.name}')" if len(outputs) > 1 else ""
    largest = deciding(nearest.max_absolute_error)
    return (
        f"{agree}: the largest difference is {largest}{which}, "
        f"and up to {size_of_error(most_allowed(nearest))} is allowed"
    )


def most_allowed(output: OutputComparison) -> float:
    """Allowance of an element as large as the largest one."""
    return output.allowed.absolute + output.allowed.relative * output.allowed.scale


def _use(output: OutputComparison) -> float:
    allowed = most_allowed(output)
    return output.max_absolute_error / allowed if allowed > 0.0 else 0.0


def _beyond(output: OutputComparison, names: tuple[str, str]) -> str:
    differ = "differs" if output.over_tolerance == 1 else "differ"
    exact = output.allowed.absolute == 0.0 and output.allowed.relative == 0.0
    how = "" if exact else f" by more than {_what_is_allowed(output)}"
    if exact and output.allowed.eps == 0.0:
        how = ", where none may"
    close = _closeness(output, exact) if output.within_review else ""
    start = f"{count(output.over_tolerance)} of {_values(output)} {differ}{how}{close}"
    return f"{start}; the worst is {element(output.worst[0], names)}." if output.worst else start


def _what_is_allowed(output: OutputComparison) -> str:
    if output.chosen:
        return "the tolerance that a person chose allows"
    if output.slices:
        axis = "last axis" if output.slices.axis == -1 else "channel axis"
        return f"allowed, each slice of the {axis} by its own scale"
    return "allowed"


def _closeness(output: OutputComparison, exact: bool) -> str:
    if output.step > 0.0 and not exact:
        return f", but by one step of the quantiser ({output.step:.3g}) at most"
    return ", but by one step at most" if exact else ", but none by more than ten times that"


def _one_sided(output: OutputComparison, names: tuple[str, str]) -> str:
    are = "is" if output.nonfinite_mismatch == 1 else "are"
    start = f"{count(output.nonfinite_mismatch)} of {_values(output)} {are} not finite, or of"
    where = f"; the first is {element(output.worst[0], names)}" if output.worst else ""
    return f"{start} opposite sign, on one side only{where}."


def element(worst: Worst, names: tuple[str, str]) -> str:
    """One element in words: `sample 17 [0, 231]: PyTorch 4.113, ONNX 9.113`."""
    where = place(worst.sample, worst.index)
    if math.isnan(worst.reference) and math.isnan(worst.candidate):
        return where
    texts = two_values(worst.reference, worst.candidate)
    return f"{where}: {names[0]} {texts[0]}, {names[1]} {texts[1]}"
