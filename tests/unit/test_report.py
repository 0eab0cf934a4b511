"""The report: whole, self-contained, and safe against hostile names."""

import html.parser
import re

import numpy as np
import pytest

from inspector.core.comparison import (
    Allowed,
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
