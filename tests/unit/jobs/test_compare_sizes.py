"""What a file fixes behind an open header is found by running it, and what it does not, is not."""

import numpy as np
import onnx
import pytest
import torch

from inspector.core.comparison import Verdict
from inspector.core.input_spec import parse_input_spec
from inspector.core.size_trial import TrialOutcome
from inspector.jobs import compare_sizes
from inspector.runtimes.pytorch import forget

AGREES, DIFFERS, STOPPED = (
    TrialOutcome.AGREES,
    TrialOutcome.DIFFERS,
    TrialOutcome.CANDIDATE_STOPPED,
)
OWN, FIXED = TrialOutcome.REFERENCE_STOPPED, TrialOutcome.FIXED
RANDOM = np.random.default_rng(0)


def draw(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def outcomes(comparison, name):
    """Size to outcome, of the trials that changed one dimension."""
    return {t.sizes[name]: t.outcome for t in comparison.trials if t.changed == name}


PLAIN = """
def __init__(self):
    super().__init__()
    self.line = nn.Linear(8, 4)
def forward(self, x):
    return self.line(x).mean(1)
"""


def test_a_file_that_is_open_indeed_agrees_at_every_size(pair_of):
    pair = pair_of(PLAIN)
    pair.export(torch.randn(2, 5, 8), axes={"x0": {0: "batch", 1: "length"}})
    comparison = pair.compare(draw(16, 6, 8))
    assert comparison.verdict is Verdict.PASS
    assert outcomes(comparison, "batch") == dict.fromkeys((1, 2, 3), AGREES)
    assert outcomes(comparison, "length") == dict.fromkeys((7, 12, 3), AGREES)
    together = [trial for trial in comparison.trials if trial.changed == "batch, length"]
    assert [(trial.sizes, trial.outcome) for trial in together] == [
        ({"batch": 3, "length": 7}, AGREES)
    ]
    assert "Other sizes of 'length' than 3, 6, 7 and 12." in comparison.not_checked
    assert compare_sizes.STAGE in comparison.seconds


def test_nothing_is_tried_where_nobody_wants_it(pair_of):
    pair = pair_of(PLAIN)
    pair.export(torch.randn(2, 5, 8), axes={"x0": {0: "batch", 1: "length"}})
    comparison = pair.compare(draw(16, 6, 8), sizes=False)
    assert comparison.trials == ()
    assert "Other sizes of 'length' than 6." in comparison.not_checked


RESHAPED = """
def forward(self, x):
    return x.reshape(int(x.shape[0]), 4, 2).sum(-1) * 2
"""


def test_a_batch_that_is_baked_into_a_reshape_stops_the_file_and_not_the_comparison(pair_of):
    pair = pair_of(RESHAPED)
    pair.export(torch.randn(2, 8), axes={"x0": {0: "batch"}})
    comparison = pair.compare(draw(7, 8))
    assert comparison.verdict is Verdict.FAIL
    found = outcomes(comparison, "batch")
    assert found == dict.fromkeys((7, 1, 3), STOPPED)
    assert (comparison.data.samples, comparison.data.batch_size) == (6, 2)
    assert all(output.verdict is Verdict.PASS for output in comparison.outputs)
    assert "Reshape" in comparison.trials[0].detail


def test_a_batch_that_both_have_fixed_inside_is_found_and_nobodys_fault(pair_of):
    pair = pair_of(RESHAPED)
    pair.export(torch.randn(2, 8), axes={"x0": {0: "batch"}})
    pair.reference = pair.candidate
    comparison = pair.compare(draw(7, 8))
    assert comparison.verdict is Verdict.PASS, comparison.sentence
    assert (comparison.data.samples, comparison.data.batch_size) == (6, 2)
    assert set(outcomes(comparison, "batch").values()) == {OWN}
    assert "The last 1 sample, which do not fill a run of 2." in comparison.not_checked


LOOP = """
def __init__(self):
    super().__init__()
    self.line = nn.Linear(8, 8)
def forward(self, x):
    rows = []
    for place in range(x.shape[0]):
        rows.append(self.line(x[place]) + (rows[-1] if rows else 0))
    return torch.stack(rows).sum(0, keepdim=True)
"""


def test_a_loop_over_the_batch_that_was_unrolled_is_wrong_at_other_sizes(pair_of):
    pair = pair_of(LOOP)
    pair.export(torch.randn(2, 8), axes={"x0": {0: "batch"}})
    comparison = pair.compare(draw(2, 8))
    assert comparison.verdict is Verdict.FAIL
    assert outcomes(comparison, "batch") == {1: STOPPED, 3: DIFFERS}
    assert "by up to" in comparison.trials[-1].detail


BRANCH = """
def forward(self, x):
    if x.shape[1] > 6:
        return x.sum(1) * 2
    return x.sum(1)
"""


def test_a_branch_that_was_baked_in_is_found_by_the_size_that_takes_the_other(pair_of):
    pair = pair_of(BRANCH)
    pair.export(torch.randn(2, 5), axes={"x0": {0: "batch", 1: "length"}})
    comparison = pair.compare(draw(8, 5))
    assert comparison.verdict is Verdict.FAIL
    assert outcomes(comparison, "length") == {6: AGREES, 10: DIFFERS, 2: AGREES}
    assert "'length' = 10" in comparison.sentence


MULTIPLE = """
def forward(self, x):
    return F.interpolate(F.avg_pool2d(x, 4), scale_factor=4.0) + x
"""


def test_a_size_that_must_be_a_multiple_is_nobodys_fault(pair_of):
    pair = pair_of(MULTIPLE)
    axes = {"x0": {0: "batch", 2: "height", 3: "width"}}
    pair.export(torch.randn(2, 1, 8, 8), axes=axes)
    comparison = pair.compare(draw(4, 1, 8, 8))
    assert comparison.verdict is Verdict.PASS
    assert outcomes(comparison, "height") == {9: OWN, 12: AGREES, 16: AGREES, 4: AGREES}
    refused = next(trial for trial in comparison.trials if trial.outcome is OWN)
    assert refused.detail.startswith("PyTorch refuses:")


TWO = """
def forward(self, x, y):
    return (x * y).sum(1)
"""


@pytest.mark.parametrize("names", [("length", "length"), ("length", "other")])
def test_dimensions_that_belong_together_change_together(pair_of, names):
    pair = pair_of(TWO)
    axes = {f"x{place}": {0: "batch", 1: name} for place, name in enumerate(names)}
    pair.export(torch.randn(2, 5), torch.randn(2, 5), axes=axes)
    comparison = pair.compare(draw(4, 5), draw(4, 5))
    assert comparison.verdict is Verdict.PASS
    if names[0] == names[1]:
        assert outcomes(comparison, "length") == dict.fromkeys((6, 10, 2), AGREES)
        return
    assert outcomes(comparison, "length")[6] is OWN
    together = {trial.changed: trial.outcome for trial in comparison.trials}
    assert together["length, other"] is AGREES


def test_sizes_that_the_file_fixes_are_told_where_the_reference_takes_others(pair_of):
    pair = pair_of(PLAIN)
    pair.export(torch.randn(2, 5, 8))
    comparison = pair.compare(draw(4, 5, 8))
    assert comparison.verdict is Verdict.PASS
    fixed = {trial.changed: trial.outcome for trial in comparison.trials}
    assert fixed == {"x0, axis 0": FIXED, "x0, axis 1": FIXED}
    assert comparison.trials[0].detail == "ONNX takes 2 only, and PyTorch takes 3 as well."


def test_the_size_of_the_export_is_tried_and_marked(pair_of):
    from dataclasses import replace

    pair = pair_of(PLAIN)
    pair.export(torch.randn(5, 5, 8), axes={"x0": {0: "batch", 1: "length"}})
    spec = parse_input_spec("x=float32[batch=5,length=9,8]")
    pair.reference = replace(pair.reference, inputs=(spec,))
    comparison = pair.compare(draw(16, 6, 8))
    marked = [(t.changed, t.sizes[t.changed]) for t in comparison.trials if t.exported]
    assert marked == [("batch", 5), ("length", 9)]


INDICES = """
def forward(self, x):
    return x.argmax(1), x * 1
"""


def test_indices_among_repeated_values_are_not_held_against_the_file(pair_of):
    pair = pair_of(INDICES)
    pair.export(torch.randn(2, 5), axes={"x0": {0: "batch", 1: "length"}})
    model = onnx.load(pair.candidate.path)
    (node,) = (node for node in model.graph.node if node.op_type == "ArgMax")
    next(a for a in node.attribute if a.name == "select_last_index").i = 1
    onnx.save(model, pair.candidate.path)
    comparison = pair.compare(draw(8, 5))
    assert comparison.verdict is Verdict.PASS, comparison.sentence
    assert set(outcomes(comparison, "length").values()) == {AGREES}


def test_without_time_what_is_left_is_said(pair_of, monkeypatch):
    monkeypatch.setattr(compare_sizes, "SECONDS", -1.0)
    pair = pair_of(PLAIN)
    pair.export(torch.randn(2, 5, 8), axes={"x0": {0: "batch", 1: "length"}})
    comparison = pair.compare(draw(16, 6, 8))
    assert comparison.trials == ()
    assert any("'batch' = 1" in left and "time" in left for left in comparison.not_checked)


def test_what_would_take_too_much_memory_is_left_out(pair_of, monkeypatch):
    monkeypatch.setattr(compare_sizes, "LARGEST", 16 * 6 * 8 * 4)
    pair = pair_of(PLAIN)
    pair.export(torch.randn(2, 5, 8), axes={"x0": {0: "batch", 1: "length"}})
    comparison = pair.compare(draw(16, 6, 8))
    assert set(outcomes(comparison, "length")) == {3}
    assert "'length' = 12, which take too much memory." in str(comparison.not_checked)
    forget()


SPREAD = """
def forward(self, x):
    return x / x.std(1, keepdim=True)
"""
SPREAD_OF_THE_FIRST = SPREAD.replace("x.std(1, keepdim=True)", "x[:1].std(1, keepdim=True)")


def test_the_first_samples_statistics_for_all_are_found_with_a_single_sample(pair_of):
    """Two samples are tried, and one that only repeated the first would have its statistics."""
    pair = pair_of(SPREAD)
    pair.export(torch.randn(2, 8), axes={"x0": {0: "batch"}})
    assert pair.compare(draw(1, 8)).verdict is Verdict.PASS
    wrong = pair_of(SPREAD_OF_THE_FIRST)
    wrong.export(torch.randn(2, 8), axes={"x0": {0: "batch"}})
    wrong.reference = pair.reference
    comparison = wrong.compare(draw(1, 8))
    assert comparison.verdict is Verdict.FAIL
    assert outcomes(comparison, "batch")[2] is DIFFERS
