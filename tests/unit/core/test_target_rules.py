"""What stands in the way of running a file on another runtime."""

import pytest

from inspector.core.model import Graph, Model, Node, OpsetImport, Payload, Tensor, Value
from inspector.core.target_rules import CHECKS, check_target
from inspector.core.targets import TARGETS, target_named


def model(op_type="Relu", opset=18, ir_version=8, dtype="float32", domain="", shape=("n", 4)):
    values = (Value("x", dtype, shape),), (Value("y", dtype, shape),)
    node = Node("my_node", op_type, domain, ("x",), ("y",), ())
    graph = Graph("g", *values, (node,), (Tensor("w", dtype, (4,), 16, Payload("", 0, 16)),))
    imports = (OpsetImport("ai.onnx", opset),)
    return Model("m.onnx", 9, ir_version, "tests", "1", "", 0, "", imports, (), graph, (), ())


def found(one, key, lowest=0):
    target = target_named(key)
    assert target is not None
    return {finding.rule: finding for finding in check_target(one, target, lowest)}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.key)
def test_every_row_says_where_it_comes_from_and_when(target):
    assert target.source
    assert target.dated.startswith("20")
    assert target.key == target.key.lower()
    same = target_named(target.key.upper())
    assert same is not None
    assert same is target
    assert not target.only or target.otherwise
    for finding in check_target(model("Unique", 28, 14, "float64", "com.acme"), target):
        assert finding.sentence.endswith((".", "!"))
        assert f"Looked up {target.dated}" in finding.why


def test_keys_are_unique():
    assert len({target.key for target in TARGETS}) == len(TARGETS)
    assert target_named("toaster") is None


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.key)
def test_a_plain_file_runs_everywhere(target):
    severities = {finding.severity for finding in check_target(model(opset=17), target)}
    assert severities <= {"note"}


@pytest.mark.parametrize(
    ("key", "opset", "wrong"),
    [
        ("tensorrt-8.5", 17, False), ("tensorrt-8.5", 18, True), ("tensorrt", 8, True),
        ("onnxruntime", 26, False), ("onnxruntime", 27, True), ("openvino", 28, False),
    ],
)  # fmt: skip
def test_opsets(key, opset, wrong):
    assert ("target-opset" in found(model(opset=opset), key)) is wrong


def test_a_lower_opset_that_would_mean_the_same_is_named():
    assert "Convert a copy to opset 17" in found(model(), "tensorrt-8.5", 14)["target-opset"].mend
    assert "Export it" in found(model(), "tensorrt-8.5", 18)["target-opset"].mend


@pytest.mark.parametrize(("ir_version", "wrong"), [(8, False), (9, True)])
def test_ir_versions(ir_version, wrong):
    one = model(ir_version=ir_version)
    assert ("target-ir-version" in found(one, "onnxruntime-1.14")) is wrong


def test_operators_that_are_missing_or_run_elsewhere():
    assert found(model("Unique"), "tensorrt")["target-operators"].severity == "must"
    assert found(model("TopK"), "webgpu")["target-operators"].severity == "should"
    assert "target-operators" not in found(model("Relu"), "webgpu")
    assert "target-operators" not in found(model("Unique"), "onnxruntime")


def test_domains_of_others():
    assert "target-domains" in found(model("Gelu", domain="com.microsoft"), "tensorrt")
    assert "target-domains" not in found(model("Gelu", domain="com.microsoft"), "onnxruntime")


@pytest.mark.parametrize(
    ("key", "dtype", "severity"),
    [
        ("webgpu", "float64", "must"), ("webgpu", "int64", "note"), ("tensorrt", "float64", "note"),
        ("tensorrt", "int64", ""), ("tensorrt-8.5", "int64", "note"), ("webgpu", "float32", ""),
    ],
)  # fmt: skip
def test_dtypes(key, dtype, severity):
    one = found(model(dtype=dtype), key).get("target-dtypes")
    assert (one.severity if one else "") == severity


def test_open_dimensions_need_a_profile():
    assert "target-shapes" in found(model(), "tensorrt")
    assert "target-shapes" not in found(model(shape=(1, 4)), "tensorrt")
    assert "target-shapes" not in found(model(), "openvino")


def test_every_check_explains_itself():
    assert all(check.__doc__ and check.__doc__.strip().endswith(".") for check in CHECKS)
