import os
import subprocess
import sys

import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.model import Value
from inspector.runtimes.onnxruntime import CPU, LEVELS, PROVIDERS, open_session

onnx = pytest.importorskip("onnx")
ml_dtypes = pytest.importorskip("ml_dtypes")
T = onnx.TensorProto
X = ("x", T.FLOAT, ["batch", 3])


def node(kind, inputs=("x",), outputs=("y",), **attributes):
    return onnx.helper.make_node(kind, list(inputs), list(outputs), **attributes)


@pytest.fixture
def relu(write_onnx):
    return write_onnx([node("Relu")], [X], [("y", T.FLOAT, ["batch", 3])])


def test_inputs_and_outputs_are_as_declared(relu):
    runtime = open_session(relu)
    assert runtime.inputs == (Value("x", "float32", ("batch", 3)),)
    assert runtime.outputs == (Value("y", "float32", ("batch", 3)),)
    assert (runtime.name, runtime.device) == ("ONNX Runtime", "CPU")
    assert runtime.version


@pytest.mark.parametrize("level", LEVELS)
def test_it_computes_at_every_level(relu, level):
    data = np.array([[-1, 0, 2]], np.float32)
    (output,) = open_session(relu, level=level).run({"x": data})
    np.testing.assert_array_equal(output, [[0, 0, 2]])


def test_a_dimension_without_a_name_is_unknown(write_onnx):
    path = write_onnx([node("Relu")], [("x", T.FLOAT, [None, 3])], [("y", T.FLOAT, None)])
    assert open_session(path).inputs[0].shape == (None, 3)


def test_an_input_with_an_initializer_need_not_be_fed(write_onnx):
    weight = onnx.numpy_helper.from_array(np.ones(3, np.float32), "w")
    path = write_onnx(
        [node("Add", ("x", "w"))],
        [X, ("w", T.FLOAT, [3])],
        [("y", T.FLOAT, ["batch", 3])],
        initializers=[weight],
    )
    runtime = open_session(path)
    data = {"x": np.zeros((1, 3), np.float32)}
    assert list(runtime.input_names) == ["x"]
    np.testing.assert_array_equal(runtime.run(data)[0], np.ones((1, 3)))
    assert [value.name for value in runtime.replaceable] == ["w"]
    runtime.take_also({"w", "y"})
    assert list(runtime.input_names) == ["x", "w"]
    changed = runtime.run({**data, "w": np.full(3, 7, np.float32)})
    np.testing.assert_array_equal(changed[0], np.full((1, 3), 7))


@pytest.mark.parametrize("provider", ["CUDAExecutionProvider", "NoSuchProvider"])
def test_a_provider_that_is_not_there_is_refused_and_not_replaced(relu, provider):
    with pytest.raises(InspectorError, match=f"'{provider}' is not available") as caught:
        open_session(relu, provider)
    assert CPU in caught.value.failure.hint


def test_every_provider_has_a_name_of_its_own():
    assert len({provider.name for provider in PROVIDERS}) == len(PROVIDERS)
    assert PROVIDERS[0].name == CPU


@pytest.mark.parametrize(
    ("element", "numpy_type"),
    [
        ("BFLOAT16", ml_dtypes.bfloat16),
        ("FLOAT8E4M3FN", ml_dtypes.float8_e4m3fn),
        ("FLOAT8E5M2", ml_dtypes.float8_e5m2),
        ("FLOAT16", np.float16),
        ("DOUBLE", np.float64),
        ("BOOL", np.bool_),
    ],
)
def test_outputs_of_every_type_come_back_as_that_type(write_onnx, element, numpy_type):
    kind = getattr(T, element)
    path = write_onnx([node("Cast", to=kind)], [X], [("y", kind, ["batch", 3])])
    (output,) = open_session(path).run({"x": np.array([[0, 1.5, -2]], np.float32)})
    assert output.dtype == numpy_type
    expected = np.array([[0, 1.5, -2]], np.float32).astype(numpy_type)
    np.testing.assert_array_equal(output.astype(np.float64), expected.astype(np.float64))


def test_bfloat16_inputs_are_taken(write_onnx):
    path = write_onnx(
        [node("Cast", to=T.FLOAT)], [("x", T.BFLOAT16, ["n", 3])], [("y", T.FLOAT, ["n", 3])]
    )
    runtime = open_session(path)
    assert runtime.inputs[0].dtype == "bfloat16"
    (output,) = runtime.run({"x": np.array([[1, -3, 0.5]], ml_dtypes.bfloat16)})
    np.testing.assert_array_equal(output, [[1, -3, 0.5]])


def test_an_output_that_nobody_can_read_is_explained(tmp_path):
    helper = onnx.helper
    graph = helper.make_graph(
        [node("Cast", to=T.BFLOAT16, outputs=("b",)), node("SequenceConstruct")],
        "graph",
        [helper.make_tensor_value_info(*X)],
        [
            helper.make_tensor_sequence_value_info("y", T.FLOAT, None),
            helper.make_tensor_value_info("b", T.BFLOAT16, None),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InspectorError, match=r"is a sequence\(float32\), which ONNX Runtime"):
        open_session(tmp_path / "m.onnx")


def test_the_same_file_can_be_opened_again_without_optimisation(relu):
    first = open_session(relu)
    data = {"x": np.array([[-1, 0, 2]], np.float32)}
    np.testing.assert_array_equal(first.again("off").run(data)[0], first.run(data)[0])


def test_a_batch_that_is_fixed_inside_names_the_node(write_onnx):
    shape = onnx.numpy_helper.from_array(np.array([2, 3]), "shape")
    path = write_onnx(
        [node("Reshape", ("x", "shape"), name="/flat/Reshape")],
        [X],
        [("y", T.FLOAT, None)],
        initializers=[shape],
    )
    runtime = open_session(path)
    assert runtime.run({"x": np.zeros((2, 3), np.float32)})[0].shape == (2, 3)
    with pytest.raises(InspectorError, match=r"'/flat/Reshape' \(Reshape\)") as caught:
        runtime.run({"x": np.zeros((4, 3), np.float32)})
    assert "'x' [4, 3]" in caught.value.failure.sentence
    assert "--batch-size" in caught.value.failure.hint


def test_importing_it_leaves_the_home_folder_empty(tmp_path, relu):
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    script = (
        "import sys; from inspector.runtimes.onnxruntime import open_session; "
        "open_session(sys.argv[1])"
    )
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(
        [sys.executable, "-c", script, str(relu)],
        check=True,
        env=environment | {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")},
    )
    assert list(home.rglob("*")) == []
