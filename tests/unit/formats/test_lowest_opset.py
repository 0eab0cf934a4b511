"""The lowest opset that gives every operator of a file the same meaning."""

import onnx
import pytest
from onnx import TensorProto, helper

from inspector.core.model import Model
from inspector.formats.lowest_opset import lowest_opset
from inspector.formats.registry import open_file


def saved(folder, op_types, opset, domain=""):
    nodes, last = [], "x"
    for place, op_type in enumerate(op_types):
        nodes.append(helper.make_node(op_type, [last], [f"v{place}"], domain=domain))
        last = f"v{place}"
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in ("x", last)]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:])
    imports = [helper.make_opsetid("", opset)]
    imports += [helper.make_opsetid(domain, 1)] if domain else []
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    onnx.save(model, folder / "m.onnx")
    found = open_file(folder / "m.onnx")
    assert isinstance(found, Model)
    return found


@pytest.mark.parametrize(
    ("op_types", "opset", "lowest"),
    [
        (["Relu"], 18, 14),
        (["Relu", "Sin"], 18, 14),
        (["Sin"], 18, 7),
        (["Gelu"], 20, 20),
        (["Relu"], 13, 13),
        (["NoSuchOperator"], 18, 0),
    ],
)
def test_it_is_where_the_last_change_was(tmp_path, op_types, opset, lowest):
    assert lowest_opset(saved(tmp_path, op_types, opset)) == lowest


def test_operators_of_other_domains_do_not_count(tmp_path):
    assert lowest_opset(saved(tmp_path, ["Relu"], 18, "com.acme")) == 1


def test_the_file_runs_at_that_opset_too(tmp_path):
    model = saved(tmp_path, ["Relu", "Sin", "Sigmoid"], 18)
    proto = onnx.load(tmp_path / "m.onnx")
    proto.opset_import[0].version = lowest_opset(model)
    onnx.checker.check_model(proto, full_check=True)
