"""Remarks about operators that runtimes read differently, and about answers with ties."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.finding import NOTE, Remark, count, some
from inspector.core.model import Node
from inspector.core.survey import Place, Survey, attribute

_TIES = {"ArgMax": 0, "ArgMin": 0, "TopK": 1, "NonMaxSuppression": 0}
"""Operator to the place of the output that holds positions."""
_CARRIES = ("Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Transpose",
            "Gather", "Slice", "Concat", "GatherND")  # fmt: skip


def interpolation(survey: Survey) -> Iterator[Remark]:
    """Resizing and sampling are defined in many ways, and not every runtime knows each of them.

    Another way of rounding positions moves a picture by up to half a pixel, which looks right
    and is not.
    """
    found = [(p, why) for p in survey.places("Resize", "Upsample") if (why := _resize(survey, p))]
    found += [(p, why) for p in survey.places("GridSample") if (why := _sampling(p.node))]
    if found:
        reasons = sorted({why for _, why in found})
        yield Remark(
            NOTE,
            f"{count(len(found), 'node resizes or samples', 'nodes resize or sample')} in a way "
            f"that runtimes differ in: {'; '.join(reasons)}.",
            "Compare on the runtime that the file is meant for, with pictures of odd sizes too; "
            "bilinear with align_corners=False is understood best.",
            tuple(place.label for place, _ in found),
        )


def _resize(survey: Survey, place: Place) -> str:
    node, opset = place.node, survey.opset(place)
    mode = attribute(node, "mode", "nearest")
    if node.op_type == "Upsample" or opset < 11:
        return "resizing of opset 10 and before" if mode != "nearest" else ""
    where = attribute(node, "coordinate_transformation_mode", "half_pixel")
    if where in ("tf_crop_and_resize", "half_pixel_symmetric", "tf_half_pixel_for_nn"):
        return f"positions by {where}"
    if mode == "linear" and where == "asymmetric":
        return "bilinear with asymmetric positions, as PyTorch never does"
    if attribute(node, "antialias", 0):
        return "antialias"
    if mode == "cubic":
        return "bicubic"
    rounding = attribute(node, "nearest_mode", "round_prefer_floor")
    if mode == "nearest" and not (where == "asymmetric" and rounding == "floor"):
        return f"nearest with {where} positions and {rounding}"
    return ""


def _sampling(node: Node) -> str:
    mode = attribute(node, "mode", "linear")
    if mode in ("cubic", "bicubic"):
        return "bicubic sampling"
    padding = attribute(node, "padding_mode", "zeros")
    return f"{padding} beyond the edge" if padding in ("border", "reflection") else ""


def padding(survey: Survey) -> Iterator[Remark]:
    """Edges are where runtimes part: how to pad, and what counts in a mean at the rim."""
    found: list[tuple[Place, str]] = []
    for place in survey.places("Pad"):
        mode = attribute(place.node, "mode", "constant")
        if mode == "wrap":
            found.append((place, "padding by wrapping around"))
        elif mode == "constant" and survey.opset(place) >= 11 and _cuts(survey, place):
            found.append((place, "padding by less than nothing, which cuts off"))
    for place in survey.places("AveragePool"):
        ceiling = attribute(place.node, "ceil_mode", 0)
        if ceiling and attribute(place.node, "count_include_pad", 0):
            found.append((place, "means that count the padding at a rim that is rounded up"))
    for place in survey.places("Conv", "ConvTranspose", "MaxPool", "AveragePool"):
        auto = attribute(place.node, "auto_pad", "NOTSET")
        if auto in ("SAME_UPPER", "SAME_LOWER"):
            found.append((place, f"padding chosen by the runtime ({auto})"))
    if found:
        reasons = sorted({why for _, why in found})
        yield Remark(
            NOTE,
            f"{count(len(found), 'node treats', 'nodes treat')} edges in a way that runtimes "
            f"differ in: {'; '.join(reasons)}.",
            "Compare on the runtime that the file is meant for, with inputs of odd sizes too.",
            tuple(place.label for place, _ in found),
        )


def _cuts(survey: Survey, place: Place) -> bool:
    amounts = survey.values(place, 1)
    return bool(amounts) and any(isinstance(a, int) and a < 0 for a in amounts or ())


def index_ties(survey: Survey) -> Iterator[Remark]:
    """Where two scores are equal, their order is nobody's promise.

    Runtimes then give different positions, and each of them is right.
    """
    graph = survey.model.graph
    outputs = {value.name for value in graph.outputs}
    makers = {name: node for node in graph.nodes for name in node.outputs} if outputs else {}
    names = [name for name in outputs if _is_index(name, makers)]
    if names and survey.places(*_TIES):
        names = [value.name for value in graph.outputs if value.name in names]
        yield Remark(
            NOTE,
            f"{count(len(names), 'output holds', 'outputs hold')} positions of the best scores: "
            f"{some(names)}.",
            "Give the scores out as well, so that a tie can be told from an error.",
            tuple(names),
        )


def _is_index(name: str, makers: dict[str, Node]) -> bool:
    """Whether a value is the positions that a search found, perhaps put into another shape."""
    for _ in range(8):
        node = makers.get(name)
        if node is None:
            return False
        if node.op_type in _TIES and not node.domain:
            place = _TIES[node.op_type]
            return place < len(node.outputs) and node.outputs[place] == name
        if node.op_type not in _CARRIES or not node.inputs:
            return False
        name = node.inputs[0]
    return False
