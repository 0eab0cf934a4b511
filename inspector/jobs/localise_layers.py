"""From measured values to layers: names, order, and what became of those that were not compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from inspector.core.layers import Layer, Status, growth_of
from inspector.formats.scopes import node_label
from inspector.jobs.localise_measure import Measured
from inspector.jobs.localise_pairs import MODULE, Pairs, followers, node_text
from inspector.jobs.localise_sides import Inside
from inspector.runtimes.pytorch_taps import Called

_LISTED = 12
"""Nodes of a region that are named."""


class Place(NamedTuple):
    """What a value is called, and whether it lies inside a layer that is one of its own."""

    name: str
    inner: bool


def layers_of(
    inside: Inside,
    measured: Mapping[str, Measured],
    calls: Sequence[Called],
    samples: tuple[int, ...],
    borders: Pairs,
) -> tuple[Layer, ...]:
    """All layers in the order of running.

    Args:
        inside: The ONNX file.
        measured: What was measured, in the order of running.
        calls: What PyTorch called, in the order in which the calls ended; empty where the other
            side is a file.
        samples: Samples that it was measured on.
        borders: Values that are known to be what a module gives.
    """
    places = _places(inside, measured, calls, borders)
    texts = {called.path: called for called in calls if called.leaf}
    whole = {value: one.whole for value, one in measured.items()}
    found = []
    for value, one in measured.items():
        layer = _layer(inside, one, places[value], frozenset(measured))
        called = texts.get(layer.module)
        if called is not None:
            layer = replace(
                layer, module_text=called.text, class_name=layer.class_name or called.class_name
            )
        growth = growth_of(layer, whole, one.whole)
        found.append(replace(layer, growth=growth, samples=samples))
    return _with_the_rest(inside, found, calls)


def _layer(inside: Inside, one: Measured, place: Place, known: frozenset[str]) -> Layer:
    value = one.pair.value
    index = inside.taps.wiring.maker[value]
    node, origin = inside.taps.wiring.nodes[index], inside.origins[index]
    region = inside.taps.wiring.region(value, known)
    agrees = one.whole.agrees
    labels = (node_label(inside.taps.wiring.nodes[i], i) for i in region.nodes[-_LISTED:])
    base = Layer(
        name=place.name,
        module=origin.path,
        value=value,
        node=node.name or node_label(node, index),
        op_type=node.op_type,
        status=Status.AGREES if agrees else Status.DIFFERS,
        class_name=origin.class_name,
        inner=place.inner,
        rule=origin.rule,
        source=origin.source,
        node_text=node_text(node),
        module_text=one.pair.text,
        region=tuple(labels),
        inputs=region.inputs,
        paired_by=one.pair.by,
        note=one.problem,
        is_output=value in inside.taps.outputs,
        dtype=one.dtype,
        shape=one.shape,
    )
    return _with_numbers(base, one)


def _with_numbers(layer: Layer, one: Measured) -> Layer:
    whole, alone = one.whole, one.alone
    scale = whole.allowed.scale
    allowed = whole.allowed.absolute / scale + whole.allowed.relative if scale > 0.0 else 0.0
    layer = replace(
        layer,
        scaled_error=whole.scaled,
        allowed=allowed,
        times_allowed=whole.times_allowed,
        elements=whole.elements,
        beyond=whole.beyond,
        max_absolute_error=whole.max_absolute_error,
        scale=scale,
        worst=whole.worst,
    )
    if alone is None:
        return layer
    return replace(
        layer,
        local_error=alone.scaled,
        local_agrees=alone.agrees,
        local_times_allowed=alone.times_allowed,
        local_worst=alone.worst,
    )


def _places(
    inside: Inside, measured: Mapping[str, Measured], calls: Sequence[Called], borders: Pairs
) -> dict[str, Place]:
    """Names of all values: of their module where they are its output, else of the step in it."""
    exits = _exits(inside, measured, calls, borders)
    found: dict[str, Place] = {}
    for value in measured:
        path = inside.origins[inside.taps.wiring.maker[value]].path
        step = _step(inside, value)
        if not path or not exits.get(path):
            found[value] = Place(_slashed(path, step), False)
        elif value in exits[path]:
            found[value] = Place(_own_name(inside, path, value, exits[path], calls), False)
        else:
            found[value] = Place(_slashed(path, step), True)
    return _told_apart(found)


def _exits(
    inside: Inside, measured: Mapping[str, Measured], calls: Sequence[Called], borders: Pairs
) -> dict[str, list[str]]:
    """What each module that holds no other one gives, as far as it was measured.

    What leaves its nodes otherwise is no layer of its own where that is known: a mask, for
    instance, that an optimiser computes once for all layers.
    """
    known: dict[str, list[str]] = {}
    for value, pair in borders.items():
        if pair.by == MODULE and value in measured:
            path = inside.origins[inside.taps.wiring.maker[value]].path
            known.setdefault(path, []).append(value)
    found: dict[str, list[str]] = {}
    for path, here in inside.groups.items():
        if _is_leaf(path, inside, calls):
            leaving = [v for group in here for v in group.exits if v in measured]
            own = {*known.get(path, leaving), *inside.taps.outputs}
            found[path] = [value for value in leaving if value in own]
    return found


def _own_name(
    inside: Inside, path: str, value: str, exits: Sequence[str], calls: Sequence[Called]
) -> str:
    """The module's own name; with the step where one call gives several values."""
    made = sum(called.path == path for called in calls) or 1
    here = inside.groups[path]
    most = made if len(here) == 1 else 1
    per_group = (sum(v in exits for v in group.exits) for group in here)
    several = any(number > most for number in per_group)
    return _slashed(path, _step(inside, value)) if several else _slashed(path, "")


