"""The calculation in 64 bits says which side is nearer the truth, or that it cannot say."""

import numpy as np
import onnx
import torch

from inspector.core.comparison import Verdict
from inspector.core.referee import who_is_nearer
from inspector.core.sources import ModelSource
from inspector.jobs import compare_referee

RANDOM = np.random.default_rng(0)

NORM = """
def __init__(self):
    super().__init__()
    self.norm = nn.LayerNorm(64)
def forward(self, x):
    return self.norm(x)
"""


def altered(path, op_type, attribute, value):
    """The same file with another number in it."""
    model = onnx.load(path)
    (node,) = (node for node in model.graph.node if node.op_type == op_type)
    node.ClearField("attribute")
    node.attribute.append(onnx.helper.make_attribute(attribute, value))
    onnx.save(model, path)


def test_rounding_of_large_means_is_told_from_a_defect(pair_of):
    pair = pair_of(NORM)
    pair.export(torch.randn(2, 64), axes={"x0": {0: "batch"}})
    large = (RANDOM.standard_normal((40, 64)) + 1e4).astype(np.float32)
    (found,) = pair.compare(large).referees
    assert found.trusted
    assert (found.samples, found.whole.elements) == (40, 40 * 64)
    assert found.whole.candidate_rmse < 2 * found.whole.reference_rmse
    altered(pair.candidate.path, "LayerNormalization", "epsilon", 1e-2)
    (found,) = pair.compare(RANDOM.standard_normal((40, 64)).astype(np.float32)).referees
    assert found.trusted
    assert found.whole.candidate_rmse > 1000 * found.whole.reference_rmse
    assert who_is_nearer(found).startswith("A more precise calculation (64-bit) sides with PyTorch")


def test_nothing_is_calculated_where_all_agree(pair_of):
    pair = pair_of(NORM)
    pair.export(torch.randn(2, 64), axes={"x0": {0: "batch"}})
    comparison = pair.compare(RANDOM.standard_normal((4, 64)).astype(np.float32))
    assert comparison.referees == ()
    assert compare_referee.STAGE not in comparison.seconds


SCORES = """
def __init__(self):
    super().__init__()
    self.norm = nn.LayerNorm(8, eps=1e-5)
def forward(self, x):
    return torch.cat((x * 1e6, self.norm(x)), -1)
"""


def test_distances_are_told_slice_by_slice(pair_of):
    pair = pair_of(SCORES)
    pair.export(torch.randn(2, 8), axes={"x0": {0: "batch"}})
    altered(pair.candidate.path, "LayerNormalization", "epsilon", 1e-1)
    comparison = pair.compare(RANDOM.standard_normal((40, 8)).astype(np.float32))
    (found,), (output,) = comparison.referees, comparison.outputs
    assert output.slices is not None
    assert (found.trusted, found.axis, len(found.slices)) == (True, -1, 16)
    assert all(one.candidate_max < 1.0 for one in found.slices[:8])
    assert all(one.candidate_rmse > 1e3 * one.reference_rmse for one in found.slices[8:])


def test_when_time_is_short_the_worst_samples_come_first(pair_of, monkeypatch):
    pair = pair_of(NORM)
    pair.export(torch.randn(2, 64), axes={"x0": {0: "batch"}})
    altered(pair.candidate.path, "LayerNormalization", "epsilon", 1e-2)
    data = RANDOM.standard_normal((100, 64)).astype(np.float32)
    data[70] *= 0.01  # the smaller the variance, the more the epsilon counts
    monkeypatch.setattr(compare_referee, "SECONDS", 0.0)
    comparison = pair.compare(data)
    (found,), (output,) = comparison.referees, comparison.outputs
    assert output.worst[0].sample == 70
    assert found.samples == 32
    assert found.whole.candidate_max >= 0.9 * output.max_absolute_error


def test_two_onnx_files_have_no_referee(pair_of):
    pair = pair_of(NORM)
    pair.export(torch.randn(2, 64), axes={"x0": {0: "batch"}})
    other = pair.candidate.path.replace(".onnx", "_other.onnx")
    onnx.save(onnx.load(pair.candidate.path), other)
    altered(other, "LayerNormalization", "epsilon", 1e-2)
    pair.reference, pair.candidate = pair.candidate, ModelSource(other)
    (found,) = pair.compare(RANDOM.standard_normal((4, 64)).astype(np.float32)).referees
    assert not found.trusted
    assert "Neither side is a PyTorch model" in who_is_nearer(found)


STUBBORN = """
def __init__(self):
    super().__init__()
    self.norm = nn.LayerNorm(64)
def forward(self, x):
    if x.dtype != torch.float32:
        raise TypeError("float32 wanted")
    return self.norm(x)
"""


def test_a_module_that_insists_on_float32_has_no_referee_and_runs_on(pair_of):
    pair = pair_of(STUBBORN)
    pair.export(torch.randn(2, 64), axes={"x0": {0: "batch"}})
    altered(pair.candidate.path, "LayerNormalization", "epsilon", 1e-2)
    data = RANDOM.standard_normal((4, 64)).astype(np.float32)
    (found,) = pair.compare(data).referees
    assert not found.trusted
    assert "float32 wanted" in found.why_not
    assert torch.get_default_dtype() == torch.float32
    assert pair.compare(data).verdict is Verdict.FAIL
