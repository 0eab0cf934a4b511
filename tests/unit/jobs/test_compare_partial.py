"""What is judged so far is exact for the samples so far, and changes nothing of the end."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.core import wire
from inspector.core.comparison import Comparison
from inspector.core.progress import Report
from inspector.core.sources import DataSource, ModelSource
from inspector.jobs import compare, compare_partial
from inspector.jobs.requests import PARTIAL_COMPARISON, CompareRequest

pytest.importorskip("onnxruntime")


DIGITS = Path(__file__).parents[3] / "resources" / "samples" / "digits"


def nowhere(found):
    return replace(found.outputs[0], reference_file="", candidate_file="")


@pytest.fixture
def request_of():

    def make(limit=0):
        data = DataSource((str(DIGITS / "samples.npz"),), batch_size=20, limit=limit)
        names = "digits.onnx", "digits_altered.onnx"
        first, second = (ModelSource(str(DIGITS / name)) for name in names)
        return CompareRequest(first, second, data)

    return make


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Every record that is written, as it is read at once by somebody else."""
    monkeypatch.setattr(compare_partial, "_SECONDS", 0.0)
    monkeypatch.setattr(compare_partial, "_SHARE", float("inf"))
    monkeypatch.setattr("inspector.jobs.compare_run.Pace.MOST", 1)
    found = []

    def listen(kind, step):
        if kind == "judged":
            one = wire.load(tmp_path / PARTIAL_COMPARISON, Comparison)
            rows = [np.load(o.reference_file).shape[0] for o in one.outputs]
            found.append((one, rows))

    return found, listen


def test_each_record_is_the_comparison_of_the_first_samples(request_of, kept, tmp_path):
    found, listen = kept
    whole = compare.run(request_of(), tmp_path, Report(listen))
    numbers = [one.data.samples for one, _ in found]
    assert numbers == list(range(20, 360, 20))
    assert all(rows == [one.data.samples] for one, rows in found)
    assert all(one.planned == 360 for one, _ in found)
    assert "20 samples of real data were tried." in found[0][0].how_sure
    assert whole.planned == 0
    (tmp_path / "again").mkdir()
    first, _ = found[4]
    limited = compare.run(request_of(limit=100), tmp_path / "again", Report())
    assert nowhere(first) == nowhere(limited)
    assert first.verdict == limited.verdict


def test_the_end_is_the_same_whether_somebody_listened_or_not(request_of, kept, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    quiet = compare.run(request_of(), tmp_path / "one", Report())
    _, listen = kept
    compare.run(request_of(), tmp_path, Report(listen))
    watched = compare.run(request_of(), tmp_path / "two", Report(lambda kind, step: None))
    assert nowhere(quiet) == nowhere(watched)
