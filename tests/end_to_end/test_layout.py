"""Comparisons of files whose axes are in different orders."""

from __future__ import annotations

import onnx
import pytest
from onnx import TensorProto, helper

pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Softmax over the channels: channels first, and channels last."""
    folder = tmp_path_factory.mktemp("models")
    paths = []
    orders: list[tuple[str, int, list[str | int]]] = [
        ("first", 1, ["n", 3, 4, 5]),
        ("last", 3, ["n", 4, 5, 3]),
    ]
    for name, axis, shape in orders:
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
        node = helper.make_node("Softmax", ["x"], ["y"], axis=axis)
        graph = helper.make_graph([node], "g", [x], [y])
        opset = [helper.make_opsetid("", 18)]
        paths.append(folder / f"{name}.onnx")
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), paths[-1])
    return paths


def test_channels_last_against_channels_first(program, models):
    command = ("compare", *models, "--random", "4", "--accept-generated", "--json")
    done = program(*command, "--layout", "x=NHWC", "--layout", "y=NHWC")
    assert done.code == 0, done.output
    assert "'x' of the candidate: axes in the order 0, 2, 3, 1" in done.json["data"]["casts"]
    assert any("other order" in one or "another order" in one for one in done.json["not_checked"])
    wrong = program(*command, "--layout", "x=NHWC", "--layout", "y=0,3,2,1")
    assert wrong.code == 1, wrong.output
    assert "axes" in program(*command, "--layout", "x=NLC").failure["sentence"]


def test_an_output_in_another_order_is_named_as_the_cause(program, models, tmp_path):
    model = onnx.load(models[0])
    model.graph.node[0].output[0] = "s"
    model.graph.node.append(helper.make_node("Transpose", ["s"], ["y"], perm=[0, 2, 3, 1]))
    shape: list[str | int] = ["n", 4, 5, 3]
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, shape))
    turned = tmp_path / "turned.onnx"
    onnx.save(model, turned)
    command = ("compare", models[0], turned, "--random", "4", "--accept-generated", "--json")
    done = program(*command)
    assert done.code == 1, done.output
    (finding,) = (one for one in done.json["findings"] if one["rule"] == "other-layout")
    assert "in the order 0, 3, 1, 2 the candidate's output 'y' agrees" in finding["sentence"]
    assert "--layout y=0,2,3,1" in finding["mend"]
    assert program(*command, "--layout", "y=0,2,3,1").code == 0
