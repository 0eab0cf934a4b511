"""All about one row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx.defs
import pytest
from onnx import helper

from inspector.core.inspection import Detail
from inspector.core.model import Checkpoint, Import, Module, Tensor
from inspector.formats.detail import describe
from inspector.formats.onnx import read_onnx
from inspector.formats.operators import SENTENCES, definition, first_sentence, formal_name
from inspector.formats.outline import build_outline, load, save

SaveModel = Callable[..., Path]


def _detail(path: Path, name: str) -> Detail:
    model = read_onnx(path)
    outline = build_outline(model)
    return describe(model, outline, outline.name.index(name))


def test_a_node_shows_names_types_makers_and_users(save_model: SaveModel) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="/stem/Conv", kernel_shape=[3, 3]),
        helper.make_node("Relu", ["c"], ["out"], name="/stem/Relu"),
    ]
    path = save_model(
        nodes, {"w": np.ones((8, 3, 3, 3), np.float32)}, inputs={"x": ["n", 3, 9, 9]},
        outputs={"out": ["n", 8, 7, 7]},
    )  # fmt: skip
    model = read_onnx(path)
    outline = build_outline(model)
    detail = describe(model, outline, outline.name.index("Conv"))
    assert (detail.title, detail.tag) == ("/stem/Conv", "Conv")
    assert "3 x 3 filters" in detail.sentence
    assert dict(detail.facts) == {
        "Domain": "ai.onnx", "Defined since": "opset 11", "Scope": "stem",
    }  # fmt: skip
    assert detail.attributes == (("kernel_shape", "ints", "[3, 3]"),)
    first, second = detail.inputs
    assert (first.formal, first.kind, first.links[0].text) == ("X", "input", "x")
    assert (second.formal, second.kind, second.value.shape) == ("W", "initializer", (8, 3, 3, 3))
    (made,) = detail.outputs
    assert made.links == (("/stem/Relu", outline.name.index("Relu")),)
    relu = describe(model, outline, made.links[0].row)
    assert relu.inputs[0].links[0].row == outline.name.index("Conv")
    assert relu.outputs[0].links == (("out", outline.name.index("out")),)


def test_omitted_and_repeated_inputs_have_names(save_model: SaveModel) -> None:
    nodes = [
        helper.make_node("Clip", ["x", "", "hi"], ["c"], name="clip"),
        helper.make_node("Concat", ["x", "c"], ["out"], name="join", axis=0),
    ]
    path = save_model(nodes, {"hi": np.array(6, np.float32)})
    clip = _detail(path, "clip")
    assert [(port.formal, port.kind) for port in clip.inputs] == [
        ("input", "input"), ("min", "omitted"), ("max", "initializer"),
    ]  # fmt: skip
    assert [port.formal for port in _detail(path, "join").inputs] == ["inputs 1", "inputs 2"]


def test_a_value_used_inside_a_subgraph_links_to_the_node_around_it(save_model: SaveModel) -> None:
    inner = helper.make_graph([helper.make_node("Neg", ["a"], ["r"], name="neg")], "g", [], [])
    nodes = [
        helper.make_node("Relu", ["x"], ["a"], name="relu"),
        helper.make_node("If", ["x"], ["out"], name="choice", then_branch=inner),
    ]
    path = save_model(nodes)
    assert [link.text for link in _detail(path, "relu").outputs[0].links] == ["choice"]
    (taken,) = _detail(path, "neg").inputs
    assert (taken.kind, taken.links[0].text) == ("node", "relu")


def test_a_function_call_shows_the_functions_own_names(save_model: SaveModel) -> None:
    body = helper.make_function(
        "com.example", "Twice", ["number"], ["double"],
        [helper.make_node("Add", ["number", "number"], ["double"], name="inside")],
        [helper.make_opsetid("", 18)],
    )  # fmt: skip
    call = helper.make_node("Twice", ["x"], ["out"], domain="com.example", name="call")
    path = save_model([call], domains={"com.example": 1}, functions=[body])
    detail = _detail(path, "call")
    assert detail.inputs[0].formal == "number"
    assert "itself defines" in detail.sentence
    inside = _detail(path, "inside")
    assert inside.outputs[0].links == ()


def test_the_line_of_pytorch_source_is_found(save_model: SaveModel) -> None:
    new = helper.make_node("Relu", ["x"], ["a"], name="new")
    trace = (
        'File "/home/me/nets/blocks.py", line 41, in forward\n    h = self.conv(h)\n'
        'File "/env/site-packages/torch/nn/modules/conv.py", line 553, in forward\n    return x'
    )
    new.metadata_props.add(key="pkg.torch.onnx.stack_trace", value=trace)
    old = helper.make_node("Relu", ["a"], ["out"], name="old")
    old.doc_string = (
        "C:\\env\\torch\\nn\\modules\\conv.py(443): forward\nD:\\work\\net.py(7): run\n"
    )
    path = save_model([new, old])
    detail = _detail(path, "new")
    assert dict(detail.facts)["PyTorch source"] == "nets/blocks.py, line 41, in forward"
    assert detail.text == trace
    assert dict(_detail(path, "old").facts)["PyTorch source"] == "work/net.py, line 7, in run"


def test_a_weight_shows_its_place_and_its_users(save_model: SaveModel) -> None:
    node = helper.make_node("Add", ["x", "w"], ["out"], name="sum")
    path = save_model([node], {"w": np.ones((100, 4), np.float32)})
    detail = _detail(path, "w")
    facts = dict(detail.facts)
    assert (facts["Shape"], facts["Values"], facts["Bytes"]) == ("[100, 4]", "400", "1,600")
    assert facts["Place"].startswith("model.onnx, bytes ")
    assert [link.text for link in detail.outputs[0].links] == ["sum"]


def test_operators_without_a_sentence_quote_their_documentation(save_model: SaveModel) -> None:
    path = save_model([helper.make_node("Hardmax", ["x"], ["out"], name="hard")])
    assert _detail(path, "hard").sentence.endswith("(From the operator's documentation.)")
    custom = save_model([helper.make_node("Odd", ["x"], ["out"], name="odd", domain="com.odd")])
    assert "com.odd" in _detail(custom, "odd").sentence


def test_names_are_given_back_as_they_are(save_model: SaveModel) -> None:
    name = "<img src=x onerror=alert(1)>"
    assert (
        _detail(save_model([helper.make_node("Relu", ["x"], ["out"], name=name)]), name).title
        == name
    )


def test_every_sentence_is_about_a_real_operator() -> None:
    known = {schema.name for schema in onnx.defs.get_all_schemas()}
    assert set(SENTENCES) <= known
    assert all(text.endswith(".") for text in SENTENCES.values())


def test_a_definition_is_that_of_the_opset() -> None:
    old, new = definition("Dropout", "", 10), definition("Dropout", "", 13)
    assert old is not None
    assert new is not None
    assert (old.since, new.since) == (10, 13)
    assert new.inputs == ("data", "ratio", "training_mode")
    assert definition("NoSuchOperator", "", 18) is None


def test_formal_names_are_numbered_where_there_are_many() -> None:
    assert [formal_name(("a", "rest..."), i) for i in range(4)] == [
        "a",
        "rest 1",
        "rest 2",
        "rest 3",
    ]
    assert formal_name((), 0) == ""
    assert formal_name(("a",), 5) == ""


def test_the_first_sentence_of_a_documentation_is_taken() -> None:
    assert first_sentence("\n  Computes `it`.  Then more.\n") == "Computes it."
    assert first_sentence("") == ""


def test_every_row_of_every_kind_can_be_described(save_model: SaveModel) -> None:
    inner = helper.make_graph([helper.make_node("Neg", ["x"], ["r"])], "g", [], [])
    nodes = [
        helper.make_node("If", ["x"], ["out"], name="/a/If", then_branch=inner),
        helper.make_node("Add", ["x", "x"], ["out"], name="/a/Add"),
    ]
    path = save_model(nodes, {"w": np.ones(3, np.float32)})
    model = read_onnx(path)
    outline = build_outline(model)
    for row in range(len(outline)):
        assert describe(model, outline, row).title
    with pytest.raises(IndexError):
        describe(model, outline, len(outline))


def test_a_loaded_outline_is_enough(save_model: SaveModel, tmp_path: Path) -> None:
    path = save_model([helper.make_node("Relu", ["x"], ["out"], name="relu")])
    model = read_onnx(path)
    built = build_outline(model)
    save(built, tmp_path / "outline")
    loaded = load(tmp_path / "outline")
    row = built.name.index("relu")
    assert describe(model, loaded, row) == describe(model, built, row)


def test_rows_of_a_checkpoint_are_described() -> None:
    checkpoint = Checkpoint(
        path="a.pt",
        bytes=9,
        form="whole-module",
        container="zip",
        tensors=(Tensor("fc.weight", "float32", (2, 3), 24),),
        modules=(Module("", "nets.Net", True), Module("fc", "torch.nn.Linear", False)),
        imports=(Import("os.system", 1, "dangerous", "runs a shell command"),),
        training=True,
        source=(("nets", "class Net: ..."),),
    )
    outline = build_outline(checkpoint)
    details = {outline.name[row]: describe(checkpoint, outline, row) for row in range(len(outline))}
    assert dict(details["fc"].facts)["Values"] == "6"
    assert details["os.system"].sentence == "Runs a shell command."
    assert details["nets"].text == "class Net: ..."
    assert dict(details["fc.weight"].facts)["Type"] == "float32"
