"""`compare --layers` through the real worker: as text and as JSON, and what Cancel leaves."""

import numpy as np
import pytest

from inspector.core import wire
from inspector.core.layers import Localisation
from inspector.core.sources import DataSource, ModelSource
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import PARTIAL_LAYERS, LocaliseRequest

pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def digits(samples):
    return samples / "digits"


@pytest.fixture(scope="module")
def altered(program, reference, digits):
    """The altered digits, searched once, as JSON."""
    return program(
        "compare", *reference, digits / "digits_altered.onnx", "--data", digits / "samples.npz",
        "--layers", "--json",
    )  # fmt: skip


def test_the_altered_layer_of_the_sample_is_named(altered):
    assert altered.code == 1, altered.error
    plain = altered.json
    assert plain["verdict"] == "FAIL"
    assert plain["first_divergence"] == plain["localisation"]["birthplace"] == "fc1"
    assert plain["localisation"]["sentence"] == (
        "The error is born in fc1. The 7 layers before it agree; all 3 layers from there on do not."
    )
    layers = {layer["name"]: layer for layer in plain["layers"]}
    born = layers["fc1"]
    assert {"module", "value", "node", "scaled_error", "status", "local_error", "op_type",
            "source", "rule", "allowed", "samples"} <= set(born)  # fmt: skip
    assert (born["module"], born["op_type"], born["status"]) == ("fc1", "Gemm", "differs")
    assert born["local_error"] > 100 * born["allowed"]
    assert born["source"].startswith("digits_net.py, line")
    assert layers["conv1"]["status"] == "merged"
    assert layers["conv1"]["note"] == "merged into bn1 (FuseBatchNormIntoConv)"
    assert layers["fc2"]["local_error"] < layers["fc2"]["allowed"]
    assert plain["blame"]["at_fault"] == "file"
    assert len(plain["blame"]["trials"]) == 10


def test_no_file_of_the_job_and_no_folder_is_named(altered, tmp_path):
    inside = altered.json["localisation"]
    assert not [name for name in inside if name.endswith("_file")]
    assert "Values inside the model" not in str(altered.json["not_checked"])
    assert str(tmp_path.parent) not in altered.output


def test_the_text_has_a_table_and_a_sentence(command, digits):
    outcome = command(
        "compare", digits / "digits.onnx", digits / "digits_altered.onnx",
        "--data", digits / "samples.npz", "--layers",
    )  # fmt: skip
    assert outcome.code == 1
    _, _, layers = outcome.output.partition("\nLayers\n")
    assert "The error is born in fc1." in layers
    (line,) = [line for line in layers.splitlines() if line.startswith("  >")]
    assert line.split()[1:4] == ["fc1", "Gemm", "differs"]
    (row,) = [line for line in layers.splitlines() if line.startswith("  the file ")]
    assert row.count("differs") == 3
    assert "optimiser off" in layers


def test_what_cannot_be_looked_into_leaves_the_comparison_standing(command, digits, tmp_path):
    outcome = command(
        "compare", digits / "digits.onnx", digits / "digits.onnx", "--data",
        digits / "samples.npz", "--limit", "2", "--layers", "--json",
    )  # fmt: skip
    assert outcome.code == 0
    assert outcome.json["localisation"]["birthplace"] is None
    logits = np.zeros((2, 10), np.float32)
    np.savez(tmp_path / "recorded.npz", logits=logits)
    outcome = command(
        "compare", tmp_path / "recorded.npz", digits / "digits.onnx", "--data",
        digits / "samples.npz", "--limit", "2", "--layers", "--json",
    )  # fmt: skip
    assert outcome.code == 1
    assert "Recorded outputs" in outcome.json["layers_failure"]["sentence"]
    assert outcome.json["layers"] == []


def test_a_search_that_is_cut_short_leaves_what_was_measured(digits, samples):
    class EnoughError(Exception):
        """Stop here."""

    def listen(event):
        if event.kind == "layers":
            raise EnoughError

    asked = LocaliseRequest(
        ModelSource(str(digits / "digits.onnx")),
        ModelSource(str(digits / "digits_altered.onnx")),
        DataSource(paths=(str(digits / "samples.npz"),)),
    )
    with WorkerClient() as worker:
        with pytest.raises(EnoughError):
            worker.run("localise", asked, listen)
        assert worker.job is not None
        found = wire.load(worker.job / PARTIAL_LAYERS, Localisation)
    assert not found.complete
    assert found.birthplace is not None
    assert found.layers[found.birthplace].name == "fc1"
