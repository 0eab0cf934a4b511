"""ONNX files of uncommon forms, through the real worker."""

import shutil
import subprocess

import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.sources import DataSource, ModelSource
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import CompareRequest, ConvertRequest

onnx = pytest.importorskip("onnx")
helper, T = onnx.helper, onnx.TensorProto


def write(path, nodes, inputs, outputs, stored=(), opset=18, ir_version=8, domains=()):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        list(stored),
    )
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=ir_version)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def relu(tmp_path):
    """Write a model of one Relu."""

    def write_one(name="relu.onnx", **versions):
        ends = ("x", T.FLOAT, ["n", 3]), ("y", T.FLOAT, ["n", 3])
        node = helper.make_node("Relu", ["x"], ["y"])
        return write(tmp_path / name, [node], ends[:1], ends[1:], **versions)

    return write_one


def test_a_file_that_is_too_new_is_compared_as_a_converted_copy(command, relu):
    new, old = relu("new.onnx", ir_version=14, opset=28), relu("old.onnx")
    refused = command("compare", old, new, "--random", "3", "--json")
    assert refused.code == 2
    assert "reads up to" in refused.failure["sentence"]
    done = command(
        "compare", old, new, "--random", "3", "--convert", "--accept-generated", "--json"
    )
    assert (done.code, done.json["verdict"]) == (0, "PASS")
    (finding,) = [one for one in done.json["findings"] if one["rule"] == "converted"]
    assert "opset 28 was converted to 26" in finding["sentence"]


def test_a_conversion_is_put_in_its_place_with_its_weights(tmp_path):
    weight = onnx.numpy_helper.from_array(np.eye(64, dtype=np.float32), "w")
    ends = ("x", T.FLOAT, [1, 64]), ("y", T.FLOAT, [1, 64])
    (tmp_path / "in").mkdir()
    source = write(
        tmp_path / "in" / "m.onnx", [helper.make_node("MatMul", ["x", "w"], ["y"])],
        ends[:1], ends[1:], [weight], ir_version=14,
    )  # fmt: skip
    proto = onnx.load(source)
    onnx.save(proto, source, save_as_external_data=True, location="w.bin", size_threshold=0)
    before = {file.name: file.read_bytes() for file in source.parent.iterdir()}
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "older.onnx"
    with WorkerClient() as worker:
        done = worker.run("convert", ConvertRequest(str(source), str(target), ir_version=9))
    assert (done.output, done.ir_version, done.opset) == (str(target), 9, 18)
    assert sorted(file.name for file in target.parent.iterdir()) == [
        "older.onnx", "older.onnx.data",
    ]  # fmt: skip
    loaded = onnx.load(target)
    np.testing.assert_array_equal(
        onnx.numpy_helper.to_array(loaded.graph.initializer[0]), np.eye(64)
    )
    assert {file.name: file.read_bytes() for file in source.parent.iterdir()} == before


def test_a_conversion_that_cannot_be_made_leaves_nothing(tmp_path):
    ends = ("x", T.FLOAT, [3]), ("y", T.FLOAT, [3])
    gelu = helper.make_node("Gelu", ["x"], ["y"])
    source = write(tmp_path / "m.onnx", [gelu], ends[:1], ends[1:], opset=20)
    (tmp_path / "out").mkdir()
    request = ConvertRequest(str(source), str(tmp_path / "out" / "m.onnx"), opset=13)
    with WorkerClient() as worker, pytest.raises(InspectorError, match="cannot convert"):
        worker.run("convert", request)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_tiny_file_that_asks_for_gigabytes_is_explained_and_the_next_job_works(tmp_path, relu):
    shape = onnx.numpy_helper.from_array(np.array([400000, 400000]), "s")
    path = write(
        tmp_path / "big.onnx",
        [helper.make_node("ConstantOfShape", ["s"], ["c"]),
         helper.make_node("ReduceSum", ["c"], ["y"], keepdims=0)],
        [], [("y", T.FLOAT, [])], [shape],
    )  # fmt: skip
    assert path.stat().st_size < 200
    hungry, modest = ModelSource(str(path)), ModelSource(str(relu()))
    with WorkerClient() as worker:
        with pytest.raises(InspectorError, match=r"640000000000 bytes|ConstantOfShape"):
            worker.run("compare", CompareRequest(hungry, hungry, DataSource()))
        again = worker.run("compare", CompareRequest(modest, modest, DataSource(random=2)))
    assert again.outputs[0].elements == 6


