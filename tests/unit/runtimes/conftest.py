import pytest

onnx = pytest.importorskip("onnx")


@pytest.fixture
def write_onnx(tmp_path):
    """Write a model of the given nodes; inputs and outputs are (name, element type, shape)."""

    def write(nodes, inputs, outputs, name="model.onnx", opset=21, domains=(), initializers=()):
        helper = onnx.helper
        graph = helper.make_graph(
            nodes,
            "graph",
            [helper.make_tensor_value_info(*one) for one in inputs],
            [helper.make_tensor_value_info(*one) for one in outputs],
            list(initializers),
        )
        imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
        model = helper.make_model(graph, opset_imports=imports, ir_version=10)
        path = tmp_path / name
        path.write_bytes(model.SerializeToString())
        return path

    return write
