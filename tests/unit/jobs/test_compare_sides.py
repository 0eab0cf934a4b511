from pathlib import Path

import numpy as np
import pytest

from inspector.core.comparison import AGAINST_OFF
from inspector.core.failures import InspectorError
from inspector.core.input_spec import parse_input_spec
from inspector.core.model import Value
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.formats import digests
from inspector.formats.onnx import read_onnx
from inspector.jobs.compare_repeat import TWICE, TWICE_OFF, check_repeats
from inspector.jobs.compare_sides import Opened, align, bring_together, digest_of, example_sizes
from inspector.runtimes.registry import How

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("inspector.runtimes.onnxruntime")
HOW = How(Report(), Path("scratch"))


@pytest.mark.parametrize(
    ("names", "bound", "aligned"),
    [
        (("x", "y"), ["x", "y"], {"x": "x", "y": "y"}),
        (("y", "x"), ["x", "y"], {"y": "y", "x": "x"}),
        (("a",), ["input"], {"a": "input"}),
        (("x", "b"), ["mask", "x"], {"x": "x", "b": "mask"}),
        (("x", "unused"), ["x"], {"x": "x", "unused": "unused"}),
    ],
)
def test_inputs_are_aligned_by_name_then_by_order(names, bound, aligned):
    assert align(names, bound) == aligned


@pytest.fixture
def side(tmp_path):
    """Open a model from `x` to `y` as one side."""

    def open_model(role, nodes, shape, dtype=onnx.TensorProto.FLOAT, inputs=()):
        helper = onnx.helper
        graph = helper.make_graph(
            nodes,
            "graph",
            [helper.make_tensor_value_info("x", dtype, shape)],
            [helper.make_tensor_value_info("y", dtype, None)],
        )
        opsets = [helper.make_opsetid("", 18)]
        path = tmp_path / f"{role}.onnx"
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        path.write_bytes(model.SerializeToString())
        source = ModelSource(str(path), inputs=inputs)
        return Opened(role, source, onnxruntime.open_session(path))

    return open_model


def relu():
    return [onnx.helper.make_node("Relu", ["x"], ["y"])]


def test_a_size_that_either_file_fixes_is_fixed(side):
    sides = side("reference", relu(), ["n", 3]), side("candidate", relu(), [4, "width"])
    assert bring_together(sides, HOW) == (Value("x", "float32", (4, 3)),)


@pytest.mark.parametrize("other", [[1, 4], [1, 3, 1]])
def test_files_that_take_different_data_are_refused(side, other):
    sides = side("reference", relu(), [1, 3]), side("candidate", relu(), other)
    with pytest.raises(InspectorError, match="take different data for 'x'"):
        bring_together(sides, HOW)


def test_example_sizes_come_from_what_was_said_about_the_input(side):
    spec = parse_input_spec("x=float32[n=2,time=40]")
    sides = (
        side("reference", relu(), ["n", "time"], inputs=(spec,)),
        side("candidate", relu(), ["n", "time"]),
    )
    bring_together(sides, HOW)
    assert example_sizes(sides) == {"x": (2, 40)}


def test_a_side_that_repeats_itself_is_run_again_in_three_ways(side):
    one = side("reference", relu(), ["n", 3])
    bring_together((one, one), HOW)
    repeats = check_repeats(one, {"x": np.ones((1, 3), np.float32)})
    assert [repeat.how for repeat in repeats] == [TWICE, TWICE_OFF, AGAINST_OFF]
    assert all(repeat.same and repeat.max_absolute_error == 0.0 for repeat in repeats)


def test_random_numbers_in_the_graph_do_not_repeat(side):
    nodes = [
        onnx.helper.make_node("RandomNormalLike", ["x"], ["noise"]),
        onnx.helper.make_node("Add", ["x", "noise"], ["y"]),
    ]
    one = side("reference", nodes, ["n", 3])
    bring_together((one, one), HOW)
    repeats = check_repeats(one, {"x": np.ones((1, 3), np.float32)})
    assert not repeats[0].same
    assert repeats[0].max_absolute_error > 0


def test_dropout_with_a_seed_is_found_out_though_its_first_two_runs_are_alike(tmp_path):
    info = onnx.helper.make_tensor_value_info
    kinds = onnx.TensorProto
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Dropout", ["x", "r", "t"], ["y"], seed=0)],
        "g",
        [info("x", kinds.FLOAT, [8, 8]), info("r", kinds.FLOAT, []), info("t", kinds.BOOL, [])],
        [info("y", kinds.FLOAT, [8, 8])],
    )
    imports = [onnx.helper.make_opsetid("", 13)]
    model = onnx.helper.make_model(graph, opset_imports=imports, ir_version=8)
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    arrays = {
        "x": np.ones((8, 8), np.float32), "r": np.array(0.5, np.float32), "t": np.array(True),
    }  # fmt: skip
    one = Opened(
        "candidate",
        ModelSource(str(path)),
        onnxruntime.open_session(path),
        read_onnx(path),
        names={name: name for name in arrays},
    )
    assert not check_repeats(one, arrays)[0].same


def test_the_digest_of_a_folder_depends_on_its_tensors(tmp_path):
    (tmp_path / "output_0.pb").write_bytes(b"one")
    first = digest_of(tmp_path)
    (tmp_path / "output_0.pb").write_bytes(b"two")
    assert digest_of(tmp_path) != first


def test_the_digest_of_a_model_that_is_a_folder_is_that_of_its_files(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    first = digest_of(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    assert first != digest_of(tmp_path) == digests.digest_of(str(tmp_path))
