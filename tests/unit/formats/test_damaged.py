"""Damage that once led the readers astray: each was found by `python -m tests.fuzz`."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from inspector.core.failures import InspectorError
from inspector.core.model import Model, Tensor
from inspector.formats.detail import describe
from inspector.formats.inspect import describe_file, inspect
from inspector.formats.operator_docs import documentation
from inspector.formats.operators import definition
from inspector.formats.outline import build_outline, save
from inspector.formats.registry import open_file
from inspector.formats.stored import stored_tensors
from inspector.formats.tensor_values import open_values


def test_texts_that_are_not_utf_8_are_shown_all_the_same(save_model, tmp_path: Path) -> None:
    node = helper.make_node("Relu", ["x"], ["out"], name="NAME_", doc_string="DOC_")
    node.metadata_props.add(key="KEY_", value="VALUE_")
    weight = {"WEIGHT_": np.ones(3, np.float32)}
    path = save_model([node], weight, producer_name="MAKER_", inputs={"x": ["DIM_", 4]})
    model = onnx.load(path)
    model.metadata_props.add(key="MODEL_", value="TEXT_")
    damaged = model.SerializeToString()
    for text in (b"NAME", b"DOC", b"KEY", b"VALUE", b"WEIGHT", b"MAKER", b"DIM", b"MODEL", b"TEXT"):
        assert text + b"_" in damaged
        damaged = damaged.replace(text + b"_", text + b"\xff")
    path.write_bytes(damaged)

    found = open_file(path)
    assert isinstance(found, Model)
    outline = build_outline(found)
    save(outline, tmp_path)
    texts = [repr(describe(found, outline, row)) for row in range(len(outline))]
    shown = repr(describe_file(found)) + "".join(texts)
    assert found.graph.nodes[0].metadata == (("KEY\ufffd", "VALUE\ufffd"),)
    for name in ("NAME", "WEIGHT", "MAKER", "DIM", "MODEL", "TEXT"):
        assert f"{name}\ufffd" in shown


def test_an_opset_beyond_all_numbers_has_no_documentation() -> None:
    assert documentation("Relu", "ai.onnx", 1 << 62)
    assert definition("Relu", "ai.onnx", 1 << 62) is not None


@pytest.mark.parametrize("place", ["[0, Infinity]", "[0, 1e999]", "[0, NaN]", '[0, "x"]', "[0]"])
def test_places_of_tensors_that_are_no_numbers_are_damage(tmp_path: Path, place: str) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": "PLACE"}})
    text = header.replace('"PLACE"', place).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
    with pytest.raises(InspectorError, match="damaged"):
        inspect(path)


@pytest.mark.parametrize("location", ["x" * 70_000, "x" * 300, "a/" * 9000, "loop.data"])
def test_weights_under_a_name_that_no_file_has_are_missing(
    save_model, tmp_path: Path, location: str
) -> None:
    path = save_model([helper.make_node("Relu", ["x"], ["out"])], {"w": np.ones(3, np.float32)})
    (tmp_path / "loop.data").symlink_to("loop.data")
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    path.write_bytes(model.SerializeToString())
    (stored,) = stored_tensors(open_file(path))
    with pytest.raises(InspectorError, match="missing") as caught, open_values(path, stored):
        pass
    assert len(caught.value.failure.sentence) < 500


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0,) * 70])
def test_a_tensor_without_values_has_blocks_without_values(tmp_path: Path, shape) -> None:
    with open_values(tmp_path, Tensor("w", "float32", shape, 0)) as values:
        assert values.block(0, 0).size == 0
        assert list(values.blocks()) == []


@pytest.mark.parametrize("name", ["\ud800", "loop", "a\0b", "../x", "missing"])
def test_an_index_lists_what_no_file_is_called_as_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"w": name}}))
    listed = inspect(path).checkpoint
    assert listed is not None
    assert [file.exists for file in listed.files] == [False]
    assert listed.tensors == ()
