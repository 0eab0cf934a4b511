import shutil
import subprocess

import numpy as np
import pytest

from inspector.core.failures import NEEDS_OPERATORS, InspectorError
from inspector.core.runtime_limits import installed_limits
from inspector.core.sources import ModelSource
from inspector.formats.onnx import read_onnx
from inspector.runtimes.onnxruntime import CPU, import_onnxruntime, open_session, open_source
from inspector.runtimes.onnxruntime_kernels import missing_kernels
from inspector.runtimes.onnxruntime_limits import limits

onnx = pytest.importorskip("onnx")
helper, T = onnx.helper, onnx.TensorProto
X = ("x", T.FLOAT, [2, 3])
Y = ("y", T.FLOAT, [2, 3])
DATA = {"x": np.array([[1, -2, 3], [4, 5, -6]], np.float32)}


def node(kind, inputs=("x",), outputs=("y",), **attributes):
    return helper.make_node(kind, list(inputs), list(outputs), **attributes)


@pytest.fixture
def too_new(tmp_path):
    """A model of one Relu in versions that the installed runtime does not read."""

    def write(opset, ir_version):
        ends = [helper.make_tensor_value_info(*one) for one in (X, Y)]
        graph = helper.make_graph([node("Relu")], "g", ends[:1], ends[1:])
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version
        )
        (tmp_path / "new.onnx").write_bytes(model.SerializeToString())
        return tmp_path / "new.onnx"

    return write


def test_what_is_told_by_the_version_alone_is_what_the_runtime_does():
    """A newer release than the table's shows here; its row is then to be added."""
    told, found = installed_limits(), limits()
    assert (told.opset, told.ir_version) == (found.opset, found.ir_version)
    assert told.runtime == found.runtime


def test_the_limits_are_those_that_the_runtime_itself_states(too_new):
    runtime, known = import_onnxruntime(), limits()
    for opset, ir_version in ((known.opset, 8), (17, known.ir_version)):
        runtime.InferenceSession(too_new(opset, ir_version), providers=[CPU])
    for opset, ir_version in ((known.opset + 1, 8), (17, known.ir_version + 1)):
        with pytest.raises(Exception, match=r"under development|Unsupported model IR"):
            runtime.InferenceSession(too_new(opset, ir_version), providers=[CPU])


@pytest.mark.parametrize("which", ["opset", "ir_version"])
def test_a_file_that_is_too_new_says_so_and_runs_as_a_converted_copy(too_new, tmp_path, which):
    known = limits()
    opset = known.opset + 1 if which == "opset" else 18
    path = too_new(opset, known.ir_version + (which == "ir_version"))
    with pytest.raises(InspectorError, match="reads up to") as caught:
        open_session(path)
    assert "--convert" in caught.value.failure.hint
    before = path.read_bytes()
    runtime = open_source(ModelSource(str(path)), CPU, tmp_path / "scratch", convert=True)
    np.testing.assert_array_equal(runtime.run(DATA)[0], np.maximum(DATA["x"], 0))
    assert [one.rule for one in runtime.findings] == ["converted"]
    assert path.read_bytes() == before


def test_a_file_from_before_the_oldest_opset_runs_as_a_converted_copy(write_onnx, tmp_path):
    nodes = [node("Add", ("x", "x"), ("a",)), node("PRelu", ("a", "s"))]
    slope = onnx.numpy_helper.from_array(np.full(3, 0.5, np.float32), "s")
    path = write_onnx(nodes, [X], [Y], opset=6, initializers=[slope])
    with pytest.raises(InspectorError, match="no kernel for the node") as caught:
        open_session(path)
    assert "--convert" in caught.value.failure.hint
    runtime = open_source(ModelSource(str(path)), CPU, tmp_path / "scratch", convert=True)
    twice = DATA["x"] * 2
    np.testing.assert_array_equal(runtime.run(DATA)[0], np.where(twice < 0, twice / 2, twice))
    assert "opset 6 was converted to 13" in runtime.findings[0].sentence


def test_a_file_that_is_old_enough_is_run_itself(write_onnx, tmp_path):
    path = write_onnx([node("Relu")], [X], [Y])
    runtime = open_source(ModelSource(str(path)), CPU, tmp_path / "scratch", convert=True)
    assert runtime.findings == ()
    assert not (tmp_path / "scratch").exists()


def test_a_node_without_a_kernel_is_named_with_what_would_do(write_onnx):
    kind = T.DOUBLE
    weight = onnx.numpy_helper.from_array(np.zeros((4, 3, 3, 3)), "w")
    path = write_onnx(
        [node("Conv", ("x", "w"), name="/stem/Conv")],
        [("x", kind, [1, 3, 8, 8])],
        [("y", kind, None)],
        initializers=[weight],
    )
    with pytest.raises(InspectorError, match=r"'/stem/Conv': Conv .* with float64") as caught:
        open_session(path)
    assert "float32" in caught.value.failure.hint
    assert "NOT_IMPLEMENTED" in caught.value.failure.detail


