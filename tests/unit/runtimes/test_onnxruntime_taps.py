"""Values inside a graph: tapped, and computed from given ones alone."""

import sys

import numpy as np
import pytest

from inspector.formats.onnx import read_onnx
from inspector.runtimes import onnxruntime_taps
from inspector.runtimes.onnxruntime import CPU, Opening, open_session
from inspector.runtimes.onnxruntime_taps import Taps, as_dtype, batches

onnx = pytest.importorskip("onnx")
ml_dtypes = pytest.importorskip("ml_dtypes")
T = onnx.TensorProto
X = ("x", T.FLOAT, ["batch", 4])
Y = ("y", T.FLOAT, None)
DATA = {"x": np.array([[1, -2, 3, -4]], np.float32)}


def node(kind, inputs, outputs, **attributes):
    return onnx.helper.make_node(kind, list(inputs), list(outputs), **attributes)


CHAIN = [
    node("Mul", ("x", "w"), ("a",)),
    node("Relu", ("a",), ("b",)),
    node("Shape", ("b",), ("s",)),
    node("Add", ("b", "a"), ("c",)),
    node("Reshape", ("c", "s"), ("y",)),
]


def weight(size=4, name="w"):
    return onnx.numpy_helper.from_array(np.full(size, 2, np.float32), name)


def taps_of(path, level="all"):
    return Taps(read_onnx(path), Opening(str(path), CPU, level, ()))


@pytest.fixture
def taps(write_onnx):
    return taps_of(write_onnx(CHAIN, [X], [Y], initializers=[weight()]))


def test_values_come_out_in_the_order_that_was_asked_for(taps):
    b, a = taps.tapped(["b", "a"]).run(DATA)
    np.testing.assert_array_equal(a, [[2, -4, 6, -8]])
    np.testing.assert_array_equal(b, [[2, 0, 6, 0]])


def test_forms_are_learnt_in_several_passes(taps, monkeypatch):
    monkeypatch.setattr(onnxruntime_taps, "_TAPS_AT_FIRST", 1)
    monkeypatch.setattr(onnxruntime_taps, "_BUDGET", 40)
    forms = taps.forms(["a", "b", "s", "c", "y"], DATA)
    assert forms["a"] == ((1, 4), "float32", 16)
    assert forms["s"] == ((2,), "int64", 16)
    assert list(forms) == ["a", "b", "s", "c", "y"]


def test_a_layer_alone_is_fed_with_what_is_given(taps):
    dtypes = {"a": "float32", "b": "float32"}
    cut = taps.cut(["b", "y"], {"a", "b"}, dtypes)
    assert set(cut.known) == {"a", "b"}
    given = {"a": np.full((1, 4), 10, np.float32), "b": np.full((1, 4), -1, np.float32)}
    b, y = cut.runtime.run(given)
    np.testing.assert_array_equal(b, np.full((1, 4), 10))
    np.testing.assert_array_equal(y, np.full((1, 4), 9))


def test_a_layer_at_the_beginning_is_fed_with_the_inputs(taps):
    cut = taps.cut(["a"], {"a", "b"}, {"a": "float32", "b": "float32"})
    assert cut.known == ()
    np.testing.assert_array_equal(cut.runtime.run(DATA)[0], [[2, -4, 6, -8]])


def test_large_weights_stay_in_the_file(write_onnx):
    size = onnxruntime_taps._LARGE // 4
    nodes = [node("Mul", ("x", "w"), ("a",)), node("Neg", ("a",), ("y",))]
    stored = onnx.numpy_helper.from_array(np.arange(size, dtype=np.float32), "w")
    path = write_onnx(nodes, [("x", T.FLOAT, [size])], [Y], initializers=[stored])
    taps = taps_of(path)
    held = taps._proto.graph.initializer[0]
    assert not held.raw_data
    assert held.data_location == T.EXTERNAL
    (a,) = taps.tapped(["a"]).run({"x": np.ones(size, np.float32)})
    np.testing.assert_array_equal(a, np.arange(size))
    proto, _ = taps.proto_of(["a"], {}, {})
    assert len(proto.graph.initializer[0].raw_data) == size * 4


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("beside", [True, False])
def test_a_file_in_a_cache_of_downloads_is_a_link(write_onnx, tmp_path, beside):
    size = onnxruntime_taps._LARGE // 4
    nodes = [node("Mul", ("x", "w"), ("a",)), node("Neg", ("a",), ("y",))]
    path = write_onnx(nodes, [("x", T.FLOAT, [size])], [Y], initializers=[weight(size)])
    store, shown = tmp_path / "blobs", tmp_path / "shown"
    store.mkdir()
    shown.mkdir()
    if beside:
        model = onnx.load(path)
        onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
        (tmp_path / "w.bin").rename(store / "2345")
        (shown / "w.bin").symlink_to(store / "2345")
    path.rename(store / "1234")
    (shown / "model.onnx").symlink_to(store / "1234")
    (a,) = taps_of(shown / "model.onnx").tapped(["a"]).run({"x": np.ones(size, np.float32)})
    np.testing.assert_array_equal(a, np.full(size, 2))