def _is_leaf(path: str, inside: Inside, calls: Sequence[Called]) -> bool:
    known = [called.leaf for called in calls if called.path == path]
    if known:
        return all(known)
    return not any(other.startswith(f"{path}.") for other in inside.groups)


def _step(inside: Inside, value: str) -> str:
    index = inside.taps.wiring.maker[value]
    told = bool(inside.origins[index].target)
    return value if told else node_label(inside.taps.wiring.nodes[index], index)


def _slashed(path: str, step: str) -> str:
    return "/".join(part for part in (path.replace(".", "/"), step) if part)


def _told_apart(places: Mapping[str, Place]) -> dict[str, Place]:
    """Names that occur several times get the number of the call."""
    total = Counter(place.name for place in places.values())
    seen: Counter[str] = Counter()
    found = {}
    for value, place in places.items():
        seen[place.name] += 1
        number = f" (call {seen[place.name]})" if total[place.name] > 1 else ""
        found[value] = place._replace(name=place.name + number)
    return found


def _with_the_rest(
    inside: Inside, layers: Sequence[Layer], calls: Sequence[Called]
) -> tuple[Layer, ...]:
    """The layers with those that were called and not compared, each behind what ran before it."""
    there: dict[str, list[int]] = {}
    for index, layer in enumerate(layers):
        if not layer.inner:
            there.setdefault(layer.module, []).append(index)
    made = Counter(called.path for called in calls)
    behind: dict[int, list[Layer]] = {}
    at = -1
    notes = dict(_why_not(inside, layers, calls))
    for called in calls:
        here = there.get(called.path)
        if here:
            at = max(at, here[called.call] if len(here) == made[called.path] else here[-1])
        elif called.leaf and called.path in notes and called.call == 0:
            behind.setdefault(at, []).append(_left_out(called, *notes[called.path]))
    found = list(behind.get(-1, ()))
    for index, layer in enumerate(layers):
        found += [layer, *behind.get(index, ())]
    return tuple(found)


def _left_out(called: Called, status: Status, note: str) -> Layer:
    return Layer(
        name=_slashed(called.path, ""),
        module=called.path,
        value="",
        node="",
        op_type="",
        status=status,
        class_name=called.class_name,
        module_text=called.text,
        note=note,
    )


def _why_not(
    inside: Inside, layers: Sequence[Layer], calls: Sequence[Called]
) -> Iterator[tuple[str, tuple[Status, str]]]:
    """Path of every module that was not compared, with the reason."""
    compared = {layer.module for layer in layers if not layer.inner}
    absorbed = {b.path: path for (path, _), b in followers(inside.groups, calls).items()}
    for called in calls:
        path = called.path
        if path in compared or not called.leaf:
            continue
        into = _holder(inside, path)
        if path in absorbed:
            yield path, (Status.MERGED, f"merged into {_slashed(absorbed[path], '')}")
        elif into:
            yield path, (Status.MERGED, f"merged into {into}")
        elif called.idle:
            yield path, (Status.FOLDED, "left out: it gives back what it is given")
        elif path not in inside.groups:
            yield path, (Status.FOLDED, "folded: no node of the file is its own")
        else:
            note = "not mapped: no value of the file is known to be its output"
            yield path, (Status.NOT_MAPPED, note)


def _holder(inside: Inside, path: str) -> str:
    """The module whose nodes take the weights of another one, and the rule that made it so."""
    if path in inside.groups:
        return ""
    for tensor in inside.model.graph.initializers:
        if not tensor.name.startswith(f"{path}."):
            continue
        for index in inside.taps.wiring.takers.get(tensor.name, ()):
            origin = inside.origins[index]
            if origin.path and origin.path != path:
                rule = f" ({origin.rule})" if origin.rule else ""
                return f"{_slashed(origin.path, '')}{rule}"
    return ""
