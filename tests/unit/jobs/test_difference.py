"""What differs between two ONNX files: every kind of change is named, and only those."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from inspector.core.difference import PARTS, summary
from inspector.core.failures import InspectorError
from inspector.core.progress import Report
from inspector.jobs.difference import run
from inspector.jobs.requests import AgainstRequest

WEIGHT = np.arange(200, dtype=np.float32).reshape(10, 20)


def nodes(prefix="", attribute=1, middle=True):
    made = [helper.make_node("Gemm", ["x", "w"], [f"{prefix}a"], f"{prefix}fc", transB=attribute)]
    if middle:
        made.append(helper.make_node("Relu", [f"{prefix}a"], [f"{prefix}r"], f"{prefix}act"))
    last = f"{prefix}r" if middle else f"{prefix}a"
    return [*made, helper.make_node("Softmax", [last], ["out"], f"{prefix}soft")]


@pytest.fixture
def between(tmp_path):
    def compare(first, second):
        paths = []
        for name, given in (("a.onnx", first), ("b.onnx", second)):
            made = {"nodes": nodes(), "weights": {"w": WEIGHT}, "opset": 18, "shape": [1, 20]}
            made |= {"metadata": {}, "functions": []} | given
            protos = [numpy_helper.from_array(v, k) for k, v in made["weights"].items()]
            graph = helper.make_graph(
                made["nodes"],
                "g",
                [helper.make_tensor_value_info("x", 1, made["shape"])],
                [helper.make_tensor_value_info("out", 1, None)],
                protos,
            )
            opset = [helper.make_opsetid("", made["opset"])]
            model = helper.make_model(
                graph, opset_imports=opset, ir_version=8, functions=made["functions"]
            )
            helper.set_model_props(model, made["metadata"])
            onnx.save(model, tmp_path / name)
            paths.append(str(tmp_path / name))
        return run(AgainstRequest(tuple(paths)), tmp_path, Report())

    return compare


def listed(found):
    return [tuple(change[:4]) for change in found.changes]


def test_a_file_is_the_same_as_itself(between):
    found = between({}, {})
    assert (found.changes, found.same_nodes, found.same_weights) == ((), 3, 1)
    assert summary(found) == "Both files are the same in structure: 3 nodes and 1 weights."


def test_other_names_alone_are_no_difference(between):
    found = between({}, {"nodes": nodes("layer.")})
    assert found.changes == ()
    assert found.same_nodes == 3


def test_a_renamed_weight_is_named_once(between):
    renamed = nodes()
    renamed[0].input[1] = "v"
    found = between({}, {"nodes": renamed, "weights": {"v": WEIGHT}})
    assert [change[:-1] for change in found.changes] == [
        ("weight", "changed", "w", "name", "w", "v")
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"opset": 17}, ("opset", "changed", "ai.onnx", "")),
        ({"metadata": {"author": "x"}}, ("metadata", "added", "author", "")),
        ({"shape": [2, 20]}, ("input", "changed", "x", "")),
        ({"nodes": nodes(attribute=0)}, ("node", "changed", "fc", "transB")),
        ({"weights": {"w": WEIGHT + 1}}, ("weight", "changed", "w", "values")),
        ({"weights": {"w": WEIGHT.astype(np.float16)}}, ("weight", "changed", "w", "type")),
        ({"weights": {"w": WEIGHT, "n": WEIGHT}}, ("weight", "added", "n", "")),
        ({"weights": {}}, ("weight", "removed", "w", "")),
    ],
)
def test_each_kind_of_change_is_named_and_nothing_else(between, change, expected):
    assert listed(between({}, change)) == [expected]


def test_what_changed_in_values_is_said_in_words_and_the_digest_kept(between, monkeypatch):
    other = WEIGHT.copy()
    other[2, 3:6] += 0.25
    (change,) = between({}, {"weights": {"w": other}}).changes
    assert change.note == "3 of 200 values differ, by at most 0.25"
    assert (len(change.before), len(change.after)) == (12, 12)
    assert change.before != change.after
    monkeypatch.setattr("inspector.jobs.difference.MOST", 199)
    (change,) = between({}, {"weights": {"w": other}}).changes
    assert change.note == "values differ"


def test_an_added_node_shows_and_who_reads_it_now(between):
    found = between({"nodes": nodes(middle=False)}, {})
    assert listed(found) == [("node", "changed", "soft", "inputs"), ("node", "added", "act", "")]
    assert found.counts == {"node": {"changed": 1, "added": 1}}
    back = between({}, {"nodes": nodes(middle=False)})
    assert ("node", "removed", "act", "") in listed(back)


def test_another_operator_under_the_same_name_is_a_change(between):
    other = nodes()
    other[1].op_type = "Tanh"
    other[1].output[0] = other[2].input[0] = "t"
    assert listed(between({}, {"nodes": other})) == [("node", "changed", "act", "op type")]


def test_nodes_without_names_are_paired_by_what_is_around_them(between):
    def bare(prefix, extra):
        made = nodes(prefix)
        if extra:
            made.insert(2, helper.make_node("Abs", [f"{prefix}r"], [f"{prefix}s"]))
            made[3].input[0] = f"{prefix}s"
        for node in made:
            node.name = ""
        return made

    found = between({"nodes": bare("p", False)}, {"nodes": bare("q", True)})
    assert listed(found) == [
        ("node", "changed", "Softmax 2", "inputs"),
        ("node", "added", "Abs 2", ""),
    ]


def test_subgraphs_are_compared_too(between):
    def branched(op_type):
        inner = helper.make_graph(
            [helper.make_node(op_type, ["x"], ["t"], "inner")],
            "branch",
            [],
            [helper.make_tensor_value_info("t", 1, None)],
        )
        made = helper.make_node("If", ["c"], ["out"], "if", then_branch=inner, else_branch=inner)
        return {"nodes": [made], "weights": {"c": np.array(True)}}

    found = between(branched("Neg"), branched("Abs"))
    names = {(change.name, change.what) for change in found.changes}
    assert names == {("if/then_branch/inner", "op type"), ("if/else_branch/inner", "op type")}


def test_constants_are_told_by_their_values(between):
    def constant(value):
        held = numpy_helper.from_array(np.full(400, value, np.float32))
        return {"nodes": [helper.make_node("Constant", [], ["out"], "c", value=held)]}

    assert listed(between(constant(1), constant(2))) == [("node", "changed", "c", "value")]
    assert between(constant(1), constant(1)).changes == ()


def test_functions_are_compared_inside(between):
    def using(op_type):
        node = helper.make_node(op_type, ["a"], ["b"], "inside")
        made = helper.make_function("own", "F", ["a"], ["b"], [node], [helper.make_opsetid("", 18)])
        return {"functions": [made]}

    assert listed(between(using("Neg"), using("Neg"))) == []
    assert listed(between(using("Neg"), using("Abs"))) == [
        ("node", "changed", "own::F/inside", "op type")
    ]
    assert listed(between({}, using("Abs"))) == [("function", "added", "own::F", "")]


def test_a_short_list_counts_all(tmp_path, between):
    found = between({}, {"opset": 17, "weights": {"w": WEIGHT + 1}, "metadata": {"a": "b"}})
    short = run(AgainstRequest(found.paths, 1), tmp_path, Report())
    assert short.changes == found.changes[:1]
    assert (short.left_out, short.counts) == (2, found.counts)


def test_every_part_has_a_title_and_two_models_are_wanted(tmp_path, between):
    found = between({}, {"opset": 17, "weights": {"w": WEIGHT + 1}, "nodes": nodes("y", 0)})
    assert all(change.part in PARTS for change in found.changes)
    import torch

    torch.save({"w": torch.zeros(2)}, tmp_path / "c.pt")
    request = AgainstRequest((found.paths[0], str(tmp_path / "c.pt")))
    with pytest.raises(InspectorError, match="two ONNX files"):
        run(request, tmp_path, Report())