def test_types_are_followed_through_nodes_that_the_file_says_nothing_about(write_onnx):
    nodes = [
        node("Cast", outputs=("a",), to=T.DOUBLE),
        node("Identity", ("a",), ("b",)),
        node("Resize", ("b", "", "s"), ("c",), name="up"),
        node("Cast", ("c",), to=T.FLOAT),
    ]
    scales = onnx.numpy_helper.from_array(np.array([1, 2], np.float32), "s")
    path = write_onnx(nodes, [X], [("y", T.FLOAT, None)], initializers=[scales])
    (missing,) = missing_kernels(read_onnx(path))
    assert (missing.node, missing.op_type, missing.types[0]) == ("up", "Resize", "float64")


def test_half_precision_is_computed_in_single_precision(write_onnx):
    kind = T.FLOAT16
    path = write_onnx([node("Erf")], [("x", kind, [3])], [("y", kind, [3])])
    assert missing_kernels(read_onnx(path)) == ()
    assert open_session(path).run({"x": np.zeros(3, np.float16)})[0].dtype == np.float16


def test_operators_that_the_standard_writes_in_simpler_ones_need_no_kernel(write_onnx):
    path = write_onnx([node("MeanVarianceNormalization", axes=[1])], [X], [Y])
    assert missing_kernels(read_onnx(path)) == ()
    open_session(path)


def test_nodes_of_subgraphs_are_looked_at_with_the_types_around_them(write_onnx):
    ends = [helper.make_tensor_value_info("o", T.DOUBLE, None)]
    scales = onnx.numpy_helper.from_array(np.array([1, 2], np.float32), "s")
    branch = helper.make_graph(
        [node("Resize", ("d", "", "s"), ("o",), name="inner")], "b", [], ends, [scales]
    )
    path = write_onnx(
        [node("If", ("q",), then_branch=branch, else_branch=branch)],
        [("q", T.BOOL, []), ("d", T.DOUBLE, [2, 3])],
        [("y", T.DOUBLE, None)],
    )
    assert [one.node for one in missing_kernels(read_onnx(path))] == ["inner", "inner"]


def test_a_custom_operator_is_named_and_its_library_asked_for(write_onnx):
    path = write_onnx([node("Spin", domain="com.acme", name="s")], [X], [Y], domains=["com.acme"])
    with pytest.raises(InspectorError, match=r"'com\.acme:Spin' of the node 's'") as caught:
        open_session(path)
    assert "--custom-ops" in caught.value.failure.hint


def test_a_local_function_is_no_custom_operator(tmp_path):
    domain = "local"
    twice = helper.make_function(
        domain, "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 18)],
    )  # fmt: skip
    ends = [helper.make_tensor_value_info(*one) for one in (X, Y)]
    graph = helper.make_graph([node("Twice", domain=domain)], "g", ends[:1], ends[1:])
    imports = [helper.make_opsetid("", 18), helper.make_opsetid(domain, 1)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8, functions=[twice])
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    np.testing.assert_array_equal(open_session(tmp_path / "m.onnx").run(DATA)[0], DATA["x"] * 2)


def test_a_library_needs_consent_before_it_is_touched(write_onnx, tmp_path):
    source = ModelSource(str(write_onnx([node("Relu")], [X], [Y])), custom_ops=("/no/lib.so",))
    with pytest.raises(InspectorError, match=r"'lib\.so' would be executed") as caught:
        open_source(source, CPU, tmp_path, convert=False)
    assert caught.value.failure.kind == NEEDS_OPERATORS


@pytest.mark.parametrize(
    ("content", "said"), [(None, "does not exist"), (b"x", "is not a library")]
)
def test_a_library_that_is_missing_or_none_is_explained(write_onnx, tmp_path, content, said):
    library = tmp_path / "ops.so"
    if content is not None:
        library.write_bytes(content)
    source = ModelSource(
        str(write_onnx([node("Relu")], [X], [Y])), trust=True, custom_ops=(str(library),)
    )
    with pytest.raises(InspectorError, match=said):
        open_source(source, CPU, tmp_path, convert=False)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_a_library_is_registered_in_every_session_of_the_file(write_onnx, tmp_path):
    (tmp_path / "ops.c").write_text(
        "#include <stdio.h>\n"
        "void *RegisterCustomOps(void *options, const void *api) {\n"
        f'  FILE *marker = fopen("{tmp_path}/marker", "a"); fputc(43, marker); fclose(marker);\n'
        "  return 0;\n}\n"
    )
    library = tmp_path / "ops.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "ops.c"], check=True)
    source = ModelSource(
        str(write_onnx([node("Relu")], [X], [Y])), trust=True, custom_ops=(str(library),)
    )
    runtime = open_source(source, CPU, tmp_path, convert=False)
    runtime.again("off").run(DATA)
    assert (tmp_path / "marker").read_text() == "++"
