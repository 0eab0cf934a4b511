"""The facts about a file in numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from inspector.core import wire
from inspector.core.inspection import Inspection, Totals
from inspector.formats.inspect import inspect
from inspector.formats.outline import load

SaveModel = Callable[..., Path]


def test_nested_nodes_functions_and_constants_are_counted(save_model: SaveModel) -> None:
    constant = helper.make_node(
        "Constant", [], ["c"], value=numpy_helper.from_array(np.ones((5, 6), np.float32))
    )
    number = helper.make_node("Constant", [], ["n"], value_ints=[1, 2, 3])
    inner = helper.make_graph([constant, number], "inner", [], [], [
        numpy_helper.from_array(np.ones(7, np.int64), "deep")
    ])  # fmt: skip
    body = helper.make_function(
        "com.example", "F", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])],
        [helper.make_opsetid("", 18)],
    )  # fmt: skip
    nodes = [
        helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner),
        helper.make_node("F", ["y"], ["out"], domain="com.example"),
    ]
    path = save_model(
        nodes, {"w": np.ones((3, 3), np.float32)}, inputs={"x": [1], "w": [3, 3]},
        domains={"com.example": 1}, functions=[body],
    )  # fmt: skip
    facts = inspect(path).onnx
    assert facts is not None
    assert (facts.nodes, facts.top_level_nodes) == (7, 2)
    assert (facts.subgraphs, facts.functions) == (2, 1)
    assert facts.op_types == {"Constant": 4, "If": 1, "F": 1, "Relu": 1}
    assert facts.initializers == Totals(3, 9 + 7 + 7, 36 + 56 + 56)
    assert facts.constants == Totals(4, 2 * (30 + 3), 2 * (120 + 24))
    assert [value.name for value in facts.inputs] == ["x"]
    assert facts.opset_imports == {"ai.onnx": 18, "com.example": 1}


def test_weights_used_many_times_count_once(save_model: SaveModel) -> None:
    nodes = [helper.make_node("Add", ["x", "w"], ["out"], name=f"n{i}") for i in range(5)]
    facts = inspect(save_model(nodes, {"w": np.ones(8, np.float32)})).onnx
    assert facts is not None
    assert facts.initializers == Totals(1, 8, 32)


def test_weights_at_one_place_of_a_file_count_once(tmp_path: Path) -> None:
    protos = []
    for name in ("a", "b"):
        proto = onnx.TensorProto(name=name, data_type=1, dims=[10])
        proto.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", "w"), ("offset", "0"), ("length", "40")):
            proto.external_data.add(key=key, value=value)
        protos.append(proto)
    graph = helper.make_graph([], "g", [], [], protos)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    facts = inspect(tmp_path / "m.onnx").onnx
    assert facts is not None
    assert facts.initializers == Totals(2, 10, 40)


def test_the_answer_travels_as_json(save_model: SaveModel, tmp_path: Path) -> None:
    path = save_model([helper.make_node("Relu", ["x"], ["out"])])
    found = inspect(path, digest=True, outline_dir=tmp_path / "outline")
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.outline is not None
    assert "Inputs" in load(Path(found.outline)).name
    assert wire.loads(wire.dumps(found), Inspection) == found


def test_a_name_that_promises_something_else_is_remarked(save_model: SaveModel) -> None:
    path = save_model([helper.make_node("Relu", ["x"], ["out"])], name="model.pt")
    assert inspect(path).what == (
        "model.pt is an ONNX model of 1 node. Its name ends in .pt, but it is an ONNX file."
    )