def test_weights_outside_the_folder_are_refused_before_anything_reads_them(command, tmp_path):
    stored = T(name="w", data_type=T.FLOAT, dims=[3], data_location=T.EXTERNAL)
    stored.external_data.add(key="location", value="../secret.bin")
    (tmp_path / "secret.bin").write_bytes(b"\0" * 12)
    (tmp_path / "model").mkdir()
    ends = ("x", T.FLOAT, ["n", 3]), ("y", T.FLOAT, ["n", 3])
    path = write(
        tmp_path / "model" / "m.onnx", [helper.make_node("Add", ["x", "w"], ["y"])],
        ends[:1], ends[1:], [stored],
    )  # fmt: skip
    done = command("compare", path, path, "--random", "1", "--json")
    assert done.code == 2
    assert "outside its own folder: '../secret.bin'" in done.failure["sentence"]


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_a_custom_library_is_loaded_after_consent_only(command, relu, tmp_path):
    # It may write nothing when it is confined, so that it says that it ran by failing.
    (tmp_path / "ops.c").write_text(
        "#include <stdlib.h>\nvoid *RegisterCustomOps(void *o, const void *a) { exit(7); }\n"
    )
    library = tmp_path / "ops.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "ops.c"], check=True)
    path = relu()
    options = ("compare", path, path, "--random", "2", "--custom-ops", library, "--json")
    refused = command(*options)
    assert refused.code == 2
    assert "'ops.so' would be executed" in refused.failure["sentence"]
    ended = command(*options, "--trust")
    assert ended.code == 2
    assert "stopped unexpectedly" in ended.failure["sentence"]


def test_a_whole_folder_of_onnx_test_data_is_reference_and_data(command, relu, tmp_path):
    data = tmp_path / "test_data_set_0"
    data.mkdir()
    values = np.array([[1, -2, 3]], np.float32)
    for kind, name, array in (("input", "x", values), ("output", "y", np.maximum(values, 0))):
        tensor = onnx.numpy_helper.from_array(array, name)
        (data / f"{kind}_0.pb").write_bytes(tensor.SerializeToString())
    done = command("compare", data, relu(), "--data", data, "--json")
    assert (done.code, done.json["verdict"]) == (0, "PASS")


def test_data_may_replace_a_weight_that_is_declared_as_an_input(command, tmp_path):
    weight = onnx.numpy_helper.from_array(np.ones(3, np.float32), "w")
    ends = ("x", T.FLOAT, [2, 3]), ("w", T.FLOAT, [3]), ("y", T.FLOAT, [2, 3])
    path = write(
        tmp_path / "old.onnx", [helper.make_node("Add", ["x", "w"], ["y"])],
        ends[:2], ends[2:], [weight],
    )  # fmt: skip
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.savez(tmp_path / "plain.npz", x=values)
    np.savez(tmp_path / "replaced.npz", x=values, w=np.full(3, 5, np.float32))
    np.savez(tmp_path / "five.npz", y=values + 5)
    five = tmp_path / "five.npz"
    assert command("compare", five, path, "--data", tmp_path / "plain.npz").code == 1
    assert command("compare", five, path, "--data", tmp_path / "replaced.npz").code == 0


def test_lists_are_compared_entry_by_entry(command, tmp_path):
    node = helper.make_node("SplitToSequence", ["x"], ["y"], axis=1)
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", T.FLOAT, [2, 2])],
        [helper.make_tensor_sequence_value_info("y", T.FLOAT, None)],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "list.onnx"
    path.write_bytes(model.SerializeToString())
    done = command("compare", path, path, "--random", "2", "--accept-generated", "--json")
    assert [one["name"] for one in done.json["outputs"]] == ["y[0]", "y[1]"]
    assert done.code == 0
