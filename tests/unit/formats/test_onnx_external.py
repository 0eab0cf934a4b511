import os
import socket

import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.findings import check_model
from inspector.core.model import Payload, Tensor
from inspector.core.size_rules import wrong_size
from inspector.formats.onnx import read_onnx
from inspector.formats.onnx_external import require_safe, tensors
from inspector.formats.weights import read_tensor

onnx = pytest.importorskip("onnx")
helper, T = onnx.helper, onnx.TensorProto
WEIGHT = np.arange(400, dtype=np.float32).reshape(20, 20)


@pytest.fixture
def model(tmp_path):
    """Write a model whose only weight says that it lies in `location`."""

    def write(location, length="", offset="", folder=tmp_path / "model"):
        folder.mkdir(exist_ok=True)
        stored = T(name="w", data_type=T.FLOAT, dims=[20, 20], data_location=T.EXTERNAL)
        for key, text in (("location", location), ("length", length), ("offset", offset)):
            if text:
                stored.external_data.add(key=key, value=str(text))
        ends = [helper.make_tensor_value_info(name, T.FLOAT, [20, 20]) for name in "xy"]
        node = helper.make_node("Add", ["x", "w"], ["y"])
        graph = helper.make_graph([node], "g", ends[:1], ends[1:], [stored])
        imports = [helper.make_opsetid("", 18)]
        proto = helper.make_model(graph, opset_imports=imports, ir_version=8)
        (folder / "model.onnx").write_bytes(proto.SerializeToString())
        return folder / "model.onnx"

    return write


def put_weights(folder, name="w.bin"):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(WEIGHT.tobytes())


@pytest.mark.parametrize("name", ["w.bin", "parts/w.bin", "..w.bin"])
def test_weights_beside_the_model_are_safe(model, name):
    path = model(name, 1600)
    put_weights(path.parent, name)
    require_safe(read_onnx(path))


@pytest.mark.parametrize(
    "location",
    [
        "../secret.bin", "parts/../../secret.bin", "/etc/passwd", "C:\\w.bin", "\\\\host\\w.bin",
        "a\0b", "nul", "parts/COM1.bin", "..\\secret.bin",
    ],
)  # fmt: skip
def test_a_name_that_leads_out_of_the_folder_is_refused(model, location):
    with pytest.raises(InspectorError, match="outside its own folder"):
        require_safe(read_onnx(model(location)))


def test_a_link_out_of_the_folder_is_refused(model, tmp_path):
    path = model("w.bin")
    put_weights(tmp_path, "secret.bin")
    os.symlink(tmp_path / "secret.bin", path.parent / "w.bin")
    with pytest.raises(InspectorError, match="is a link that leaves the model's folder"):
        require_safe(read_onnx(path))


