"""Looking inside files from the command line: tensors, tables, two files beside each other."""

import csv
from pathlib import Path

import numpy as np
import pytest

SAMPLES = Path(__file__).resolve().parent.parent.parent / "resources" / "samples" / "digits"
MODEL, ALTERED = SAMPLES / "digits.onnx", SAMPLES / "digits_altered.onnx"


def test_a_tensor_is_described_and_written(command, tmp_path):
    output = tmp_path / "w.npy"
    found = command("inspect", MODEL, "--tensor", "fc1.weight", "--npy", output, "--json").json
    tensor, written = found["tensor"], np.load(output)
    assert (tensor["shape"], tensor["values"]) == ([64, 128], 8192)
    assert tensor["minimum"] == written.min()
    assert tensor["mean"] == pytest.approx(written.mean(dtype=np.float64))
    assert sum(tensor["histogram"]["counts"]) == 8192
    raw = MODEL.read_bytes()[tensor["offset"] : tensor["offset"] + tensor["length"]]
    assert written.tobytes() == raw
    text = command("inspect", MODEL, "--tensor", "fc1.weight").output
    assert "Std. deviation" in text
    assert "Histogram" in text


def test_a_wrong_name_is_explained(command):
    outcome = command("inspect", MODEL, "--tensor", "fc1.wieght")
    assert outcome.code == 2
    assert "'fc1.weight'" in outcome.error
    assert command("inspect", MODEL, "--npy", "x.npy").code == 2


@pytest.mark.parametrize(("table", "rows"), [("nodes", 10), ("tensors", 9)])
def test_tables_are_written(command, tmp_path, table, rows):
    output = tmp_path / "t.csv"
    assert command("inspect", MODEL, "--csv", table, output, "--json").json["rows"] == rows
    with output.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == rows


def test_a_place_that_cannot_be_written_to_is_explained(command, tmp_path):
    outcome = command("inspect", MODEL, "--csv", "nodes", tmp_path / "no" / "t.csv")
    assert outcome.code == 2
    assert "cannot be written" in outcome.error
    assert command("inspect", MODEL, "--csv", "edges", tmp_path / "t.csv").code == 2


def test_a_checkpoint_is_held_beside_its_onnx_file(command):
    found = command("inspect", SAMPLES / "digits.pt", "--against", MODEL, "--json").json["matching"]
    relations = {one["name"]: one["relation"] for one in found["matches"]}
    assert relations["fc1.weight"] == "same"
    assert relations["conv1.weight"] == "folded"
    assert relations["bn1.running_mean"] == "folded"
    text = command("inspect", MODEL, "--against", SAMPLES / "digits.pt").output
    assert "of the checkpoint are in the ONNX file by value" in text


def test_two_onnx_files_are_held_against_each_other(command):
    found = command("inspect", MODEL, "--against", ALTERED, "--json").json["difference"]
    assert found["counts"] == {"weight": {"changed": 2}}
    assert {one["name"] for one in found["changes"]} == {"fc1.weight", "fc1.bias"}
    assert "fc1.weight" in command("inspect", MODEL, "--against", ALTERED).output
    assert "the same in structure" in command("inspect", MODEL, "--against", MODEL).output
