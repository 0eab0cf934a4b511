"""What gives two answers to one question is found, however it hides, and nothing else is."""

import numpy as np
import onnx
import pytest
import torch

from inspector.core.comparison import AGAINST_OFF, Verdict
from inspector.core.sources import ModelSource
from inspector.jobs.compare_repeat import TWICE, TWICE_OFF, check_repeats
from inspector.jobs.compare_sides import Opened
from inspector.runtimes import onnxruntime
from inspector.runtimes.onnxruntime import open_session

X = np.random.default_rng(0).standard_normal((4, 64)).astype(np.float32)

FORGOTTEN = "def forward(self, x):\n    return F.dropout(x)\n"
NOISE = "def forward(self, x):\n    return x + torch.randn(x.shape)\n"
DRAWN = "def forward(self, x):\n    return torch.multinomial(x.softmax(1), 3).float()\n"
RARE = "def forward(self, x):\n    return x + (torch.rand(()) < 0.5).float()\n"
NUMPY = """
def forward(self, x):
    import numpy
    return x + numpy.random.default_rng().standard_normal()
"""
COUNTING = """
def __init__(self):
    super().__init__()
    self.register_buffer("seen", torch.zeros(()))
def forward(self, x):
    self.seen += 1
    return x * self.seen
"""
ENTRIES = """
def __init__(self):
    super().__init__()
    self.seen = 0
def forward(self, x):
    self.seen += 1
    return [x] * self.seen
"""
SEEDED = "def forward(self, x):\n    torch.manual_seed(3)\n    return x + torch.randn(x.shape)\n"
JITTER = "def forward(self, x):\n    return x + 1e-8 * torch.randn(x.shape)\n"
PLAIN = "def forward(self, x):\n    return torch.relu(x)\n"


def opened_net(pair_of, body):
    from inspector.core.progress import Report
    from inspector.runtimes.registry import How, open_runtime

    pair = pair_of(body)
    runtime = open_runtime(pair.reference, How(Report(), pair.folder))
    return Opened("reference", pair.reference, runtime, names={"x": "x"})


@pytest.mark.parametrize("body", [FORGOTTEN, NOISE, DRAWN, RARE, NUMPY, COUNTING, ENTRIES])
def test_a_module_that_gives_other_answers_is_found(pair_of, body):
    side = opened_net(pair_of, body)
    torch.manual_seed(0)
    (found,) = check_repeats(side, {"x": X})
    assert (found.how, found.same) == (TWICE, False)


@pytest.mark.parametrize(("body", "apart"), [(PLAIN, 0.0), (SEEDED, 0.0), (JITTER, 1e-7)])
def test_a_module_that_repeats_itself_is_left_alone(pair_of, body, apart):
    (found,) = check_repeats(opened_net(pair_of, body), {"x": X})
    assert found.same
    assert 0.0 <= found.max_absolute_error <= apart


def test_the_seed_inside_the_module_does_not_hide_the_draw_in_the_graph(pair_of):
    pair = pair_of(SEEDED)
    pair.export(torch.randn(4, 64))
    comparison = pair.compare(X)
    assert comparison.verdict is Verdict.CANNOT_JUDGE
    assert comparison.repeats[0].same


def value(name, shape=(4, 64), dtype=1):
    return onnx.helper.make_tensor_value_info(name, dtype, shape)


def node(op_type, inputs, outputs, **attributes):
    return onnx.helper.make_node(op_type, inputs, outputs, name=op_type, **attributes)


DRAW = node("RandomUniform", [], ["r"], shape=[4, 64], seed=7.0)


def dropout():
    return [node("Dropout", ["x", "ratio", "training"], ["y"], seed=1)], ()


def seeded():
    return [DRAW, node("Add", ["x", "r"], ["y"])], ()


def in_a_branch():
    branch = onnx.helper.make_graph(
        [DRAW, node("Add", ["x", "r"], ["b"])], "then", [], [value("b")]
    )
    other = onnx.helper.make_graph([node("Identity", ["x"], ["c"])], "else", [], [value("c")])
    return [node("If", ["training"], ["y"], then_branch=branch, else_branch=other)], ()


def in_a_function():
    function = onnx.helper.make_function(
        "own", "Noisy", ["x"], ["y"], [DRAW, node("Add", ["x", "r"], ["y"])],
        [onnx.helper.make_opsetid("", 18)],
    )  # fmt: skip
    return [onnx.helper.make_node("Noisy", ["x"], ["y"], domain="own")], (function,)


def multinomial():
    return [
        node("Multinomial", ["x"], ["m"], sample_size=64, seed=2.0),
        node("Cast", ["m"], ["y"], to=1),
    ], ()


@pytest.fixture
def side_of(tmp_path):
    def make(nodes, functions):
        from inspector.core.model import Model
        from inspector.formats.registry import open_file

        constants = [
            onnx.helper.make_tensor("ratio", 1, [], [0.5]),
            onnx.helper.make_tensor("training", 9, [], [True]),
        ]
        graph = onnx.helper.make_graph(nodes, "g", [value("x")], [value("y")], constants)
        opsets = [onnx.helper.make_opsetid("", 18), onnx.helper.make_opsetid("own", 1)]
        model = onnx.helper.make_model(
            graph, opset_imports=opsets, ir_version=10, functions=functions
        )
        path = tmp_path / "model.onnx"
        path.write_bytes(model.SerializeToString())
        read = open_file(str(path))
        assert isinstance(read, Model)
        source = ModelSource(str(path))
        return Opened("candidate", source, open_session(path), read, names={"x": "x"})

    return make


@pytest.mark.parametrize("make", [dropout, seeded, in_a_branch, in_a_function, multinomial])
def test_a_graph_that_gives_other_answers_is_found_by_running_and_by_reading(side_of, make):
    from inspector.jobs.compare_sides import random_nodes

    side = side_of(*make())
    found = {repeat.how: repeat.same for repeat in check_repeats(side, {"x": X})}
    assert not all(found.values())
    assert len(random_nodes((side, side))) == 2
    assert not found[TWICE_OFF]


def test_a_graph_that_repeats_itself_is_left_alone(side_of):
    found = check_repeats(side_of([node("Relu", ["x"], ["y"])], ()), {"x": X})
    assert [(one.how, one.same, one.max_absolute_error) for one in found] == [
        (TWICE, True, 0.0),
        (TWICE_OFF, True, 0.0),
        (AGAINST_OFF, True, 0.0),
    ]


def test_a_file_that_runs_only_when_it_is_rewritten_is_run_twice_all_the_same(side_of, monkeypatch):
    side = side_of([node("Relu", ["x"], ["y"])], ())
    start = onnxruntime._start

    def fails(opening):
        if opening.level == "off":
            raise RuntimeError("Could not find an implementation for Relu")
        return start(opening)

    monkeypatch.setattr(onnxruntime, "_start", fails)
    (found,) = check_repeats(side, {"x": X})
    assert (found.how, found.same) == (TWICE, True)
