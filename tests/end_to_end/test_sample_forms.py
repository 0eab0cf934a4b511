"""Comparisons on a table, on a folder of pictures, and with outputs that a person paired."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Write a model that gives sigmoid and tanh of its input, under the names given."""
    folder = tmp_path_factory.mktemp("models")

    def write(shape, outputs=("s", "t")):
        nodes = [
            helper.make_node(op, ["x"], [name])
            for op, name in zip(("Sigmoid", "Tanh"), outputs, strict=True)
        ]
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        given = [helper.make_tensor_value_info(o, TensorProto.FLOAT, shape) for o in outputs]
        graph = helper.make_graph(nodes, "g", [x], given)
        opset = [helper.make_opsetid("", 18)]
        path = folder / f"{'-'.join(outputs)}-{len(shape)}.onnx"
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), path)
        return path

    return write


def test_a_table(program, make, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("x0,x1,x2\n0.1,0.2,3\n-0.4,0.5,6\n", encoding="utf-8")
    model = make(["batch", 3])
    done = program("compare", model, model, "--data", table, "--json")
    assert (done.code, done.json["data"]["samples"]) == (0, 2), done.output
    assert done.json["data"]["real"]


def test_a_folder_of_pictures(program, make, tmp_path):
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (10, 12, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    model = make(["batch", 3, 8, 8])
    command = ("compare", model, model, "--data", tmp_path, "--json")
    done = program(*command, "--images", "imagenet,resize=9,crop=8")
    assert (done.code, done.json["data"]["samples"]) == (0, 3), done.output
    assert program(*command).failure["hint"]


def test_outputs_that_a_person_paired(program, make):
    models = make(["batch", 3]), make(["batch", 3], ("t", "s"))
    command = ("compare", *models, "--random", "4", "--accept-generated", "--json")
    assert program(*command).code == 1
    done = program(*command, "--pair-output", "s=t")
    assert done.code == 0, done.output
    assert {"reference": "s", "candidate": "t", "by": "chosen"} in done.json["pairing"]
    told = program(*command[:-1], "--pair-output", "s=t")
    assert "'s' with 't' of the candidate, as chosen" in told.output


def test_edge_cases_are_named(program, make):
    model = make(["batch", 3])
    done = program("compare", model, model, "--kind", "edges", "--json")
    assert done.code == 3
    assert "0 zeros, 1 ones, 2 largest" in done.json["data"]["source"]
