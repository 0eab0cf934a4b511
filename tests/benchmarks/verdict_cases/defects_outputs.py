"""Defects of outputs: their form, their order, or single numbers among many."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from onnx import TensorProto

from tests.benchmarks.verdict_cases import edits
from tests.benchmarks.verdict_cases.workshop import (
    BY_DYNAMO,
    Array,
    Case,
    Exporting,
    Pair,
    Workshop,
)


def _values(w: Workshop, name: str, right: dict[str, Any], wrong: dict[str, Any]) -> Pair:
    return w.pair(w.net(f"values.{name}", **right), {"x": w.normal(64, 16)}, instead=wrong)


def _pictures(w: Workshop, samples: int = 8) -> dict[str, Array]:
    return {"image": w.normal(samples, 3, 64, 64)}


def one_not_a_number(w: Workshop) -> Pair:
    """One of 40 outputs is NaN."""
    more = np.zeros((40,), np.float32)
    more[17] = np.nan
    net = w.net("values.Mlp", classes=40)
    return w.pair(net, {"x": w.normal(64, 16)}, edit=edits.added(0, more))


def all_not_a_number(w: Workshop) -> Pair:
    """All outputs are NaN."""
    edit = edits.added(0, np.array(np.nan, np.float32))
    return w.pair(w.net("values.Mlp"), {"x": w.normal(64, 16)}, edit=edit)


def logarithm_clamped(w: Workshop) -> Pair:
    """NaN and -inf of a logarithm are made numbers."""
    positive = np.abs(w.normal(32, 9)) + 0.1
    positive[4, 5] = 0
    edit = edits.after(0, ("Max", {}, [np.array(-100, np.float32)]))
    return w.pair(w.net("values.Parts", what="log"), {"x": positive}, edit=edit)


def _masked(w: Workshop) -> dict[str, Array]:
    return {"x": w.normal(64, 16), "allowed": w.whole(0, 4, 64, 8) > 0}


def infinity_of_the_other_sign(w: Workshop) -> Pair:
    """+inf where -inf masks a class."""
    return w.pair(w.net("values.Masked"), _masked(w), instead={"value": float("inf")})


def large_number_for_infinity(w: Workshop) -> Pair:
    """-1e9 where -inf masks a class."""
    return w.pair(w.net("values.Masked"), _masked(w), instead={"value": -1e9})


def mask_off_in_one_place(w: Workshop) -> Pair:
    """One class of one sample is masked that should not be."""
    net, data = w.net("values.Masked"), _masked(w)
    data["x"][:, 0] = np.minimum(data["x"][:, 0], 2.0)
    data["x"][7, 0], data["allowed"][7, 2] = 3.0, True

    def change(scores: Any, x: Any, allowed: Any) -> Any:
        here = torch.arange(8) == 2
        return scores.masked_fill((x[:, :1] > 2.5) & here, float("-inf"))

    return w.pair(net, data, alter=edits.spoilt(change))


def clipped_to_half(w: Workshop) -> Pair:
    """Large outputs stop at 65,504."""
    limits = [np.array(-65504, np.float32), np.array(65504, np.float32)]
    edit = edits.after(0, ("Clip", {}, limits))
    return w.pair(w.net("values.Mlp", scale=3e5), {"x": w.normal(64, 16)}, edit=edit)


def range_clipped(w: Workshop) -> Pair:
    """Pixels stop at 250 in place of 255."""
    net = w.net("vision.Larger")
    return w.pair(net, {"image": w.normal(4, 3, 24, 24)}, instead={"high": 250.0})


def range_not_clipped(w: Workshop) -> Pair:
    """A clamp to -1 .. 1 is lost; few values need it."""
    net = w.net("values.Parts", what="clamp")
    return w.pair(net, {"x": w.normal(64, 64, scale=0.3)}, instead={"what": "nothing"})


def sigmoid_missing(w: Workshop) -> Pair:
    """Scores before the sigmoid."""
    return w.pair(w.net("vision.Detector"), _pictures(w), instead={"final": False})


def softmax_missing(w: Workshop) -> Pair:
    """Scores before the softmax."""
    return _values(w, "Mlp", {"final": "softmax"}, {"final": ""})


def corners_for_centres(w: Workshop) -> Pair:
    """Boxes by their corners in place of centre and size."""
    return w.pair(w.net("vision.Detector"), _pictures(w), BY_DYNAMO, instead={"form": "xyxy"})


def boxes_of_another_size(w: Workshop) -> Pair:
    """Boxes in pixels of 608 in place of 640."""
    return w.pair(w.net("vision.Detector"), _pictures(w), instead={"scale": 608.0})


def one_score_beside_boxes(w: Workshop) -> Pair:
    """One score of ten columns is 0.002 too high, beside coordinates of hundreds."""
    more = np.zeros((10,), np.float32)
    more[6] = 0.002
    return w.pair(w.net("vision.Detector"), _pictures(w), edit=edits.added(0, more))


def scores_in_half_beside_boxes(w: Workshop) -> Pair:
    """The layer of the scores has weights in float16; the boxes are right."""
    edit = edits.weight("score.weight", edits.as_half)
    return w.pair(w.net("vision.Detector"), _pictures(w), edit=edit)


def smallest_channel_lost(w: Workshop) -> Pair:
    """The channel of thousandths is zero beside one of millions."""
    keep = np.array([1, 1, 0], np.float32)
    edit = edits.after(0, ("Mul", {}, [keep]))
    return w.pair(w.net("values.Wide"), {"x": w.normal(64, 16)}, edit=edit)


def smallest_channel_scaled(w: Workshop) -> Pair:
    """The channel of thousandths is a hundredth too large beside one of millions."""
    more = np.array([1, 1, 1.01], np.float32)
    edit = edits.after(0, ("Mul", {}, [more]))
    return w.pair(w.net("values.Wide"), {"x": w.normal(64, 16)}, edit=edit)


def tiny_outputs_doubled(w: Workshop) -> Pair:
    """Outputs of a thousand-millionth are twice as large."""
    return _values(w, "Mlp", {"scale": 1e-9}, {"scale": 2e-9})


def one_row_of_many(w: Workshop) -> Pair:
    """One sample of 500, the only one whose first number is above 2.5, is wrong."""
    x = w.normal(500, 16)
    x[:, 0] = np.minimum(x[:, 0], 2.0)
    x[321, 0] = 3.0
    alter = edits.spoilt(lambda y, x: y + 0.01 * (x[:, :1] > 2.5))
    return w.pair(w.net("values.Mlp"), {"x": x}, alter=alter)


def ids_off_by_one(w: Workshop) -> Pair:
    """Numbers of classes counted from 1."""
    return _values(w, "Choice", {"what": "best"}, {"shift": 1})


def places_off_by_one(w: Workshop) -> Pair:
    """Places of the best five counted from 1; their scores are right."""
    return _values(w, "Choice", {}, {"shift": 1})


def large_ids_off_by_one(w: Workshop) -> Pair:
    """Ids of a million millions are one too large."""
    data = {"x": w.whole(1 << 40, 1 << 41, 32, 9)}
    return w.pair(w.net("values.Whole", what="ids"), data, instead={"by": 4})


def best_in_the_other_order(w: Workshop) -> Pair:
    """The best five, the worst of them first."""
    return _values(w, "Choice", {}, {"what": "upwards"})


def tied_places_of_other_scores(w: Workshop) -> Pair:
    """Many ties, and the places are not those of the scores."""
    return _values(w, "Choice", {"step": 0.1}, {"shift": 1})


def _whole(w: Workshop, right: dict[str, Any], wrong: dict[str, Any], low: int = -50) -> Pair:
    data = {"x": w.whole(low, 50, 32, 9)}
    return w.pair(w.net("values.Whole", **right), data, instead=wrong)


def division_towards_zero(w: Workshop) -> Pair:
    """Negative whole numbers are divided towards zero."""
    return _whole(w, {}, {"how": "trunc"})


def rest_with_another_sign(w: Workshop) -> Pair:
    """The rest of a division has the sign of the dividend."""
    return _whole(w, {"what": "rest"}, {"how": "trunc"})


def overflow_of_whole_numbers(w: Workshop) -> Pair:
    """Products of large numbers in 32 bits."""
    data = {"x": w.whole(10_000, 60_000, 32, 9)}
    net = w.net("values.Whole", what="product")
    return w.pair(net, data, instead={"how": "narrow"})


def halves_rounded_up(w: Workshop) -> Pair:
    """Halves rounded up in place of to even."""
    data = {"x": w.whole(-20, 20, 32, 9).astype(np.float32) / 2}
    net = w.net("values.Parts")
    return w.pair(net, data, instead={"what": "round half up"})


def bytes_two_steps_up(w: Workshop) -> Pair:
    """Bytes of pixels two steps too bright."""
    net = w.net("vision.Larger", rounded=True)
    edit = edits.after(
        0, ("Cast", {"to": TensorProto.FLOAT}, []), ("Add", {}, [np.array(2, np.float32)]),
        ("Cast", {"to": TensorProto.UINT8}, []),
    )  # fmt: skip
    return w.pair(net, {"image": w.normal(4, 3, 24, 24)}, edit=edit)


def rows_for_columns(w: Workshop) -> Pair:
    """A square output is transposed."""
    return _values(w, "Shapes", {}, {"what": "columns"})


def layout_of_another_library(w: Workshop) -> Pair:
    """Channels last where they belong first, the form being the same."""
    edit = edits.after(0, ("Transpose", {"perm": [0, 2, 3, 1]}, []))
    net = w.net("vision.UNet")
    return w.pair(net, {"image": w.normal(4, 3, 4, 4)}, edit=edit)


def one_axis_too_many(w: Workshop) -> Pair:
    """[N, 1, 16] for [N, 16]."""
    return _values(w, "Shapes", {"what": "flat"}, {"what": "one more"})


def another_type(w: Workshop) -> Pair:
    """float64 for float32."""
    return _values(w, "Shapes", {}, {"what": "double"})


def outputs_in_another_order(w: Workshop) -> Pair:
    """Two outputs of the same form have changed places."""
    net = w.net("values.Apart")
    how = Exporting(names=("left", "right"))
    return w.pair(net, {"x": w.normal(64, 16)}, how, instead={"swapped": True})


def one_output_lost(w: Workshop) -> Pair:
    """The second output is not in the file."""
    net = w.net("values.Apart")
    return w.pair(net, {"x": w.normal(64, 16)}, edit=lambda proto: proto.graph.output.pop())


def mirrored_picture(w: Workshop) -> Pair:
    """The output is mirrored."""
    net = w.net("vision.Pools")
    return w.pair(net, {"image": w.normal(4, 3, 32, 32)}, instead={"flipped": True})


CASES: tuple[Case, ...] = (
    one_not_a_number, all_not_a_number, logarithm_clamped, infinity_of_the_other_sign,
    large_number_for_infinity, mask_off_in_one_place, clipped_to_half, range_clipped,
    range_not_clipped, sigmoid_missing, softmax_missing, corners_for_centres,
    boxes_of_another_size, one_score_beside_boxes, scores_in_half_beside_boxes,
    smallest_channel_lost, smallest_channel_scaled, tiny_outputs_doubled, one_row_of_many,
    ids_off_by_one, places_off_by_one, large_ids_off_by_one, best_in_the_other_order,
    tied_places_of_other_scores, division_towards_zero, rest_with_another_sign,
    overflow_of_whole_numbers, halves_rounded_up, bytes_two_steps_up, rows_for_columns,
    layout_of_another_library, one_axis_too_many, another_type, outputs_in_another_order,
    one_output_lost, mirrored_picture,
)  # fmt: skip
