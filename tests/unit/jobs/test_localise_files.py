"""Two ONNX files: paired by names, by structure; halves, quantised files, branches."""

import numpy as np
import pytest

from inspector.core.layers import Status
from inspector.core.progress import Report
from inspector.core.sources import DataSource, ModelSource
from inspector.jobs import localise, localise_store
from inspector.jobs.localise_store import Store
from inspector.jobs.requests import LocaliseRequest
from inspector.runtimes import onnxruntime_taps

onnx = pytest.importorskip("onnx")
T = onnx.TensorProto
RANDOM = np.random.default_rng(5)
WEIGHTS = {f"w{i}": RANDOM.normal(size=(6, 6)).astype(np.float32) for i in range(3)}
DATA = RANDOM.normal(size=(5, 6)).astype(np.float32)


def node(kind, inputs, outputs, name="", **attributes):
    return onnx.helper.make_node(kind, list(inputs), list(outputs), name=name, **attributes)


def layers():
    """Three products with an activation behind each."""
    nodes, value = [], "x"
    for i in range(3):
        nodes.append(node("MatMul", (value, f"w{i}"), (f"m{i}",), f"mul{i}"))
        value = "y" if i == 2 else f"a{i}"
        nodes.append(node("Tanh", (f"m{i}",), (value,), f"act{i}"))
    return nodes


