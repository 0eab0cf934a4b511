"""Which tool is at fault: the model's outputs under every combination of optimisers.

The same inputs go through the file as it is and through files exported anew, with the exporter's
optimiser and without, each in ONNX Runtime without optimisation, with basic, and with all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inspector.core.tolerance import REVIEW_FACTOR

THE_FILE = "the file"
OPTIMISED = "exported now, optimised"
PLAIN = "exported now, not optimised"
PROGRAM = "exported program, in PyTorch"
"""What was run, in the rows of the table."""

LEVELS = ("off", "basic", "all")
"""How much ONNX Runtime may rewrite, in the columns of the table."""


class Trial(NamedTuple):
    """One cell: what was run, how it was rewritten, and how far its outputs are off.

    `scaled_error` is the largest |difference| over the largest |reference|, the worst output's;
    inf where something is finite on one side only or has another form. `times_allowed` is how
    many times its allowance the worst element differs. `problem` says why it could not be run;
    empty where it could.
    """

    file: str
    level: str
    scaled_error: float
    agrees: bool
    problem: str = ""
    times_allowed: float = 0.0


@dataclass(frozen=True, slots=True)
class Blame:
    """The table and what it settles.

    `at_fault` is `nothing`, `rounding`, `exporter`, `exporter's optimiser`, `runtime`,
    `runtime's optimiser`, `file`, `model`, or `unknown`.
    """

    trials: tuple[Trial, ...]
    at_fault: str
    sentence: str


_SENTENCES = {
    "nothing": "Every combination agrees with the reference on these samples.",
    "runtime's optimiser": "ONNX Runtime's optimiser is at fault: without it the file agrees.",
    "rounding": "No tool is at fault: ONNX Runtime's optimiser computes in another order, which "
    "may round up to ten times what is allowed.",
    "exporter's optimiser": "The exporter's optimiser is at fault: exported without it, the model "
    "agrees.",
    "file": "The file is at fault, not the tools: exported again from this model, it agrees.",
    "model": "The model itself is at fault: what the exporter captures of it already computes "
    "something else in PyTorch.",
    "runtime": "ONNX Runtime is at fault: a plain evaluation of the same nodes by the rules of "
    "ONNX agrees with the reference.",
    "exporter": "The exporter is at fault: its translation differs by the rules of ONNX, however "
    "it is run.",
    "content": "The file itself computes something else: ONNX Runtime follows it correctly.",
    "unknown": "The exporter's translation or ONNX Runtime's kernels are at fault: no optimiser "
    "changes it.",
    "unknown file": "The file or ONNX Runtime's kernels are at fault: ONNX Runtime's optimiser "
    "does not change it.",
}


def settle(trials: Sequence[Trial], by_the_rules: bool | None = None) -> Blame:
    """What the table says.

    Args:
        trials: All cells that were run.
        by_the_rules: Whether a plain evaluation of the birthplace by the rules of ONNX agrees
            with the reference; None where that is not known.
    """
    at_fault, sentence = _settled(trials, by_the_rules)
    return Blame(tuple(trials), at_fault, sentence)


def _of_the_optimiser(trials: Sequence[Trial]) -> str:
    """What a file is that agrees without ONNX Runtime's optimiser."""
    worse = [one for one in trials if not one.agrees and not one.problem]
    if not worse:
        return "nothing"
    most = max(one.times_allowed for one in worse)
    return "rounding" if most <= REVIEW_FACTOR else "runtime's optimiser"


def _settled(trials: Sequence[Trial], by_the_rules: bool | None) -> tuple[str, str]:
    known = {(one.file, one.level): one.agrees for one in trials if not one.problem}
    off = known.get((THE_FILE, "off"))
    if off is None:
        return "unknown", "What is at fault is not known: the file could not be run."
    if off:
        key = _of_the_optimiser([one for one in trials if one.file == THE_FILE])
        return key, _SENTENCES[key]
    if known.get((PROGRAM, "")) is False:
        return "model", _SENTENCES["model"]
    plain, optimised_anew = known.get((PLAIN, "off")), known.get((OPTIMISED, "off"))
    if plain and optimised_anew is False:
        return "exporter's optimiser", _SENTENCES["exporter's optimiser"]
    if plain:
        return "file", _SENTENCES["file"]
    if by_the_rules:
        return "runtime", _SENTENCES["runtime"]
    if plain is False:
        key = "unknown" if by_the_rules is None else "exporter"
        return key, _SENTENCES[key]
    if by_the_rules is False:
        return "file", _SENTENCES["content"]
    return "unknown", _SENTENCES["unknown file"]
