"""The report: whole, self-contained, and safe against hostile names."""

import html.parser
import re
from dataclasses import replace

import numpy as np
import pytest

from inspector.core.comparison import (
    Allowed,
    Chosen,
    Comparison,
    DataFacts,
    Histogram,
    OutputComparison,
    Repeat,
    Side,
    Verdict,
    Worst,
)
from inspector.core.failures import InspectorError
from inspector.core.findings import Finding
from inspector.core.providers import Latency, Measured, Providers
from inspector.core.referee import Distances, Referee
from inspector.core.size_trial import SizeTrial, TrialOutcome
from inspector.core.statistics import OutputStatistics
from inspector.report.html import render, write_report
from inspector.report.pictures import VALUES, heat_map, shrunk

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def make_output(name="logits", files=("", ""), shape=(64, 10), index=(3,)):
    return OutputComparison(
        name=name, dtype="float32", shape=("batch", *shape[1:]), verdict=Verdict.FAIL,
        reason="2 of 640 values differ by more than is allowed.", elements=640, equal=600,
        over_tolerance=2, nonfinite_mismatch=0, nonfinite_agreed=0, max_absolute_error=5.0,
        mean_absolute_error=0.01, rmse=0.2, max_relative_error=1.2,
        allowed=Allowed(9.5e-5, 1e-5, 64, 1.19e-7, 12.5, "64 rounding steps"),
        worst=(Worst(17, index, 4.113, 9.113, 5.0, 1.4e-4),),
        histogram=Histogram((-8.0, -7.75, -4.25, -4.0, 0.5, 0.75), (20, 0, 15, 3, 2),
                            (0, 0, 0, 0, 2), 600, 0),
        samples=64, reference_file=files[0], candidate_file=files[1], kept_samples=64,
    )  # fmt: skip


def make_comparison(*outputs, **changes):
    values = {
        "verdict": Verdict.FAIL,
        "sentence": "2 of 640 values of 'logits' differ by more than allowed.",
        "outputs": outputs or (make_output(),),
        "data": DataFacts("samples.npz", True, 64, 32),
        "reference": Side("/home/someone/secret/net.pt", "aa", "PyTorch", "2.13.0"),
        "candidate": Side("/home/someone/secret/net.onnx", "bb", "ONNX Runtime", "1.31.1"),
        "findings": (Finding("fixed-batch", "should", "Batch is 1.", "Why.", "Mend.", ("x",)),),
        "repeats": (Repeat("PyTorch", "twice on the first sample", True, 0.0),),
        "not_checked": ("Batches larger than 32.",),
        "how_sure": "Quite sure.",
        "next_step": "Do not ship this file.",
        "environment": {"numpy": "2.4.6"},
    }
    return Comparison(**{**values, **changes})


class Tags(html.parser.HTMLParser):
    """Collects what a browser would fetch or run."""

    def __init__(self):
        super().__init__()
        self.names, self.sources = [], []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        assert not [name for name, _ in attrs if name.startswith("on")]


@pytest.mark.parametrize("verdict", Verdict)
def test_the_report_answers_the_five_questions(verdict):
    text = render(make_comparison(verdict=verdict))
    for question in ("Do the two agree?", "How sure are we?", "Where is the worst difference?",
                     "What was not checked?", "What should happen next?"):  # fmt: skip
        assert question in text
    assert verdict.value in text
    assert "Batches larger than 32." in text
    assert "Do not ship this file." in text


def test_the_report_runs_nothing_and_fetches_nothing():
    tags = Tags()
    tags.feed(render(make_comparison()))
    assert "script" not in tags.names
    assert tags.sources
    assert all(source.startswith("data:image/") for source in tags.sources)
    assert "default-src 'none'" in render(make_comparison())


