"""A real library of custom operators, where onnxruntime-extensions is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.jobs import confinement

onnx = pytest.importorskip("onnx")
FOUND = find_spec("onnxruntime_extensions")
pytestmark = pytest.mark.skipif(FOUND is None, reason="onnxruntime-extensions is not installed")

Command = Callable[..., Any]


@pytest.fixture
def library() -> Path:
    """Its shared library; the package itself is not imported."""
    assert FOUND is not None
    assert FOUND.origin is not None
    places = Path(FOUND.origin).parent.glob("_extensions*")
    return next(path for path in places if path.suffix in (".so", ".pyd", ".dylib"))


def write(path: Path, kind: int, *nodes: Any) -> Path:
    """A model from `x` to `y` that may use the operators of the library."""
    helper = onnx.helper
    ends = [helper.make_tensor_value_info(name, kind, ["n"]) for name in ("x", "y")]
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.contrib", 1)]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:])
    made = helper.make_model(graph, opset_imports=imports, ir_version=10)
    path.write_bytes(made.SerializeToString())
    return path


def test_a_custom_operator_runs_by_consent_inside_the_confinement(
    command: Command, library: Path, tmp_path: Path
) -> None:
    make = onnx.helper.make_node
    number, text = onnx.TensorProto.FLOAT, onnx.TensorProto.STRING
    apart = make("NegPos", ["x"], ["a", "b"], domain="ai.onnx.contrib")
    custom = write(tmp_path / "custom.onnx", number, apart, make("Add", ["a", "b"], ["y"]))
    plain = write(tmp_path / "plain.onnx", number, make("Identity", ["x"], ["y"]))
    asked = ("compare", plain, custom, "--random", 40, "--accept-generated", "--json")
    lacking = command(*asked).failure
    assert "ai.onnx.contrib:NegPos" in lacking["sentence"]
    assert "--custom-ops" in lacking["hint"]
    more = (*asked, "--custom-ops", library)
    assert "would be executed as soon as it is loaded" in command(*more).failure["sentence"]
    outcome = command(*more, "--trust")
    assert (outcome.code, outcome.json["outputs"][0]["equal"]) == (0, 40), outcome.output
    assert set(outcome.json["protection"]["active"]) >= set(confinement.expected().active)

    upper = write(
        tmp_path / "upper.onnx", text, make("StringUpper", ["x"], ["y"], domain="ai.onnx.contrib")
    )
    np.save(tmp_path / "x.npy", np.array(["onnx", "Äpfel"]))
    np.savez(tmp_path / "recorded.npz", y=np.array(["ONNX", "ÄPFEL"]))
    outcome = command(
        "compare", tmp_path / "recorded.npz", upper, "--data", tmp_path / "x.npy",
        "--custom-ops", library, "--trust", "--json",
    )  # fmt: skip
    assert outcome.json["outputs"][0]["elements"] == 2, outcome.output
