"""Outputs that a person paired, in place of what their names say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inspector.core.comparison import OutputPair
from inspector.core.failures import InspectorError
from inspector.samples.pairing import quoted


def as_paired(
    reference: Sequence[str], candidate: Sequence[str], chosen: Mapping[str, str]
) -> tuple[str, ...]:
    """Names of the candidate's outputs as the reference calls them, in the candidate's order.

    Outputs that nobody paired keep the name that both sides use; what is left is paired in order.

    Args:
        reference: Names of the reference's outputs.
        candidate: Names of the candidate's outputs.
        chosen: Output of the reference to output of the candidate.

    Raises:
        InspectorError: A name belongs to no output, or an output is paired twice.
    """
    for there, wanted, side in (
        (reference, chosen.keys(), "reference"),
        (candidate, chosen.values(), "candidate"),
    ):
        unknown = [name for name in wanted if name not in there]
        if unknown:
            raise InspectorError(
                f"The {side} has no output named {quoted(unknown)}.",
                f"Its outputs are {quoted(there)}.",
            )
    if len(set(chosen.values())) != len(chosen):
        raise InspectorError(
            "One output of the candidate is paired twice.", "Pair every output with one other."
        )
    renamed = {other: one for one, other in chosen.items()}
    keep = {name for name in candidate if name in reference and name not in chosen}
    left = [name for name in reference if name not in chosen and name not in keep - set(renamed)]
    as_many = len(reference) == len(candidate)
    names: list[str] = []
    for name in candidate:
        if name in renamed:
            names.append(renamed[name])
        elif name in keep or not (left and (as_many or name in chosen)):
            names.append(name)
        else:
            names.append(left.pop(0))
    return tuple(names)


def pairs_told(
    reference: Sequence[str],
    candidate: Sequence[str],
    places: tuple[Sequence[int], Sequence[int]],
    chosen: Mapping[str, str],
) -> tuple[OutputPair, ...]:
    """Which outputs were held against each other, and why.

    Args:
        reference: Names of the reference's outputs.
        candidate: Names of the candidate's outputs.
        places: Places of each pair among both.
        chosen: Output of the reference to output of the candidate, where a person chose.
    """
    told = []
    for one, other in zip(*places, strict=True):
        names = reference[one], candidate[other]
        by = "name" if names[0] == names[1] else "order"
        told.append(OutputPair(*names, "chosen" if chosen.get(names[0]) == names[1] else by))
    return tuple(told)