def write(path, nodes, weights=WEIGHTS, kind=T.FLOAT):
    graph = onnx.helper.make_graph(
        nodes,
        "g",
        [onnx.helper.make_tensor_value_info("x", T.FLOAT, ["n", 6])],
        [onnx.helper.make_tensor_value_info("y", kind, None)],
        [onnx.numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    opsets = [onnx.helper.make_opsetid("", 18)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    return path


@pytest.fixture
def search(tmp_path):
    reference = write(tmp_path / "reference.onnx", layers())
    np.savez(tmp_path / "x.npz", x=DATA)

    def run(nodes, weights=WEIGHTS, **options):
        candidate = write(tmp_path / "candidate.onnx", nodes, weights)
        data = DataSource(paths=(str(tmp_path / "x.npz"),))
        sources = ModelSource(str(reference)), ModelSource(str(candidate))
        request = LocaliseRequest(*sources, data, **{"samples": (0, 3), **options})
        return localise.run(request, tmp_path, Report())

    return run


def born_in(found):
    assert found.birthplace is not None
    return found.layers[found.birthplace]


def renamed(nodes):
    """The same nodes with other names for everything inside."""
    names = {name: f"t{i}" for i, one in enumerate(nodes) for name in one.output if name != "y"}
    for i, one in enumerate(nodes):
        one.name = f"n{i}"
        for side in (one.input, one.output):
            side[:] = [names.get(name, name) for name in side]
    return nodes


def test_equal_files_agree_layer_by_layer(search):
    found = search(layers())
    assert found.sentence == "All 6 layers agree."
    assert [one.name for one in found.layers] == ["mul0", "act0", "mul1", "act1", "mul2", "act2"]
    assert {one.scaled_error for one in found.layers} == {0.0}
    assert found.samples == (0, 3)
    assert found.blame is not None
    assert found.blame.at_fault == "nothing"
    assert len(found.blame.trials) == 3


@pytest.mark.parametrize("change", [lambda nodes: nodes, renamed], ids=["by name", "by structure"])
def test_a_weight_that_differs_is_found(search, change):
    found = search(change(layers()), {**WEIGHTS, "w1": WEIGHTS["w1"] * np.float32(1.1)})
    born = born_in(found)
    assert found.layers.index(born) == 2
    assert (born.op_type, born.local_agrees) == ("MatMul", False)
    assert born.paired_by == ("name" if born.name == "mul1" else "structure")
    assert [one.status for one in found.layers[3:]] == [Status.DIFFERS] * 3
    assert all(one.local_agrees for one in found.layers[3:])
    assert found.blame is not None
    assert found.blame.at_fault == "file"
    assert "ONNX Runtime follows it correctly" in found.blame.sentence


def test_another_operator_says_what_both_have_there(search):
    nodes = layers()
    nodes[3] = node("Clip", ("m1",), ("a1",), "act1")
    found = search(nodes)
    assert born_in(found).name == "act1"
    assert "The reference has Tanh() there, the candidate Clip()" in found.detail


def test_rounding_to_halves_is_no_defect_of_a_layer(search):
    nodes = [node("Cast", ("x",), ("h",), "to", to=T.FLOAT16), *layers()]
    nodes[1].input[0] = "h"
    nodes[-1].output[0] = "half"
    nodes.append(node("Cast", ("half",), ("y",), "back", to=T.FLOAT))
    found = search(nodes, {name: array.astype(np.float16) for name, array in WEIGHTS.items()})
    inside = [one for one in found.layers if one.name not in ("to", "back")]
    assert len(inside) >= 5
    assert all(one.local_agrees for one in inside)
    assert found.birthplace is None
    assert "grows from layer to layer" in found.sentence


def test_an_infinity_on_one_side_is_the_worst_of_all(search):
    nodes = layers()
    nodes[1:2] = [
        node("Sub", ("m0", "m0"), ("zero",), "zero"),
        node("Div", ("m0", "zero"), ("a0",), "act0"),
    ]
    found = search(nodes)
    born = born_in(found)
    assert (born.name, born.scaled_error, born.times_allowed) == ("act0", np.inf, np.inf)


def test_what_lies_in_a_branch_is_said_not_to_be_seen(search):
    branch = onnx.helper.make_graph(
        [node("Tanh", ("m2",), ("z",))],
        "branch",
        [],
        [onnx.helper.make_tensor_value_info("z", T.FLOAT, None)],
    )
    nodes = [
        *layers()[:-1],
        node("ReduceMax", ("m2",), ("top",), "top", keepdims=0),
        node("IsNaN", ("top",), ("odd",), "odd"),
        node("If", ("odd",), ("y",), "if", then_branch=branch, else_branch=branch),
    ]
    found = search(nodes)
    assert found.birthplace is None
    assert found.not_checked[0] == "Values inside 2 subgraphs (branches and loops)."
    assert found.layers[-1].op_type == "If"
    assert found.layers[-1].local_agrees


def test_small_parts_and_values_on_disk_give_the_same(search, monkeypatch):
    weights = {**WEIGHTS, "w1": WEIGHTS["w1"] * np.float32(1.1)}
    whole = search(layers(), weights)
    monkeypatch.setattr(onnxruntime_taps, "_BUDGET", 100)
    monkeypatch.setattr(localise_store.Store.__init__, "__defaults__", (0,))
    parts = search(layers(), weights)
    assert parts.layers == whole.layers
    assert parts.birthplace == whole.birthplace


def test_a_sample_that_is_not_there_is_left_out(search):
    assert search(layers(), samples=(99,)).samples == (0,)
    assert search(layers(), samples=()).samples == (0,)


def test_the_store_keeps_values_in_memory_and_then_on_disk(tmp_path):
    store = Store(tmp_path / "values", in_memory=20)
    first, second = np.arange(4, dtype=np.float32), np.arange(8, dtype=np.float32)
    store.put(0, "a", first)
    store.put(1, "a", second)
    np.testing.assert_array_equal(store.get(0, "a"), first)
    np.testing.assert_array_equal(store.get(1, "a"), second)
    assert [path.name for path in (tmp_path / "values").iterdir()] == ["0.npy"]
    assert (1, "a") in store
    assert (1, "b") not in store
    with pytest.raises(KeyError):
        store.get(0, "b")


def test_twins_that_structure_mistakes_for_each_other_are_no_mismatch(search, tmp_path):
    def twins(first, second):
        parts = [
            node("Slice", ("m0", "k0", "k2", "k3"), (first,), f"s{first}"),
            node("Slice", ("m0", "k2", "k4", "k3"), (second,), f"s{second}"),
        ]
        return [
            node("MatMul", ("x", "w0"), ("m0",), "mul"),
            *(parts if first == "p" else parts[::-1]),
            node("Concat", (first, second), ("y",), "join", axis=1),
        ]

    numbers = {f"k{i}": np.array([value]) for i, value in ((0, 0), (2, 3), (3, 1), (4, 6))}
    weights = {**WEIGHTS, **numbers}
    write(tmp_path / "reference.onnx", twins("p", "q"), weights)
    found = search(twins("t0", "t1"), weights)
    assert found.first_divergence is found.birthplace is None
    assert all(one.local_agrees for one in found.layers)
