"""Every known error of the onnx package and of ONNX Runtime, raised by the library itself."""

import os
import re

import numpy as np
import pytest

from inspector.core.failures import explain
from inspector.runtimes.onnxruntime import CPU, import_onnxruntime

onnx = pytest.importorskip("onnx")
helper, T = onnx.helper, onnx.TensorProto
X, Y = ("x", T.FLOAT, [2, 3]), ("y", T.FLOAT, [2, 3])
ONES = np.ones((2, 3), np.float32)


def node(kind, inputs=("x",), outputs=("y",), **attributes):
    return helper.make_node(kind, list(inputs), list(outputs), **attributes)


def model(nodes, inputs=(X,), outputs=(Y,), opset=18, ir_version=8, stored=(), domains=()):
    graph = helper.make_graph(
        list(nodes), "g",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        list(stored),
    )  # fmt: skip
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph, opset_imports=imports, ir_version=ir_version)


def external(**entries):
    stored = T(name="w", data_type=T.FLOAT, dims=[2, 3], data_location=T.EXTERNAL)
    for key, value in entries.items():
        stored.external_data.add(key=key, value=str(value))
    return model([node("Add", ("x", "w"))], stored=[stored])


def constant(name, *values):
    return onnx.numpy_helper.from_array(np.array(values), name)


def load(path):
    runtime = import_onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    return runtime.InferenceSession(str(path), options, providers=[CPU])


def run(path, **feeds):
    return load(path).run(None, feeds or {"x": ONES})


def check(path):
    onnx.checker.check_model(str(path), full_check=True)


def infer(path):
    onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True, check_type=True)


def convert(path):
    onnx.version_converter.convert_version(onnx.load(path), 12)


def no_shape():
    found = model([node("Relu")])
    found.graph.output[0].type.tensor_type.ClearField("shape")
    return found


RELU = model([node("Relu")])
RESHAPE = model([node("Reshape", ("x", "s"), name="flat")], stored=[constant("s", 5, 5)])
GIGABYTES = model(
    [node("ConstantOfShape", ("s",), ("c",)), node("ReduceSum", ("c",), keepdims=0)],
    (), [("y", T.FLOAT, [])], stored=[constant("s", 2000000, 2000000)],
)  # fmt: skip
LAYOUT = model(
    [node("RNN", ("x", "w", "r"), ("", "y"), hidden_size=2, layout=1)],
    [("x", T.FLOAT, [1, 2, 3])], [("y", T.FLOAT, None)], 14,
    stored=[onnx.numpy_helper.from_array(np.ones((1, 2, 3), np.float32), "w"),
            onnx.numpy_helper.from_array(np.ones((1, 2, 2), np.float32), "r")],
)  # fmt: skip

