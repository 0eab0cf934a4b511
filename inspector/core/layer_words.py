"""What is said about where an error is born: plain sentences with counts."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.core.layers import Birth, Layer, Status
from inspector.core.words import counted, size_of_error


def sentence_of(layers: Sequence[Layer], birth: Birth) -> str:
    """Where the error is born, and how many layers before and behind it agree.

    Layers inside others are not counted, and neither are those that were not compared.
    """
    plain = [i for i, one in enumerate(layers) if one.compared and not one.inner]
    if not any(one.compared for one in layers):
        return "No value inside the model could be held against the reference."
    if birth.first is None:
        return f"{_all(len(plain), 'layer')} {'agrees' if len(plain) == 1 else 'agree'}."
    if birth.place is None:
        first = layers[birth.first]
        outputs = [one for one in layers if one.is_output and one.compared]
        if outputs and all(one.status is Status.AGREES for one in outputs):
            differ = sum(layers[i].status is Status.DIFFERS for i in plain)
            return (
                f"The outputs agree. Inside, {differ:,} of {counted(len(plain), 'layer')} "
                f"{'differs' if differ == 1 else 'differ'}; the first is {first.name}."
            )
        return (
            "No layer errs by itself: the difference grows from layer to layer. The first that is "
            f"beyond what is allowed is {first.name}."
        )
    before = [layers[i] for i in plain if i < birth.place]
    after = [layers[i] for i in plain if i >= birth.place]
    return f"The error is born in {layers[birth.place].name}. {_around(before, after)}"


def _around(before: Sequence[Layer], after: Sequence[Layer]) -> str:
    agree = sum(one.status is Status.AGREES for one in before)
    differ = sum(one.status is Status.DIFFERS for one in after)
    if agree == len(before):
        first = f"{_the(agree)} before it {'agrees' if agree == 1 else 'agree'}"
    else:
        first = f"{agree:,} of the {counted(len(before), 'layer')} before it agree"
    if not before:
        first = "No layer comes before it"
    if differ == len(after):
        rest = f"all {differ:,} layers from there on do not" if differ > 1 else "it is the last"
    else:
        rest = f"{differ:,} of the {counted(len(after), 'layer')} from there on do not"
    return f"{first}; {rest}."


def _the(number: int) -> str:
    return "The layer" if number == 1 else f"The {number:,} layers"


def _all(number: int, noun: str) -> str:
    return f"The one {noun}" if number == 1 else f"All {number:,} {noun}s"


def detail_of(layers: Sequence[Layer], birth: Birth, names: tuple[str, str]) -> str:
    """What is known about the birthplace, in one line; empty where there is none.

    Args:
        layers: All of them.
        birth: Where the error is born.
        names: What the other side and the file that was looked into are called.
    """
    if birth.place is None:
        return ""
    layer = layers[birth.place]
    parts = []
    if layer.module_text and layer.node_text:
        parts.append(f"{names[0]} has {layer.module_text} there, {names[1]} {layer.node_text}")
    elif layer.node_text:
        parts.append(f"{names[1][:1].upper()}{names[1][1:]} has {layer.node_text} there")
    if layer.local_error is not None:
        alone = size_of_error(layer.local_error)
        parts.append(f"alone, fed with exact values, it is off by {alone} of its largest")
    region = [name for name in layer.region if not name.startswith("Constant")]
    if len(region) > 1 and not layer.module_text:
        parts.append(f"computed from the layers before it by {', '.join(region)}")
    if layer.rule:
        parts.append(f"made by the rewrite rule {layer.rule}")
    if layer.source:
        parts.append(layer.source)
    if birth.also:
        more = ", ".join(layers[i].name for i in birth.also[:3])
        parts.append(f"{counted(len(birth.also), 'more layer')} err by themselves: {more}")
    return " · ".join(parts)
