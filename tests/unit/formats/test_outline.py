"""The tree of a file, as columns."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import helper

from inspector.core.model import Checkpoint, Import, Module, Tensor
from inspector.formats.columns import KINDS, NODE, SCOPE, SECTION
from inspector.formats.onnx import read_onnx
from inspector.formats.outline import Outline, build_outline, load, save
from inspector.formats.scopes import DEPTH, scope_of, scope_tree

SaveModel = Callable[..., Path]


def _lines(outline: Outline) -> list[str]:
    """One line per row: indented name, type, shape."""
    depth = {-1: -1}
    lines = []
    for row in range(len(outline)):
        depth[row] = depth[int(outline.parent[row])] + 1
        cells = (outline.name[row], outline.type[row], outline.shape[row])
        lines.append("  " * depth[row] + " | ".join(cell for cell in cells if cell))
    return lines


def _scoped(name: str, scopes: str, classes: str) -> onnx.NodeProto:
    node = helper.make_node("Relu", ["x"], ["out"], name=name)
    node.metadata_props.add(key="pkg.torch.onnx.name_scopes", value=scopes)
    node.metadata_props.add(key="pkg.torch.onnx.class_hierarchy", value=classes)
    return node


def test_sections_come_in_order_with_their_counts(save_model: SaveModel) -> None:
    node = helper.make_node("Add", ["x", "w"], ["out"], name="sum")
    path = save_model([node], {"w": np.ones(4, np.float32)})
    assert _lines(build_outline(read_onnx(path))) == [
        "Inputs | 1",
        "  x | float32 | ['batch', 4]",
        "Outputs | 1",
        "  out | float32 | ['batch', 4]",
        "Opset imports | 1",
        "  ai.onnx | 18 | the standard operators",
        "Metadata | 0",
        "Nodes | 1",
        "  sum | Add | ['batch', 4]",
        "Initializers | 1",
        "  w | float32 | [4]",
    ]


def test_nodes_are_grouped_by_the_names_of_the_torchscript_exporter(save_model: SaveModel) -> None:
    names = ["/layer1/conv1/Conv", "/layer1/relu/Relu", "/layer2/a/Add", "/layer2/a/Mul", "top"]
    nodes = [helper.make_node(n.split("/")[-1], ["x"], ["out"], name=n) for n in names]
    lines = _lines(build_outline(read_onnx(save_model(nodes))))
    start = lines.index("Nodes | 5")
    assert [line.split(" | ['")[0] for line in lines[start + 1 : start + 9]] == [
        "  layer1",
        "    conv1 | Conv",
        "    relu | Relu",
        "  layer2",
        "    a",
        "      Add | Add",
        "      Mul | Mul",
        "  top | top",
    ]


def test_nodes_are_grouped_by_the_metadata_of_the_dynamo_exporter(save_model: SaveModel) -> None:
    nodes = [
        _scoped(
            "n0", "['', 'body', 'body.0', 'relu']", "['a.Net', 'b.Block', 'c.ReLU', 'aten.relu']"
        ),
        _scoped(
            "n1", "['', 'body', 'body.1', 'relu']", "['a.Net', 'b.Block', 'c.ReLU', 'aten.relu']"
        ),
        _scoped("n2", "['', 'add']", "['a.Net', 'aten.add']"),
    ]
    outline = build_outline(read_onnx(save_model(nodes)))
    scope = next(row for row in range(len(outline)) if outline.kind[row] == SCOPE)
    assert (outline.name[scope], outline.type[scope]) == ("body", "Block")
    assert [outline.name[row] for row in outline.children(scope)] == ["0", "1"]
    assert outline.name.count("n2") == 1


def test_the_namespace_alone_is_enough(save_model: SaveModel) -> None:
    node = helper.make_node("Relu", ["x"], ["out"], name="n")
    value = ": a.Net/layer: b.Sequential/layer.0: c.Linear/linear: aten.linear"
    node.metadata_props.add(key="namespace", value=value)
    steps = scope_of(read_onnx(save_model([node])).graph.nodes[0])
    assert steps == (("layer", "Sequential"), ("0", "Linear"))


def test_scopes_without_end_are_cut(save_model: SaveModel) -> None:
    node = helper.make_node("Relu", ["x"], ["out"], name="/".join("abc" for _ in range(5000)))
    model = read_onnx(save_model([node]))
    assert len(scope_of(model.graph.nodes[0])) == DEPTH
    build_outline(model)
    assert scope_tree(model.graph.nodes).children


def test_subgraphs_hang_below_their_node(save_model: SaveModel) -> None:
    inner = helper.make_graph([helper.make_node("Relu", ["x"], ["r"], name="in")], "g", [], [])
    node = helper.make_node(
        "If", ["x"], ["out"], name="choice", then_branch=inner, else_branch=inner
    )
    lines = _lines(build_outline(read_onnx(save_model([node]))))
    start = lines.index("Nodes | 3")
    assert lines[start + 1 : start + 6] == [
        "  choice | If | ['batch', 4]",
        "    else_branch | 1 node",
        "      in | Relu",
        "    then_branch | 1 node",
        "      in | Relu",
    ]


def test_functions_have_a_section_of_their_own(save_model: SaveModel) -> None:
    body = helper.make_function(
        "com.example", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 18)],
    )  # fmt: skip
    call = helper.make_node("Twice", ["x"], ["out"], domain="com.example", name="call")
    path = save_model([call], domains={"com.example": 1}, functions=[body])
    lines = _lines(build_outline(read_onnx(path)))
    assert lines[-3:] == ["Functions | 1", "  com.example::Twice | 1 node", "    Add 0 | Add"]


def test_a_node_weighs_what_its_weights_weigh(save_model: SaveModel) -> None:
    node = helper.make_node("Gemm", ["x", "w", "b"], ["out"], name="gemm")
    weights = {"w": np.ones((4, 4), np.float32), "b": np.ones(4, np.float32)}
    outline = build_outline(read_onnx(save_model([node], weights)))
    assert outline.bytes[outline.name.index("gemm")] == 80


def test_sizes_beyond_64_bits_do_not_overflow(tmp_path: Path) -> None:
    proto = onnx.TensorProto(name="w", data_type=1, dims=[2**62, 2**62])
    graph = helper.make_graph([], "g", [], [], [proto])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "huge.onnx"
    path.write_bytes(model.SerializeToString())
    outline = build_outline(read_onnx(path))
    assert outline.bytes[outline.name.index("w")] == np.iinfo(np.int64).max


def test_what_was_saved_is_loaded(save_model: SaveModel, tmp_path: Path) -> None:
    names = ["plain", "with\nline", "Zür/ich", "<b>bold</b>"]
    nodes = [helper.make_node("Relu", ["x"], ["out"], name=name) for name in names]
    nodes.append(helper.make_node("Relu", ["x"], ["out"], name="nul"))
    built = build_outline(read_onnx(save_model(nodes)))
    built.name[built.name.index("nul")] = "n\0ul"
    save(built, tmp_path / "outline")
    loaded = load(tmp_path / "outline")
    built.name[built.name.index("n\0ul")] = "nul"
    for column in ("name", "type", "shape"):
        assert getattr(loaded, column) == getattr(built, column)
    for column in ("parent", "kind", "bytes"):
        np.testing.assert_array_equal(getattr(loaded, column), getattr(built, column))
    assert loaded.parent.dtype == np.int32
    assert loaded.kind.dtype == np.uint8
    assert loaded.bytes.dtype == np.int64


def test_parents_stand_before_their_children(save_model: SaveModel) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["out"], name=f"/a{i % 3}/b/Relu_{i}") for i in range(9)
    ]
    outline = build_outline(read_onnx(save_model(nodes)))
    assert all(outline.parent[row] < row for row in range(len(outline)))
    assert [outline.kind[row] for row in outline.children(-1)] == [SECTION] * 6
    assert int((outline.kind == NODE).sum()) == 9


def test_loading_the_columns_imports_no_onnx(save_model: SaveModel, tmp_path: Path) -> None:
    built = build_outline(read_onnx(save_model([helper.make_node("Relu", ["x"], ["out"])])))
    save(built, tmp_path / "outline")
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from inspector.formats.outline import load\n"
        f"assert len(load(Path({str(tmp_path / 'outline')!r}))) == {len(built)}\n"
        "assert not {'onnx', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_checkpoint_shows_tensors_modules_imports_and_source() -> None:
    checkpoint = Checkpoint(
        path="a.pt",
        bytes=9,
        form="whole-module",
        container="legacy",
        tensors=(Tensor("fc.weight", "float32", (2, 3), 24),),
        modules=(Module("", "nets.Net", True), Module("fc", "torch.nn.Linear", False)),
        imports=(Import("nets.Net", 1, "unknown", "a class"),),
        training=True,
        source=(("nets.Net", "class Net:\n    pass"),),
    )
    outline = build_outline(checkpoint)
    assert _lines(outline) == [
        "Tensors | 1",
        "  fc.weight | float32 | [2, 3]",
        "Modules | 2",
        "  (root) | Net | training",
        "    fc | Linear | eval",
        "Imports | 1",
        "  nets.Net | unknown | a class",
        "Source | 1",
        "  nets.Net | 2 lines",
    ]
    assert [KINDS[kind] for kind in outline.kind[3:5]] == ["module", "module"]
