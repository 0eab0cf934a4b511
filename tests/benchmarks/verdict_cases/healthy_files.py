"""Healthy pairs of other files: bundled samples, recorded outputs, two ONNX files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from onnx import TensorProto, helper

from inspector.core.input_spec import parse_input_spec
from inspector.core.sources import DataSource, ModelSource
from tests.benchmarks.verdict_cases.workshop import (
    BUNDLED,
    BY_DYNAMO,
    Array,
    Case,
    Exporting,
    Pair,
    Workshop,
)


def bundled(reference: str, code: str, candidate: str, data: str, spec: str) -> Pair:
    """A pair of the bundled samples."""
    source = ModelSource(
        str(BUNDLED / reference), str(BUNDLED / code), "{}", True, (parse_input_spec(spec),)
    )
    files = DataSource((str(BUNDLED / data),))
    return Pair(source, ModelSource(str(BUNDLED / candidate)), files)


def digits(w: Workshop) -> Pair:
    """The bundled reader of digits and 360 real pictures."""
    return bundled(
        "digits/digits.pt", "digits/digits_net.py:DigitsNet", "digits/digits.onnx",
        "digits/samples.npz", "image=float32[batch=2,1,8,8]",
    )  # fmt: skip


def outputs_recorded_earlier(w: Workshop) -> Pair:
    """What PyTorch gave is in a file; the ONNX file is run."""
    import torch

    net = w.net("vision.ConvNet")
    data = {"image": w.normal(16, 3, 32, 32)}
    pair = w.pair(net, data)
    with torch.no_grad():
        scores = net.make()(torch.from_numpy(data["image"])).numpy()
    return pair._replace(reference=w.recorded(scores=scores))


def optimised_by_onnxruntime(w: Workshop) -> Pair:
    """A file against the one that ONNX Runtime wrote when it had optimised it."""
    import onnxruntime

    pair = w.pair(w.net("sequence.Encoder"), _ids(w))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(w.folder / "optimised.onnx")
    providers = ["CPUExecutionProvider"]
    onnxruntime.InferenceSession(pair.candidate.path, options, providers=providers)
    return pair._replace(
        reference=pair.candidate,
        candidate=replace(pair.candidate, path=str(w.folder / "optimised.onnx")),
    )


def another_exporter(w: Workshop) -> Pair:
    """The files of both exporters against each other."""
    net, data = w.net("vision.UNet"), {"image": w.normal(4, 3, 32, 32)}
    first = w.pair(net, data)
    older = w.folder / "older.onnx"
    (w.folder / "model.onnx").rename(older)
    newer = w.pair(net, data, BY_DYNAMO)
    return Pair(replace(first.candidate, path=str(older)), newer.candidate, newer.data)


def another_opset(w: Workshop) -> Pair:
    """Files of two opsets against each other."""
    net, data = w.net("vision.ConvNet"), {"image": w.normal(8, 3, 32, 32)}
    first = w.pair(net, data, Exporting(opset=11))
    older = w.folder / "older.onnx"
    (w.folder / "model.onnx").rename(older)
    newer = w.pair(net, data, Exporting(opset=18))
    return Pair(replace(first.candidate, path=str(older)), newer.candidate, newer.data)


def _ids(w: Workshop) -> dict[str, Array]:
    return {"ids": w.whole(0, 50, 8, 12)}


def suppressed_boxes(w: Workshop) -> Pair:
    """Non-maximum suppression against a plain loop that does the same."""
    low = w.random.uniform(0, 500, (1, 60, 2))
    boxes = np.concatenate((low, low + w.random.uniform(40, 140, (1, 60, 2))), -1)
    boxes = boxes.astype(np.float32)
    scores = w.random.uniform(0, 1, (1, 2, 60)).astype(np.float32)
    node = helper.make_node(
        "NonMaxSuppression", ["boxes", "scores", "most", "overlap", "least"], ["chosen"]
    )
    number = TensorProto.FLOAT
    candidate = w.graph(
        [node],
        {"boxes": (number, [1, 60, 4]), "scores": (number, [1, 2, 60])},
        {"chosen": (TensorProto.INT64, ["found", 3])},
        {"most": np.array([10]), "overlap": _float(0.5), "least": _float(0.1)},
    )
    chosen = np.array(_suppress(boxes[0], scores[0], 10, 0.5, 0.1))
    recorded = w.one_run({"boxes": boxes, "scores": scores}, {"chosen": chosen})
    return Pair(recorded, candidate, DataSource((recorded.path,)))


def _float(value: float) -> Array:
    return np.array([value], np.float32)


def _suppress(
    boxes: Array, scores: Array, most: int, overlap: float, least: float
) -> list[list[int]]:
    """Rows of (batch, class, box), class by class, the best first."""
    found: list[list[int]] = []
    for number, row in enumerate(scores):
        kept: list[int] = []
        for box in np.argsort(-row, kind="stable"):
            if row[box] > least and all(_overlap(boxes[box], boxes[k]) <= overlap for k in kept):
                kept.append(int(box))
        found += [[0, number, box] for box in kept[:most]]
    return found


def _overlap(one: Array, other: Array) -> float:
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (one, other)]
    return shared / (sum(areas) - shared)


def bytes_of_a_quantiser(w: Workshop) -> Pair:
    """A quantiser against rounding in float64: values at half a step go either way."""
    x = w.normal(64, 200)
    number, code = TensorProto.FLOAT, TensorProto.UINT8
    candidate = w.graph(
        [helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["y"])],
        {"x": (number, ["batch", 200])},
        {"y": (code, ["batch", 200])},
        {"scale": np.array(0.05, np.float32), "zero": np.array(128, np.uint8)},
    )
    codes = np.clip(np.rint(x.astype(np.float64) / 0.05) + 128, 0, 255).astype(np.uint8)
    return Pair(w.recorded(y=codes), candidate, w.data({"x": x}))


def outputs_of_another_computer(w: Workshop) -> Pair:
    """Outputs that were computed with other kernels: here in float64, then stored in float32."""
    import torch

    net = w.net("sequence.Recurrent", take="step")
    data = {"x": w.normal(16, 20, 8)}
    pair = w.pair(net, data)
    with torch.no_grad():
        steps = net.make().double()(torch.from_numpy(data["x"]).double())
    return pair._replace(reference=w.recorded(steps=steps.float().numpy()))


CASES: tuple[Case, ...] = (
    digits, outputs_recorded_earlier, optimised_by_onnxruntime, another_exporter, another_opset,
    suppressed_boxes, bytes_of_a_quantiser, outputs_of_another_computer,
)  # fmt: skip
