"""Which array goes into which input: as the person chose, by name, then by order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inspector.core.model import Value
from inspector.samples.fit import UNFIT, BatchRule, fit
from inspector.samples.stored import SampleArray


@dataclass(frozen=True, slots=True)
class Pair:
    """An input and its array, None where it has none; `how` says what paired them."""

    value: Value
    array: SampleArray | None
    how: str = ""
    problem: str = ""
    hint: str = ""


def pair(
    inputs: Sequence[Value],
    arrays: Sequence[SampleArray],
    chosen: Mapping[str, str],
    rule: BatchRule,
) -> tuple[Pair, ...]:
    """Give every input an array.

    An array that is not named like an input is taken by order only where it fits.

    Args:
        inputs: What the model takes.
        arrays: What the data holds.
        chosen: Input name to array name, the person's own choice.
        rule: The model's batch axis.
    """
    by_name = {array.name: array for array in arrays}
    found: dict[str, Pair] = {}
    for value in inputs:
        if value.name in chosen:
            found[value.name] = _chosen(value, chosen[value.name], by_name)
        elif value.name in by_name:
            found[value.name] = Pair(value, by_name[value.name], "by name")
    taken = {id(one.array) for one in found.values() if one.array is not None}
    free = [array for array in arrays if id(array) not in taken]
    for value in inputs:
        if value.name not in found:
            found[value.name] = _by_order(value, free, rule)
    return tuple(found[value.name] for value in inputs)


def _chosen(value: Value, name: str, arrays: Mapping[str, SampleArray]) -> Pair:
    if name in arrays:
        return Pair(value, arrays[name], "as chosen")
    return Pair(
        value,
        None,
        problem=f"No array is named '{name}', which was chosen for '{value.name}'.",
        hint=f"The data holds {quoted(arrays)}.",
    )


def _by_order(value: Value, free: list[SampleArray], rule: BatchRule) -> Pair:
    for array in free:
        if fit(value, array, rule, 0).status != UNFIT:
            free.remove(array)
            return Pair(value, array, "by order")
    if len(free) == 1:
        # The only one left: its reason tells more than that none fits.
        result = fit(value, free[0], rule, 0)
        return Pair(value, free.pop(), "by order", result.note, result.hint)
    left = f"{quoted(array.name for array in free)} would not fit it" if free else "none is left"
    return Pair(
        value,
        None,
        problem=f"No array is named '{value.name}', and {left}.",
        hint=f"Name an array '{value.name}', or say which one it is: "
        f"--bind {value.name}=ARRAY on the command line.",
    )


def quoted(names: Iterable[str]) -> str:
    """Names in a sentence: 'a', 'b' and 'c'."""
    texts = [f"'{name}'" for name in names]
    if not texts:
        return "nothing"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
