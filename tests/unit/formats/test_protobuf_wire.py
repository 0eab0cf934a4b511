"""The walker against onnx's own decoder, on models that hypothesis makes up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from inspector.core.model import Graph, Node, Tensor
from inspector.formats.onnx import read_onnx
from inspector.formats.protobuf_wire import (
    BYTES,
    CutShortError,
    WireError,
    encode_field,
    encode_varint,
    fields,
    varint,
)

_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_DTYPES = st.sampled_from(
    [np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.int8, np.bool_]
)


@given(st.integers(0, 2**64 - 1))
def test_a_number_is_read_as_it_was_written(value: int) -> None:
    encoded = encode_varint(value)
    assert varint(encoded, 0, len(encoded)) == (value, len(encoded))


def test_fields_are_found_where_they_lie() -> None:
    data = encode_field(3, b"abc") + b"\x08\x96\x01" + b"\x15\0\0\0\0"
    assert list(fields(data, 0, len(data))) == [
        (3, BYTES, 0, 2, 5),
        (1, 0, 5, 6, 8),
        (2, 5, 8, 9, 13),
    ]


@pytest.mark.parametrize("data", [b"\x0a\x05ab", b"\x08\x80", b"\x0a", b"\x15\0\0"])
def test_a_field_beyond_the_end_is_cut_short(data: bytes) -> None:
    with pytest.raises(CutShortError):
        list(fields(data, 0, len(data)))


@pytest.mark.parametrize("data", [b"\x0b", b"\x0f\x00", b"\x02\x00", b"\x08" + b"\xff" * 12])
def test_what_is_no_field_is_said_so(data: bytes) -> None:
    with pytest.raises(WireError):
        list(fields(data, 0, len(data)))


@st.composite
def tensors(draw: Any) -> onnx.TensorProto:
    shape = tuple(draw(st.lists(st.integers(0, 12), max_size=3)))
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(draw(_DTYPES))
    name = draw(_NAMES)
    if draw(st.booleans()):
        return numpy_helper.from_array(array, name)
    return helper.make_tensor(
        name, helper.np_dtype_to_tensor_dtype(array.dtype), shape, array.reshape(-1).tolist()
    )


@st.composite
def graphs(draw: Any, depth: int = 2) -> onnx.GraphProto:
    nodes = []
    for _ in range(draw(st.integers(0, 4))):
        node = helper.make_node(
            draw(st.sampled_from(["Add", "Constant", "If", "Custom"])),
            draw(st.lists(_NAMES, max_size=3)),
            draw(st.lists(_NAMES, max_size=2)),
            name=draw(_NAMES),
            domain=draw(st.sampled_from(["", "com.example"])),
        )
        if draw(st.booleans()):
            node.attribute.append(
                helper.make_attribute("ints", draw(st.lists(st.integers(-9, 9), min_size=1)))
            )
        if draw(st.booleans()):
            node.attribute.append(helper.make_attribute("value", draw(tensors())))
        if depth and draw(st.booleans()):
            node.attribute.append(helper.make_attribute("body", draw(graphs(depth - 1))))
        nodes.append(node)
    initializers = draw(st.lists(tensors(), max_size=3))
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, None])
    return helper.make_graph(nodes, draw(_NAMES), [value], [], initializers)


def _same_tensor(ours: Tensor, theirs: onnx.TensorProto) -> None:
    array = numpy_helper.to_array(theirs)
    assert ours.name == theirs.name
    assert ours.dtype == str(array.dtype)
    assert ours.shape == array.shape
    assert ours.bytes == array.nbytes
    if ours.values is not None:
        assert list(ours.values) == array.reshape(-1).tolist()


def _same_node(ours: Node, theirs: onnx.NodeProto) -> None:
    assert (ours.name, ours.op_type, ours.domain) == (theirs.name, theirs.op_type, theirs.domain)
    assert (list(ours.inputs), list(ours.outputs)) == (list(theirs.input), list(theirs.output))
    assert len(ours.attributes) == len(theirs.attribute)
    for mine, proto in zip(ours.attributes, theirs.attribute, strict=True):
        assert mine.name == proto.name
        if isinstance(mine.value, Graph):
            _same_graph(mine.value, proto.g)
        elif isinstance(mine.value, Tensor):
            _same_tensor(mine.value, proto.t)
        else:
            assert mine.value == tuple(proto.ints)


def _same_graph(ours: Graph, theirs: onnx.GraphProto) -> None:
    assert ours.name == theirs.name
    for node, proto in zip(ours.nodes, theirs.node, strict=True):
        _same_node(node, proto)
    for tensor, stored in zip(ours.initializers, theirs.initializer, strict=True):
        _same_tensor(tensor, stored)
    assert [value.shape for value in ours.inputs] == [("n", 3, None)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_the_structure_equals_what_onnx_decodes(
    tmp_path_factory: pytest.TempPathFactory, graph: onnx.GraphProto
) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path: Path = tmp_path_factory.mktemp("wire") / "model.onnx"
    path.write_bytes(model.SerializeToString())
    _same_graph(read_onnx(path).graph, onnx.load(path).graph)
