"""Each rule fires where it should, and stays silent where it should not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from inspector.core.checkpoint_rules import CHECKPOINT_RULES
from inspector.core.finding import SEVERITIES, explanation, name
from inspector.core.findings import RULES, check_checkpoint, check_model, random_nodes
from inspector.core.model import (
    Attribute,
    Checkpoint,
    ExternalFile,
    Function,
    Graph,
    Import,
    Model,
    Module,
    Node,
    OpsetImport,
    Tensor,
    Value,
)
from inspector.core.runtime_limits import installed_limits


def _node(op_type: str, *inputs: str, outputs: tuple[str, ...] = ("out",), **rest: object) -> Node:
    domain = str(rest.pop("domain", ""))
    metadata = rest.pop("metadata", ())
    doc = str(rest.pop("doc", ""))
    attributes = tuple(Attribute(key, "INT", value) for key, value in rest.items())  # type: ignore[arg-type]
    return Node(f"my_{op_type}", op_type, domain, inputs, outputs, attributes, metadata, doc=doc)  # type: ignore[arg-type]


def _model(
    *nodes: Node,
    opset: int = 18,
    initializers: tuple[Tensor, ...] = (),
    inputs: tuple[Value, ...] = (Value("x", "float32", ("batch", 4)),),
    outputs: tuple[Value, ...] = (Value("out", "float32", ("batch", 4)),),
) -> Model:
    graph = Graph("main", inputs, outputs, nodes, initializers)
    imports = (OpsetImport("ai.onnx", opset),)
    return Model("m.onnx", 9, 10, "tests", "1", "", 0, "", imports, (), graph, (), ())


def _rules(model: Model) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in check_model(model)}


def _scalar(key: str, value: float | bool) -> Tensor:
    return Tensor(key, "bool", (), 1, None, (value,))


def test_a_plain_model_has_no_findings() -> None:
    assert check_model(_model(_node("Relu", "x"))) == ()


@pytest.mark.parametrize("rule", [*RULES, *CHECKPOINT_RULES], ids=lambda rule: name(rule))
def test_every_rule_has_a_name_and_explains_itself(rule: object) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name(rule))  # type: ignore[arg-type]
    text = explanation(rule)  # type: ignore[arg-type]
    assert text.endswith(".")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("opset", "initializers", "attributes", "active"),
    [
        (18, (_scalar("r", 0.5), _scalar("t", True)), {}, True),
        (18, (_scalar("r", 0.5), _scalar("t", False)), {}, False),
        (18, (_scalar("r", 0.0), _scalar("t", True)), {}, False),
        (18, (), {}, False),
        (10, (), {}, False),
        (6, (), {}, True),
        (6, (), {"is_test": 1}, False),
    ],
)
def test_dropout_counts_only_where_it_is_active(
    opset: int, initializers: tuple[Tensor, ...], attributes: dict[str, int], active: bool
) -> None:
    node = _node("Dropout", "x", *[t.name for t in initializers])
    node = node._replace(attributes=tuple(Attribute(k, "INT", v) for k, v in attributes.items()))
    model = _model(node, opset=opset, initializers=initializers)
    assert ("training-mode" in _rules(model)) is active
    assert random_nodes(model) == (("my_Dropout",) if active else ())


def test_a_training_flag_in_a_constant_node_is_seen() -> None:
    flag = Node("", "Constant", "", (), ("t",), (Attribute("value", "TENSOR", _scalar("", True)),))
    model = _model(flag, _node("Dropout", "x", "", "t"))
    assert _rules(model)["training-mode"] == "must"


def test_dropout_inside_a_subgraph_sees_constants_outside() -> None:
    inner = Graph("inner", (), (), (_node("Dropout", "x", "", "t"),), ())
    branch = Node("if", "If", "", ("x",), ("out",), (Attribute("then_branch", "GRAPH", inner),))
    assert random_nodes(_model(branch, initializers=(_scalar("t", True),))) == ("my_Dropout",)


def test_dropout_inside_a_function_goes_by_the_functions_opset() -> None:
    body = (_node("Dropout", "a", outputs=("b",)),)
    function = Function("com.x", "F", ("a",), ("b",), body, (OpsetImport("ai.onnx", 6),))
    model = replace(_model(_node("F", "x", domain="com.x")), functions=(function,))
    assert random_nodes(model) == ("my_Dropout",)


def test_batch_statistics_are_remarked_but_not_called_random() -> None:
    new = _model(_node("BatchNormalization", "x", training_mode=1))
    old = _model(_node("BatchNormalization", "x", outputs=("out", "m", "v")), opset=13)
    for model in (new, old):
        assert _rules(model) == {"batch-statistics": "should"}
        assert random_nodes(model) == ()
    assert _rules(_model(_node("BatchNormalization", "x", training_mode=0))) == {}
    assert _rules(_model(_node("BatchNormalization", "x", outputs=("out", "", "")), opset=13)) == {}


@pytest.mark.parametrize(
    "op_type", ["RandomNormal", "RandomUniformLike", "Bernoulli", "Multinomial"]
)
def test_random_numbers_that_reach_an_output_are_found(op_type: str) -> None:
    model = _model(_node(op_type, "x", outputs=("noise",)), _node("Add", "x", "noise"))
    assert _rules(model) == {"random-operators": "must"}
    assert random_nodes(model) == (f"my_{op_type}",)


def test_random_numbers_that_nobody_uses_raise_no_alarm() -> None:
    unused = _model(_node("RandomNormalLike", "x", outputs=("noise",)), _node("Relu", "x"))
    assert random_nodes(unused) == ()
    only_size = _model(
        _node("RandomNormalLike", "x", outputs=("noise",)),
        _node("Shape", "noise", outputs=("size",)),
        _node("Reshape", "x", "size"),
    )
    assert random_nodes(only_size) == ()
    custom = _model(_node("RandomNormal", "x", domain="com.x"))
    assert random_nodes(custom) == ()


def test_a_fixed_batch_is_remarked_with_input_and_axis() -> None:
    model = _model(_node("Relu", "x"), inputs=(Value("x", "float32", (1, 3)),))
    (finding,) = check_model(model)
    assert (finding.rule, finding.severity, finding.where) == ("fixed-batch", "should", ("x",))
    assert "'x' axis 0 is 1" in finding.sentence


@pytest.mark.parametrize(
    "inputs",
    [
        (Value("x", "float32", ()),),
        (Value("x", "float32", (3,)),),
        (Value("x", "float32", None),),
        (Value("x", "float32", (None, 3)),),
        (Value("x", "float32", (-1, 3)),),
        (Value("x", "float32", ("n", 3)), Value("state", "float32", (2, 1, 64))),
    ],
)
def test_a_batch_that_is_free_or_not_there_raises_no_alarm(inputs: tuple[Value, ...]) -> None:
    assert "fixed-batch" not in _rules(_model(_node("Relu", "x"), inputs=inputs))


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (ExternalFile("w.data", 2, 100, exists=False), "missing-external-data"),
        (ExternalFile("w.data", 2, 100, exists=True, size=50), "short-external-data"),
        (ExternalFile("../w", 2, 100, exists=False, outside=True), "outside-external-data"),
    ],
)
def test_weights_beside_the_model_must_be_there_and_whole(file: ExternalFile, rule: str) -> None:
    model = replace(_model(_node("Relu", "x")), external_files=(file,))
    assert _rules(model) == {rule: "must"}
    whole = ExternalFile("w.data", 2, 100, exists=True, size=100)
    assert _rules(replace(model, external_files=(whole,))) == {}


def test_versions_beyond_the_runtime_are_remarked() -> None:
    newer = check_model(_model(_node("Relu", "x"), opset=27))
    assert f"{installed_limits().runtime} reads up to" in newer[0].sentence
    assert _rules(_model(_node("Relu", "x"), opset=27)) == {"too-new": "must"}
    assert _rules(replace(_model(_node("Relu", "x")), ir_version=14)) == {"too-new": "must"}
    assert _rules(_model(_node("Relu", "x"), opset=6)) == {"old-opset": "should"}
    assert _rules(_model(_node("Relu", "x"), opset=9)) == {"old-opset": "note"}
    assert _rules(_model(_node("Relu", "x"), opset=26)) == {}


def test_operators_outside_the_standard_are_remarked() -> None:
    custom = _model(_node("Magic", "x", domain="com.acme"))
    assert _rules(custom) == {"missing-opset": "must", "custom-operators": "should"}
    stated = (OpsetImport("ai.onnx", 18), OpsetImport("com.acme", 1))
    assert _rules(replace(custom, opset_imports=stated)) == {"custom-operators": "should"}
    own = Function("com.acme", "Magic", ("a",), ("b",), (), ())
    assert _rules(replace(custom, opset_imports=stated, functions=(own,))) == {}
    runtime = _model(_node("FusedConv", "x", domain="com.microsoft"))
    stated = (OpsetImport("ai.onnx", 18), OpsetImport("com.microsoft", 1))
    assert _rules(replace(runtime, opset_imports=stated)) == {"custom-operators": "note"}
    learning = _model(_node("Scaler", "x", domain="ai.onnx.ml"))
    stated = (OpsetImport("ai.onnx", 18), OpsetImport("ai.onnx.ml", 3))
    assert _rules(replace(learning, opset_imports=stated)) == {}


@pytest.mark.parametrize(
    "text",
    [
        'File "/home/me/net.py", line 3, in forward',
        "C:\\Users\\me\\net.py(443): forward",
        "/Users/me/project/net.py(3): forward",
        "saved to /tmp/run/model.pt",
    ],
)
def test_local_paths_are_found_in_metadata_and_documentation(text: str) -> None:
    in_metadata = _model(_node("Relu", "x", metadata=(("trace", text),)))
    in_doc = _model(_node("Relu", "x", doc=text))
    in_model = replace(_model(_node("Relu", "x")), metadata=(("from", text),))
    for model in (in_metadata, in_doc, in_model):
        assert _rules(model) == {"local-paths": "note"}


@pytest.mark.parametrize(
    "text", ["/layer1/conv1/Conv", "https://example.org/home/x", "a/b", ": a.Net/layer.0: b.Linear"]
)
def test_names_that_are_no_paths_raise_no_alarm(text: str) -> None:
    assert _rules(_model(_node("Relu", "x", metadata=(("scope", text),)))) == {}


def test_smaller_remarks() -> None:
    numbered = _model(
        _node("Relu", "x", outputs=("387",)), outputs=(Value("387", "float32", ("n", 4)),)
    )
    assert _rules(numbered) == {"unnamed-values": "note"}
    weight = Tensor("w", "float32", (4,), 16)
    both = _model(
        _node("Add", "x", "w"),
        initializers=(weight,),
        inputs=(Value("x", "float32", ("n", 4)), Value("w", "float32", (4,))),
    )
    assert _rules(both) == {"weights-as-inputs": "note"}
    double = _model(_node("Conv", "x", "w"), initializers=(weight._replace(dtype="float64"),))
    assert _rules(double) == {"missing-kernels": "note"}
    half = _model(_node("Add", "x", "w"), initializers=(weight._replace(dtype="bfloat16"),))
    assert _rules(half) == {"missing-kernels": "note"}
    wide = _model(_node("Relu", "x"), outputs=(Value("out", "float64", ("n", 4)),))
    assert _rules(wide) == {"float64-outputs": "note"}


def test_the_worst_findings_come_first() -> None:
    model = _model(
        _node("RandomNormal", outputs=("out",)),
        opset=9,
        inputs=(Value("x", "float32", (1, 4)),),
    )
    found = [finding.severity for finding in check_model(model)]
    assert found == sorted(found, key=SEVERITIES.index)
    assert found[0] == "must"
    assert len(found) == 4


def _checkpoint(**changes: object) -> Checkpoint:
    plain = Checkpoint("a.pt", 9, "whole-module", "zip", (), (), (), None)
    return replace(plain, **changes)  # type: ignore[arg-type]


def _checkpoint_rules(checkpoint: Checkpoint) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in check_checkpoint(checkpoint)}


def test_training_modules_are_counted() -> None:
    modules = (Module("", "a.Net", True), Module("drop", "torch.nn.modules.dropout.Dropout", True))
    (finding,) = check_checkpoint(_checkpoint(modules=modules, training=True))
    assert (finding.rule, finding.severity) == ("saved-in-training-mode", "should")
    assert "2 modules of 2" in finding.sentence
    assert finding.where == ("(root)", "drop")


def test_one_training_module_under_a_finished_root_is_remarked_by_what_it_is() -> None:
    root = Module("", "a.Net", False)
    drop = Module("drop", "torch.nn.modules.dropout.Dropout", True)
    relu = Module("relu", "torch.nn.modules.activation.ReLU", True)
    quantised = Module("q", "torch.ao.nn.quantized.dynamic.modules.linear.Linear", True)
    rule = "saved-in-training-mode"
    assert _checkpoint_rules(_checkpoint(modules=(root, drop), training=False)) == {rule: "should"}
    assert _checkpoint_rules(_checkpoint(modules=(root, relu), training=False)) == {rule: "note"}
    assert _checkpoint_rules(_checkpoint(modules=(root, quantised), training=False)) == {}


def test_dangerous_imports_must_be_looked_at() -> None:
    danger = Import("os.system", 1, "dangerous", "runs a shell command: 'id'")
    (finding,) = check_checkpoint(_checkpoint(imports=(danger,)))
    assert (finding.rule, finding.severity) == ("dangerous-imports", "must")
    assert "'os.system' runs a shell command: 'id'" in finding.sentence


def test_classes_without_source_are_named_once() -> None:
    imports = (Import("nets.Net", 1, "unknown", ""), Import("yaml.Node", 1, "unknown", ""))
    modules = (Module("", "nets.Net", False),)
    found = {
        f.rule: f.where for f in check_checkpoint(_checkpoint(imports=imports, modules=modules))
    }
    assert found == {"needs-source": ("nets.Net",), "unknown-imports": ("yaml.Node",)}


@pytest.mark.parametrize(
    ("code", "training"),
    [
        ("_0 = torch.dropout(input, 0.5, True)", True),
        ("_0 = torch.dropout(input, 0.5, False)", False),
        ("_0 = torch.feature_dropout(x, 0.2, True)", True),
        ("o = torch.batch_norm(x, weight, bias, mean, var, True, 0.1, 1e-05, True)", True),
        ("o = torch.batch_norm(x, weight, bias, mean, var, False, 0.1, 1e-05, True)", False),
        ("_0 = torch.dropout(input, 0.5, self.training)", False),
    ],
)
def test_programs_traced_in_training_mode_are_found_by_their_code(
    code: str, training: bool
) -> None:
    checkpoint = _checkpoint(form="torchscript", source=(("code/net.py", code),))
    assert ("traced-in-training-mode" in _checkpoint_rules(checkpoint)) is training


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ("state-dict", "no-module"),
        ("safetensors", "no-module"),
        ("optimizer", "not-a-model"),
        ("tensors", "not-a-model"),
        ("gguf", "not-run-here"),
        ("quantised-weights", "not-run-here"),
    ],
)
def test_each_form_says_what_to_do(form: str, rule: str) -> None:
    (finding,) = check_checkpoint(_checkpoint(form=form, next_step="Do this."))
    assert (finding.rule, finding.mend) == (rule, "Do this.")
