"""Files of other programs are named for what they are, each with a way on."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from inspector.core.failures import InspectorError
from inspector.formats.foreign import EARLY, LATE
from inspector.formats.registry import open_file
from inspector.formats.sniff import classify


def _zip(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"x")
    return out.getvalue()


def _field(number: int, content: bytes) -> bytes:
    tag = (number << 3) | 2
    head = bytes([tag]) if tag < 128 else bytes([tag & 127 | 128, tag >> 7])
    return head + bytes([len(content)]) + content


FROZEN = _field(1, _field(1, b"x") + _field(2, b"Placeholder")) + _field(4, b"\x08\x16")
CAFFE = _field(1, b"net") + _field(100, _field(1, b"conv1"))
NOISE = bytes(range(1, 60))

KINDS: dict[str, tuple[str, bytes, str, str]] = {
    "TFLite": ("m.tflite", b"\x1c\0\0\0TFL3" + NOISE, "TensorFlow Lite", "tf2onnx"),
    "ORT": ("m.ort", b"\x1c\0\0\0ORTM" + NOISE, "ONNX Runtime's own format", ".onnx"),
    "ExecuTorch": ("m.pte", b"\x1c\0\0\0ET12" + NOISE, "ExecuTorch", ".pt2"),
    "Keras": ("m.h5", b"\x89HDF\r\n\x1a\n" + NOISE, "Keras", "tf2onnx"),
    "Keras 3": ("m.keras", _zip("metadata.json"), "Keras", "tf2onnx"),
    "GGML": ("m.bin", b"tjgg" + NOISE, "GGML", "made from"),
    "TensorRT": ("m.bin", b"ftrt" + NOISE, "TensorRT", "ONNX file"),
    "engine": ("m.engine", NOISE, "named like a TensorRT engine", "ONNX file"),
    "MXNet weights": ("m.params", struct.pack("<QQ", 0x112, 0) + NOISE, "MXNet", "ONNX"),
    "MXNet graph": ("m-symbol.json", b'{\n "nodes": [{"op": "null"}]}', "MXNet", "ONNX"),
    "Paddle": ("m.pdmodel", NOISE, "PaddlePaddle", "paddle2onnx"),
    "Paddle 3": ("m.json", b'{"base_code":{"magic":"pir"}}', "PaddlePaddle", "paddle2onnx"),
    "CatBoost": ("m.cbm", b"CBM1" + NOISE, "CatBoost", "onnx"),
    "LightGBM": ("m.txt", b"tree\nversion=v4\n", "LightGBM", "onnxmltools"),
    "XGBoost": ("m.json", b'{"learner":{}}', "XGBoost", "onnxmltools"),
    "TF part": ("m.data-00000-of-00001", NOISE, "TensorFlow checkpoint", "tf2onnx"),
    "TF index": (
        "m.index", NOISE + bytes.fromhex("57fb808b247547db"), "TensorFlow checkpoint", "tf2onnx",
    ),
    "SavedModel": ("saved_model.pb", b"\x08\x01\x12\x04abcd", "SavedModel", "tf2onnx"),
    "frozen": ("graph.pb", FROZEN, "frozen TensorFlow graph", "tf2onnx"),
    "TFJS": ("model.json", b'{"modelTopology": {}}', "TensorFlow.js", "tf2onnx"),
    "Core ML": ("m.mlmodel", b"\x08\x05\x12\x02ab\xa2\x1f\x02xy", "Core ML", "made from"),
    "Core ML zip": ("m.zip", _zip("m.mlpackage/Manifest.json"), "packed Core ML", "made from"),
    "OpenVINO": ("m.xml", b'<?xml version="1.0"?>\n<net version="11">', "OpenVINO", "made from"),
    "PMML": ("m.pmml", b'<?xml version="1.0"?><PMML version="4.4">', "PMML", "skl2onnx"),
    "XML": ("m.xml", b'<?xml version="1.0"?><a/>', "XML", "made from"),
    "Caffe": ("m.caffemodel", CAFFE, "Caffe", "made from"),
    "Caffe text": ("m.prototxt", b'name: "n"\nlayer {\n}\n', "Caffe", "made from"),
    "Darknet": ("m.cfg", b"[net]\nbatch=1\n", "Darknet", "made from"),
    "ncnn": ("m.param", b"7767517\n75 83\n", "ncnn", "made from"),
    "Rockchip": ("m.rknn", b"RKNN" + NOISE, "Rockchip", "made from"),
    "MLIR": ("m.mlirbc", b"ML\xefR" + NOISE, "MLIR", "made from"),
    "ONNX text": ("m.onnxtxt", b"<\n  ir_version: 8,\n>", "ONNX model written as text", "parser"),
    "7-Zip": ("m.7z", b"7z\xbc\xaf\x27\x1c" + NOISE, "7-Zip", "Unpack"),
    "RAR": ("m.rar", b"Rar!\x1a\x07\0" + NOISE, "RAR", "Unpack"),
    "bzip2": ("m.bz2", bz2.compress(NOISE), "bzip2", "Unpack"),
    "xz": ("m.xz", lzma.compress(NOISE), "xz", "Unpack"),
    "Zstandard": ("m.zst", b"\x28\xb5\x2f\xfd" + NOISE, "Zstandard", "Unpack"),
    "LZ4": ("m.lz4", b"\x04\x22\x4d\x18" + NOISE, "LZ4", "Unpack"),
    "zlib": ("m.joblib", zlib.compress(NOISE), "zlib", "skl2onnx"),
    "TorchServe": ("m.mar", _zip("MAR-INF/MANIFEST.json"), "TorchServe", "Unpack"),
    "wheel": ("m.whl", _zip("a-1.dist-info/METADATA"), "program package", "model file"),
    "archive": ("m.zip", _zip("model.onnx"), "archive of files", "Unpack"),
    "library": ("m.so", b"\x7fELF" + NOISE, "program or a library", "native code"),
    "Windows library": ("m.dll", b"MZ" + NOISE, "program or a library", "native code"),
    "macOS library": ("m.dylib", b"\xcf\xfa\xed\xfe" + NOISE, "program or a library", "native"),
    "PDF": ("m.pdf", b"%PDF-1.7\n", "PDF", "model file"),
    "Parquet": ("m.parquet", b"PAR1" + NOISE, "Parquet", ".npz"),
    "sound": ("m.wav", b"RIFF\0\0\0\0WAVEfmt " + NOISE, "sound", "sample data"),
    "film": ("m.mp4", b"\0\0\0\x18ftypmp42" + NOISE, "film", ".npz"),
    "configuration": ("config.json", b'{"architectures": ["A"]}', "configuration", "folder"),
    "notebook": ("m.ipynb", b'{"cells": []}', "notebook", ".py"),
    "Python": ("m.py", b"import torch\n\nnet = None\n", "Python source", "as its code"),
    "Python, renamed": ("m.pt", b"from torch import nn\nx = 1\n", "Python source", "as its code"),
    "settings": ("m.yaml", b"model:\n  width: 3\n", "list of settings", "checkpoint"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_program_is_named(tmp_path: Path, kind: str) -> None:
    name, content, says, hint = KINDS[kind]
    path = tmp_path / name
    path.write_bytes(content)
    assert classify(path) in ("unknown", "checkpoint", "data")
    with pytest.raises(InspectorError) as raised:
        open_file(path)
    failure = raised.value.failure
    assert says in failure.sentence
    assert failure.sentence.startswith(name)
    assert hint in failure.hint
    assert failure.detail.startswith("The file begins with")


def test_every_kind_says_what_it_is_and_what_to_do() -> None:
    for kind in (*EARLY, *LATE):
        assert kind.sentence.startswith("{name} ")
        assert kind.sentence.endswith(".")
        assert kind.hint.endswith(".")


def test_the_weights_of_an_openvino_model_are_known_by_the_graph_beside_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "m.bin").write_bytes(NOISE)
    (tmp_path / "m.xml").write_bytes(b'<?xml version="1.0"?><net name="a">')
    with pytest.raises(InspectorError, match="weights of an OpenVINO model"):
        open_file(tmp_path / "m.bin")
