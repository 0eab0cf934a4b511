"""Tables of a file as CSV."""

import csv

import numpy as np
import pytest
import torch
from onnx import helper

from inspector.core.failures import InspectorError
from inspector.formats.registry import open_file
from inspector.formats.tables import write_table


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def model(save_model):
    inner = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["t"], "=inner")],
        "branch",
        [],
        [helper.make_tensor_value_info("t", 1, None)],
    )
    nodes = [
        helper.make_node("If", ["c"], ["i"], "if", then_branch=inner, else_branch=inner),
        helper.make_node("Softmax", ["x"], ["out"], "s", axis=1),
    ]
    return open_file(save_model(nodes, {"c": np.array(True), "w": np.ones((9, 9), np.float32)}))


def test_every_node_is_a_row_nested_ones_too(model, tmp_path):
    assert write_table(model, "nodes", tmp_path / "n.csv") == 4
    rows = read(tmp_path / "n.csv")
    assert [row["name"] for row in rows] == ["if", "s", "'=inner", "'=inner"]
    assert rows[1]["attributes"] == "axis=1"
    assert rows[1]["dtype"] == "float32"
    assert rows[2]["graph"] == "branch"


def test_every_tensor_is_a_row_with_its_place(model, tmp_path):
    assert write_table(model, "tensors", tmp_path / "t.csv") == 2
    row = read(tmp_path / "t.csv")[1]
    assert (row["name"], row["shape"], row["bytes"]) == ("w", "[9, 9]", "324")
    assert (row["file"], row["length"]) == ("model.onnx", "324")


def test_a_checkpoint_has_tensors_and_no_nodes(tmp_path):
    torch.save({"w": torch.zeros(3)}, tmp_path / "c.pt")
    found = open_file(tmp_path / "c.pt")
    assert write_table(found, "tensors", tmp_path / "t.csv") == 1
    with pytest.raises(InspectorError, match="no nodes"):
        write_table(found, "nodes", tmp_path / "n.csv")
