"""Other sizes and execution providers through the command line, the real worker, and the report."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")


def test_all_execution_providers_stand_in_json_and_in_the_report(
    command, reference, samples, tmp_path
):
    digits, report = samples / "digits", tmp_path / "report.html"
    outcome = command(
        "compare", *reference, digits / "digits.onnx", "--data", digits / "samples.npz",
        "--providers", "all", "--threads", "1", "--report", report, "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.error
    found = outcome.json["providers"]
    names = [one["name"] for one in found["measured"]]
    assert names[:2] == ["reference (PyTorch)", "CPUExecutionProvider"]
    assert all(one["latency"]["median"] > 0 for one in found["measured"])
    assert {pair["verdict"] for pair in found["against"]} == {"PASS"}
    assert "may use 1 thread" in found["conditions"]
    page = report.read_text(encoding="utf-8")
    assert '<td class="break">CPU</td>' in page
    assert "Other sizes" in page


def test_execution_providers_are_printed(command, samples):
    digits = samples / "digits" / "digits.onnx"
    outcome = command("compare", digits, digits, "--random", "4", "--providers", "cpu")
    lines = outcome.output.splitlines()
    start = lines.index("Execution providers")
    assert "median" in lines[start + 1]
    assert any(line.split()[:2] == ["CPUExecutionProvider", "CPU"] for line in lines[start:])
    refused = command("compare", digits, digits, "--random", "4", "--providers", "cpu,none")
    assert refused.code == 2
    assert "'none' is not available" in refused.error


def test_a_batch_that_is_fixed_inside_fails_and_is_reported(command, tmp_path):
    helper = onnx.helper
    shape = onnx.numpy_helper.from_array(np.array([2, 2, 2]), "shape")
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"], name="fixed")], "graph",
        [helper.make_tensor_value_info("x", 1, ["batch", 4])],
        [helper.make_tensor_value_info("y", 1, ["batch", 2, 2])], [shape],
    )  # fmt: skip
    paths = []
    for name, sizes in (("open.onnx", [-1, 2, 2]), ("fixed.onnx", [2, 2, 2])):
        graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(np.array(sizes), "shape"))
        opsets = [helper.make_opsetid("", 18)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        paths.append(tmp_path / name)
        paths[-1].write_bytes(model.SerializeToString())
    np.save(tmp_path / "x.npy", np.random.default_rng(0).standard_normal((6, 4), np.float32))
    outcome = command("compare", *paths, "--data", tmp_path / "x.npy", "--json")
    assert outcome.code == 1, outcome.error
    stopped = [t for t in outcome.json["trials"] if t["outcome"] == "candidate stopped"]
    assert {trial["sizes"]["batch"] for trial in stopped} == {6, 1, 3}
    assert all(output["verdict"] == "PASS" for output in outcome.json["outputs"])
    left_out = command("compare", *paths, "--data", tmp_path / "x.npy", "--no-sizes")
    assert left_out.code == 2
    assert "Reshape" in left_out.error
