"""A checkpoint held against an ONNX file that was made from other weights."""

import pytest

onnx = pytest.importorskip("onnx")


def test_other_weights_are_named_first(program, reference, samples):
    digits = samples / "digits"
    outcome = program(
        "compare", *reference, digits / "digits_altered.onnx",
        "--data", digits / "samples.npz", "--json",
    )  # fmt: skip
    assert outcome.json["verdict"] == "FAIL"
    first = outcome.json["findings"][0]
    assert first["rule"] == "other-weights"
    assert first["where"]


def test_the_same_weights_are_not_remarked_on(program, reference, samples):
    digits = samples / "digits"
    outcome = program(
        "compare", *reference, digits / "digits_training_mode.onnx",
        "--data", digits / "samples.npz", "--json",
    )  # fmt: skip
    assert "other-weights" not in [one["rule"] for one in outcome.json["findings"]]