CASES = {
    # what breaks the rules of ONNX
    "attribute": (model([node("Relu", foo=1)]), check, "'foo', which the operator Relu"),
    "attribute, in ONNX Runtime": (model([node("Relu", foo=1)]), load, "'foo', which the operator"),
    "operator": (model([node("Gelu")]), check, "uses the operator Gelu, which its opset 18"),
    "order": (
        model([node("Relu", ("a",)), node("Neg", ("x",), ("a",))]), check, "not in an order",
    ),
    "name twice": (
        model([node("Relu", outputs=("y",)), node("Neg", outputs=("y",))]), check,
        "The value 'y' is made twice",
    ),
    "name twice, in ONNX Runtime": (
        model([node("Relu", outputs=("y",)), node("Neg", outputs=("y",))]), load,
        "The value 'y' is made twice",
    ),
    "required attribute": (
        model([node("Concat", ("x", "x"))]), check, "'axis', which its operator needs",
    ),
    "shape is missing": (no_shape(), check, "does not say the shape of"),
    "ranks": (
        model([node("MatMul", ("x", "x"))]), infer,
        "do not fit each other at a node of the operator MatMul",
    ),
    "declared shape": (
        model([node("Relu")], outputs=[("y", T.FLOAT, [4, 5])]), infer, "do not fit each other",
    ),
    "declared type": (
        model([node("Relu")], outputs=[("y", T.INT64, [2, 3])]), infer, "do not fit each other",
    ),
    "types, in ONNX Runtime": (
        model([node("Add", ("x", "i"))], [X, ("i", T.INT64, [2, 3])]), load,
        "types of a node do not fit each other",
    ),
    "declared type, in ONNX Runtime": (
        model([node("Relu")], outputs=[("y", T.INT64, [2, 3])]), load,
        "types of a node do not fit each other",
    ),
    "type of an operator, in ONNX Runtime": (
        model([node("Sqrt")], [("x", T.INT64, [2])], [("y", T.INT64, [2])]), load,
        "types of a node do not fit each other",
    ),
    "input from nowhere, in ONNX Runtime": (
        model([node("Relu", ("nowhere",))]), load, "'nowhere', which nothing makes",
    ),
    "no older form": (model([node("Gelu")], opset=20), convert, "cannot be written in the opset"),
    # what ONNX Runtime cannot load
    "custom operator": (
        model([node("Spin", domain="com.acme")], domains=["com.acme"]), load,
        "uses the operator 'com.acme:Spin'",
    ),
    "no kernel": (
        model([node("Resize", ("x", "", "s"))], [("x", T.DOUBLE, [2, 3])],
              [("y", T.DOUBLE, None)],
              stored=[onnx.numpy_helper.from_array(np.ones(2, np.float32), "s")]),
        load, "no kernel for the operator Resize",
    ),
    "opset": (model([node("Relu")], opset=27), load, "opset 27 is newer"),
    "IR version": (model([node("Relu")], ir_version=14), load, "IR version 14 is newer"),
    "not there": (None, load, "does not exist"),
    "cut short": (RELU.SerializeToString()[:-7], load, "not a whole ONNX file"),
    "cut short, in onnx": (RELU.SerializeToString()[:-7], onnx.load, "not a whole ONNX file"),
    "HTML": (b"<!DOCTYPE html><html>", load, "not a whole ONNX file"),
    "empty": (b"", load, "not a whole ONNX file"),
    "layout of a recurrent layer": (LAYOUT, load, "recurrent layers with the batch first"),
    # weights in a file of their own
    "weights missing": (external(location="no.bin"), load, "weights is missing"),
    "weights missing, in onnx": (external(location="no.bin"), check, "weights is missing"),
    "weights short": (external(location="short.bin"), load, "shorter than the model needs"),
    "weights outside": (external(location="../w.bin"), load, "outside its own folder"),
    "weights outside, in onnx": (external(location="../w.bin"), check, "outside its own folder"),
    "weights absolute": (external(location="/etc/passwd"), load, "outside its own folder"),
    "weights absolute, in onnx": (
        external(location="/etc/passwd"), check, "outside its own folder",
    ),
    "weights behind a link": (external(location="link.bin"), load, "outside its own folder"),
    "weights behind a link, in onnx": (
        external(location="link.bin"), check, "outside its own folder",
    ),
    # what ONNX Runtime cannot run
    "name of an input": (RELU, lambda p: run(p, X=ONES), "takes the inputs .*'x'.*, and .*'X'"),
    "dtype": (RELU, lambda p: run(p, x=ONES.astype(float)), "holds double where .* takes float"),
    "rank": (RELU, lambda p: run(p, x=ONES[0]), "'x' has 1 dimensions where .* takes 2"),
    "size": (RELU, lambda p: run(p, x=ONES[:1]), "'x' has size 1 along axis 0 .* takes 2"),
    "name of an output": (
        RELU, lambda p: load(p).run(["z"], {"x": ONES}), "no output of the name 'z'",
    ),
    "fixed inside": (RESHAPE, run, r"the node 'flat' \(Reshape\) cannot compute"),
    "gigabytes": (GIGABYTES, lambda p: load(p).run(None, {}), "16000000000000 bytes of memory"),
}  # fmt: skip


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "short.bin").write_bytes(b"\0" * 8)
    (tmp_path / "w.bin").write_bytes(ONES.tobytes())
    (folder / "link.bin").symlink_to(tmp_path / "w.bin")
    return folder / "model.onnx"


@pytest.mark.parametrize("name", CASES)
def test_the_library_still_says_it_in_words_that_are_known(name, place):
    content, act, sentence = CASES[name]
    if content is not None:
        place.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    with pytest.raises(Exception, match=r"\S") as caught:
        act(place)
    failure = explain(caught.value)
    assert not failure.sentence.startswith("Something went wrong"), caught.value
    assert re.search(sentence, failure.sentence), (failure.sentence, caught.value)
    assert failure.hint
    assert str(caught.value).strip()[:40] in failure.detail


def free_memory():
    """Bytes that can be had, 0 where the system does not tell."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):
        return 0


@pytest.mark.skipif(free_memory() < 6 << 30, reason="it takes 4 GB of memory")
def test_a_model_over_two_gigabytes_is_explained():
    message = onnx.ModelProto()
    message.graph.initializer.add().raw_data = bytes(2**31)
    with pytest.raises(Exception, match=r"\S") as caught:
        message.SerializeToString()
    assert "larger than 2 GB" in explain(caught.value).sentence