def test_names_from_files_are_text_only():
    finding = Finding("r", "must", HOSTILE, HOSTILE, HOSTILE, (HOSTILE,))
    data = DataFacts(HOSTILE, False, 1)
    side = Side(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    text = render(
        make_comparison(
            make_output(HOSTILE), data=data, findings=(finding,), reference=side, candidate=side,
            sentence=HOSTILE, environment={HOSTILE: HOSTILE},
        )
    )  # fmt: skip
    tags = Tags()
    tags.feed(text)
    assert "script" not in tags.names
    assert all(source.startswith("data:image/") for source in tags.sources)


def test_the_report_names_no_folder_and_no_user():
    text = render(make_comparison())
    assert "net.pt" in text
    assert "secret" not in text
    assert "someone" not in text


def test_pictures_appear_for_outputs_of_two_dimensions(tmp_path):
    reference = np.random.default_rng(0).normal(size=(20, 1, 6, 8)).astype(np.float32)
    candidate = reference.copy()
    candidate[17, 0, 2, 3] += 5
    files = [str(tmp_path / "r.npy"), str(tmp_path / "c.npy")]
    np.save(files[0], reference)
    np.save(files[1], candidate)
    output = make_output("depth", tuple(files), reference.shape, (0, 2, 3))
    text = render(make_comparison(output))
    assert "Sample 17, part [0]" in text
    assert len(re.findall("data:image/png", text)) == 3


def test_a_scatter_appears_for_scores_and_says_what_it_leaves_out(tmp_path):
    values = np.random.default_rng(0).normal(size=(5000, 10)).astype(np.float32)
    files = [str(tmp_path / "r.npy"), str(tmp_path / "c.npy")]
    for file in files:
        np.save(file, values)
    text = render(make_comparison(make_output("logits", tuple(files), values.shape)))
    assert "640 values are drawn." in text
    assert len(re.findall("data:image/svg", text)) == 2


def test_a_failed_write_leaves_the_old_report(tmp_path, monkeypatch):
    old = tmp_path / "report.html"
    old.write_text("old")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(InspectorError, match="cannot be written"):
        write_report(make_comparison(), old)
    assert old.read_text() == "old"


def test_an_empty_comparison_still_makes_a_report():
    text = render(make_comparison(outputs=(), verdict=Verdict.CANNOT_JUDGE))
    assert "CANNOT JUDGE" in text


def test_shrinking_keeps_a_single_peak():
    plane = np.zeros((4000, 3000))
    plane[1234, 2345] = -7.0
    small = shrunk(plane, 100)
    assert max(small.shape) <= 100
    assert small.min() == -7.0


def test_a_heat_map_is_a_png_whatever_the_values():
    for plane in (np.full((3, 4), np.nan), np.zeros((1, 1)), np.array([[np.inf, 1.0, -1.0]])):
        assert heat_map(plane, -1.0, 1.0, VALUES).startswith(b"\x89PNG")


def told(comparison, *rest):
    """The words of the report, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", render(comparison, *rest))).split())


def sliced():
    """[64, 4] where columns 1 to 3 are five hundred times smaller, and one of them is wrong."""
    sizes = np.array([500.0, 1.0, 1.0, 1.0])
    reference = (np.random.default_rng(1).normal(size=(64, 4)) * sizes).astype(np.float32)
    candidate = reference.copy()
    candidate[:, 2] += 0.01
    seen = OutputStatistics("boxes", "float32")
    seen.update(reference, candidate)
    return seen.finish()


def test_figures_beside_the_verdict_are_named_as_such():
    text = told(make_comparison(sliced()))
    assert "Beside the verdict None of these figures decides it." in text
    for words in ("Same first choice", "Cosine", "Signal to noise", "p99.9", "half of the values"):
        assert words in text


def test_slices_that_decided_have_their_own_scale():
    text = told(make_comparison(sliced()))
    assert "rounding steps of the largest value of its column" in text
    assert re.search(r"Column Its largest value Allowed at least Values beyond 2 \S+ \S+ 64", text)


def test_a_tolerance_that_was_loosened_stands_below_the_verdict():
    output = replace(make_output(), chosen=Chosen(1.0, 0.0, Allowed(1e-5, 1e-5), 2, True))
    text = told(make_comparison(output))
    assert text.index("looser than the default") < text.index("Do the two agree?")
    assert "REVIEW at best" in text
    assert "REVIEW at best" not in told(make_comparison())


def test_a_stopped_comparison_says_that_it_is_not_all():
    text = told(make_comparison(planned=1000))
    assert "stopped after 64 of 1,000 samples" in text
    assert "stopped after" not in told(make_comparison())


def test_the_side_that_is_nearer_the_truth_is_told_with_both_distances():
    referee = Referee("logits", 64, Distances(640, 2.9e-6, 0.21, 5e-6, 0.9, 10.0))
    text = told(make_comparison(referees=(referee,)))
    assert "sides with PyTorch" in text
    assert "PyTorch 2.9e-06 5.0e-06 ONNX 2.1e-01 9.0e-01" in text


def test_trials_at_other_sizes_are_told_in_words():
    trials = (
        SizeTrial({"batch": 3}, "batch", TrialOutcome.CANDIDATE_STOPPED, "No kernel."),
        SizeTrial({"w": 9}, "w", TrialOutcome.FIXED, "8 only."),
    )
    text = told(make_comparison(trials=trials))
    assert "batch = 3 ONNX stops, PyTorch runs No kernel." in text
    assert text.count("Other sizes of 'w': the file takes one only") == 2


def test_execution_providers_are_in_the_report_where_they_were_measured():
    one = Measured("CUDAExecutionProvider", "NVIDIA GPU", Latency(0.002, 0.003, 3, 20), 7_000_000)
    found = Providers((one,), (), 2, 32, 64)
    text = told(make_comparison(), found)
    assert "CUDA NVIDIA GPU 2 3 20 7" in text
    assert "NVIDIA" not in told(make_comparison())
