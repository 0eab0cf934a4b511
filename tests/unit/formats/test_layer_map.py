"""Where nodes come from: metadata of the dynamo exporter, scopes in names."""

import pytest

from inspector.core.layer_graph import Wiring
from inspector.core.model import Node
from inspector.formats.layer_map import groups, origins, source_line

STACK = (
    'File "/home/somebody/work/nets.py", line 12, in forward\n    x = self.act(self.fc(x))\n'
    'File "/opt/lib/site-packages/torch/nn/modules/linear.py", line 134, in forward\n'
    "    return F.linear(input, self.weight, self.bias)\n"
)


def dynamo(scopes, value, inputs=("x",), target="aten.linear.default", **more):
    metadata = {
        "pkg.torch.onnx.name_scopes": repr(["", *scopes, value]),
        "pkg.torch.onnx.class_hierarchy": repr(["nets.Net", *("torch.nn.Linear" for _ in scopes),
                                                target]),
        "pkg.torch.onnx.fx_node": f"%{value} : [num_users=1] = call_function"
        f"[target=torch.ops.{target}](args = (%x,), kwargs = {{}})",
        "pkg.torch.onnx.stack_trace": STACK,
        **more,
    }  # fmt: skip
    return Node(f"node_{value}", "Gemm", "", tuple(inputs), (value,), (), tuple(metadata.items()))


def named(name, inputs, outputs):
    return Node(name, "Gemm", "", tuple(inputs), tuple(outputs), ())


def test_metadata_tells_module_call_rule_and_line():
    rule = {"pkg.onnxscript.rewriter.rule_name": "FuseBatchNormIntoConv"}
    (one,) = origins([dynamo(["blk", "blk.fc"], "linear", **rule)])
    assert [scope.path for scope in one.scopes or ()] == ["blk", "blk.fc"]
    assert (one.path, one.class_name, one.rule) == ("blk.fc", "Linear", rule.popitem()[1])
    assert one.target == "torch.ops.aten.linear.default"
    assert one.source == "nets.py, line 12: x = self.act(self.fc(x))"


def test_no_folder_of_the_one_who_made_the_file_is_named():
    assert "somebody" not in source_line(STACK)
    windows = STACK.replace("/home/somebody/work/nets.py", r"C:\Users\somebody\nets.py")
    assert source_line(windows).startswith("nets.py, line 12")
    assert source_line(STACK.split("File")[2].join(["File", ""])).startswith("linear.py, line 134")
    assert source_line("nothing of the kind") == ""


MODULES = {"", "stem", "stem.0", "enc", "enc.layers.0", "enc.layers.0.fc", "act", "act_2"}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/stem/stem.0/Conv", "stem.0"),
        ("/enc/layers.0/fc/MatMul", "enc.layers.0.fc"),
        ("/act/Relu", "act"),
        ("/act_1/Relu", "act"),
        ("/act_2/Relu", "act_2"),
        ("/Add", ""),
        ("/foreign/scope/Op", "foreign.scope"),
    ],
)
def test_scopes_in_names_are_read_with_the_modules_of_the_model(name, path):
    (one,) = origins([named(name, ["x"], ["y"])], MODULES)
    assert one.path == path
    assert one.scopes is not None


def test_a_node_without_a_scope_says_so():
    (one,) = origins([named("Constant_30", [], ["c"])])
    assert one.scopes is None


@pytest.mark.parametrize("text", ["[", "[1, 2", "__import__('os')", "", "{}"])
def test_metadata_that_is_no_list_is_left_alone(text):
    broken = Node("n", "Relu", "", ("x",), ("y",), (), (("pkg.torch.onnx.name_scopes", text),))
    (one,) = origins([broken])
    assert one.path == ""


def test_an_output_of_a_module_leaves_its_nodes_and_a_last_node_need_not():
    nodes = [
        dynamo(["emb"], "a"),
        dynamo(["emb"], "guard", ["a"]),
        dynamo(["fc"], "b", ["a"]),
        dynamo([], "c", ["b"]),
    ]
    found = groups(Wiring(nodes), origins(nodes), {"c"})
    assert found["emb"][0].exits == ("a",)
    assert (found["fc"][0].exits, found["fc"][0].entries) == (("b",), ("a",))


def test_calls_of_one_module_are_told_apart_where_names_tell_them():
    nodes = [
        named("/fc/Gemm", ["x"], ["a"]),
        named("/fc_1/Gemm", ["a"], ["b"]),
        named("/out/Gemm", ["b"], ["y"]),
    ]
    found = groups(Wiring(nodes), origins(nodes, {"fc", "out"}), {"y"})
    assert [group.exits for group in found["fc"]] == [("a",), ("b",)]
    nodes = [dynamo(["fc"], "a"), dynamo(["fc"], "b", ["a"]), dynamo([], "y", ["a", "b"])]
    found = groups(Wiring(nodes), origins(nodes), {"y"})
    assert [group.exits for group in found["fc"]] == [("a", "b")]


def test_nodes_that_were_put_in_later_are_outside_of_all_modules():
    quantised = named("fc_QuantizeLinear", ["a"], ["q"])
    nodes = [dynamo(["fc"], "a"), quantised]
    assert groups(Wiring(nodes), origins(nodes), {"q"})["fc"][0].exits == ("a",)
    nodes = [named("/fc/Shape", ["x"], ["a"]), named("Unsqueeze_31", ["a"], ["b"])]
    assert groups(Wiring(nodes), origins(nodes), {"y"})["fc"][0].exits == ()