def test_a_link_of_a_folder_out_of_the_folder_is_refused(model, tmp_path):
    path = model("parts/w.bin")
    put_weights(tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", path.parent / "parts")
    with pytest.raises(InspectorError, match="is a link that leaves"):
        require_safe(read_onnx(path))


def test_links_beside_the_real_file_are_how_caches_arrange_it(model, tmp_path):
    real = model("w.bin", folder=tmp_path / "blobs")
    put_weights(real.parent, "abc")
    shown = tmp_path / "snapshot"
    shown.mkdir()
    os.symlink(real, shown / "model.onnx")
    os.symlink(real.parent / "abc", shown / "w.bin")
    found = read_onnx(shown / "model.onnx")
    require_safe(found)
    values = read_tensor(shown / "model.onnx", found.graph.initializers[0])
    np.testing.assert_array_equal(values, WEIGHT)


def test_a_pipe_is_not_waited_for(model):
    path = model("w.bin")
    os.mkfifo(path.parent / "w.bin")
    with pytest.raises(InspectorError, match="not a file"):
        require_safe(read_onnx(path))


def _device(path):
    os.symlink("/dev/zero", path)


def _socket(path):
    os.chdir(path.parent)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


@pytest.mark.parametrize(
    ("make", "rule", "said"),
    [
        (os.mkfifo, "missing-external-data", "is a pipe, not a file"),
        (_socket, "missing-external-data", "is a socket, not a file"),
        (os.mkdir, "missing-external-data", "is a folder, not a file"),
        (_device, "outside-external-data", "is a link out of the folder"),
    ],
)
def test_what_is_no_file_is_remarked_when_listed(model, monkeypatch, make, rule, said):
    path = model("w.bin")
    monkeypatch.chdir(path.parent)
    make(path.parent / "w.bin")
    (finding,) = [one for one in check_model(read_onnx(path)) if one.severity == "must"]
    assert (finding.rule, finding.where) == (rule, ("w.bin",))
    assert said in finding.sentence
    assert finding.why
    assert finding.mend


def test_a_name_of_a_windows_device_is_remarked_when_listed(model):
    (file,) = read_onnx(model("aux.bin")).external_files
    assert file.outside


def test_a_folder_is_no_weights(model):
    path = model("w.bin")
    (path.parent / "w.bin").mkdir()
    with pytest.raises(InspectorError, match="not a file"):
        require_safe(read_onnx(path))


@pytest.mark.parametrize("name", ["w" * 100_000, "w" * 300, "a/" * 5000 + "w"])
def test_names_that_no_file_has_are_said_in_short(model, name):
    with pytest.raises(InspectorError, match="is missing") as caught:
        require_safe(read_onnx(model(name)))
    assert len(caught.value.failure.sentence) < 400


def test_links_in_a_circle_lead_nowhere(model):
    path = model("w.bin")
    (path.parent / "w.bin").symlink_to("v.bin")
    (path.parent / "v.bin").symlink_to("w.bin")
    with pytest.raises(InspectorError, match="is missing"):
        require_safe(read_onnx(path))


def test_missing_weights_are_named(model):
    with pytest.raises(InspectorError, match=r"'w\.bin' with the model's weights is missing"):
        require_safe(read_onnx(model("w.bin")))


@pytest.mark.parametrize(("length", "offset"), [("", 4), (1600, 8), ("", 2**62)])
def test_more_than_the_file_holds_is_refused(model, length, offset):
    path = model("w.bin", length, offset)
    put_weights(path.parent)
    with pytest.raises(InspectorError, match=r"'w\.bin' has 1,600 bytes, but the model needs"):
        require_safe(read_onnx(path))


@pytest.mark.parametrize("length", [1599, 800, 1596])
def test_another_length_than_the_shape_takes_is_refused(model, length):
    path = model("w.bin", length)
    put_weights(path.parent)
    with pytest.raises(InspectorError, match=r"20 x 20 of float32 take 1,600"):
        require_safe(read_onnx(path))


def test_a_shape_whose_product_is_astronomic_is_refused_without_overflow(tmp_path):
    stored = T(name="w", data_type=T.FLOAT, dims=[2**62, 2**62], raw_data=b"\0" * 400)
    ends = [helper.make_tensor_value_info(name, T.FLOAT, None) for name in "xy"]
    node = helper.make_node("Add", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", ends[:1], ends[1:], [stored])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    (tmp_path / "m.onnx").write_bytes(proto.SerializeToString())
    with pytest.raises(InspectorError, match=f"take {2**126:,}"):
        require_safe(read_onnx(tmp_path / "m.onnx"))


@pytest.mark.parametrize(
    ("dtype", "shape", "length"),
    [("int4", (3,), 2), ("uint2", (5,), 2), ("float8e5m2", (3,), 3), ("float4e2m1", (3, 3), 5),
     ("float32", (), 4), ("bool", (0, 7), 0), ("string", (3,), 99)],
)  # fmt: skip
def test_packed_types_take_what_they_take(dtype, shape, length):
    tensor = Tensor("t", dtype, shape, length, Payload("", 0, length))
    assert wrong_size(tensor) is None
    if dtype != "string":
        assert wrong_size(tensor._replace(payload=Payload("", 0, length + 1))) == length


def test_a_negative_size_fits_nothing():
    assert wrong_size(Tensor("t", "float32", (-1,), 0, Payload("", 0, 0))) is not None


def test_tensors_of_subgraphs_and_attributes_are_looked_at(tmp_path):
    inner = helper.make_node(
        "Constant", [], ["c"], value=onnx.numpy_helper.from_array(WEIGHT, "inner")
    )
    branch = helper.make_graph(
        [inner], "branch", [], [helper.make_tensor_value_info("c", T.FLOAT, [20, 20])]
    )
    node = helper.make_node("If", ["q"], ["y"], then_branch=branch, else_branch=branch)
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("q", T.BOOL, [])],
        [helper.make_tensor_value_info("y", T.FLOAT, [20, 20])],
    )  # fmt: skip
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    (tmp_path / "m.onnx").write_bytes(proto.SerializeToString())
    assert [one.name for one in tensors(read_onnx(tmp_path / "m.onnx"))] == ["inner", "inner"]