def test_weights_beside_the_file_are_found_from_anywhere(write_onnx, tmp_path, monkeypatch):
    nodes = [node("Mul", ("x", "w"), ("a",)), node("Neg", ("a",), ("y",))]
    path = write_onnx(nodes, [("x", T.FLOAT, [300])], [Y], initializers=[weight(300)])
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    other = tmp_path / "elsewhere"
    other.mkdir()
    monkeypatch.chdir(other)
    (a,) = taps_of(path).tapped(["a"]).run({"x": np.ones(300, np.float32)})
    np.testing.assert_array_equal(a, np.full(300, 2))


def test_what_a_branch_uses_is_given_to_it(write_onnx):
    branch = onnx.helper.make_graph(
        [node("Add", ("a", "a"), ("z",))], "branch", [], [onnx.helper.make_tensor_value_info(
            "z", T.FLOAT, None)],
    )  # fmt: skip
    nodes = [
        node("Relu", ("x",), ("a",)),
        node("If", ("go",), ("y",), then_branch=branch, else_branch=branch),
    ]
    path = write_onnx(nodes, [X, ("go", T.BOOL, [])], [Y])
    cut = taps_of(path).cut(["y"], {"a"}, {"a": "float32"})
    given = {"a": np.full((1, 4), 3, np.float32), "go": np.array(True)}
    np.testing.assert_array_equal(cut.runtime.run(given)[0], np.full((1, 4), 6))


def test_lists_are_passed_over(write_onnx):
    nodes = [
        node("SplitToSequence", ("x",), ("parts",), axis=1),
        node("ConcatFromSequence", ("parts",), ("y",), axis=1),
    ]
    taps = taps_of(write_onnx(nodes, [X], [Y]))
    assert list(taps.forms(["parts", "y"], DATA)) == ["y"]


def test_lists_that_a_branch_gives_are_passed_over_too(write_onnx):
    kind = onnx.helper.make_tensor_sequence_value_info("z", T.FLOAT, None)
    branch = onnx.helper.make_graph(
        [node("SequenceConstruct", ("x", "x"), ("z",))], "b", [], [kind]
    )
    nodes = [
        node("If", ("go",), ("parts",), then_branch=branch, else_branch=branch),
        node("ConcatFromSequence", ("parts",), ("y",), axis=1),
    ]
    taps = taps_of(write_onnx(nodes, [X, ("go", T.BOOL, [])], [Y]))
    assert list(taps.forms(["parts", "y"], {**DATA, "go": np.array(True)})) == ["y"]


def test_the_optimiser_is_off_whatever_the_file_is_run_with(write_onnx):
    nodes = [node("Identity", ("x",), ("same",)), node("Relu", ("same",), ("y",))]
    taps = taps_of(write_onnx(nodes, [X], [Y]))
    assert taps.tapped(["same"]).opened.level == "off"
    assert open_session(taps._opened.path).opened.level == "all"


def test_parts_stay_within_what_one_run_may_give(monkeypatch):
    monkeypatch.setattr(onnxruntime_taps, "_BUDGET", 10)
    sizes = {"a": 4, "b": 6, "c": 1, "d": 50, "e": 2}
    assert list(batches(list(sizes), sizes)) == [["a", "b"], ["c"], ["d"], ["e"]]


def test_values_are_rounded_to_the_files_own_type():
    exact = np.array([1 / 3], np.float32)
    assert as_dtype(exact, "float32") is exact
    assert as_dtype(exact, "float16").dtype == np.float16
    assert as_dtype(exact, "bfloat16").dtype == ml_dtypes.bfloat16
