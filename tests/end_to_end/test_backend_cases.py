"""A sample of the onnx package's own tests; `python -m tests.benchmarks backend` runs them all."""

import importlib
import sys
from pathlib import Path

import pytest

from inspector.formats.onnx import read_onnx
from inspector.runtimes.onnxruntime import import_onnxruntime
from inspector.runtimes.onnxruntime_kernels import missing_kernels
from inspector.runtimes.onnxruntime_limits import too_new

pytest.importorskip("onnx.backend.test.loader")
ROOT = Path(__file__).resolve().parent.parent.parent
EVERY = 20


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    sys.path.insert(0, str(ROOT))
    try:
        cases = importlib.import_module("tests.benchmarks.backend_cases")
        runs = importlib.import_module("tests.benchmarks.backend_run")
        bench = importlib.import_module("tests.benchmarks.bench_backend")
    finally:
        sys.path.remove(str(ROOT))
    folder = tmp_path_factory.mktemp("backend")
    found = [
        (outcome, bench.explained(outcome))
        for case in cases.write_cases(folder / "cases", EVERY)
        for outcome in runs.run_case(case, folder / "job")
    ]
    assert len(found) >= 100
    return found


def test_no_case_crashes(outcomes):
    assert [outcome for outcome, _ in outcomes if outcome.result == "crash"] == []


def test_every_case_passes_or_is_explained(outcomes):
    assert [outcome for outcome, explained in outcomes if not explained] == []


def test_most_cases_pass(outcomes):
    passed = sum(outcome.result == "pass" for outcome, _ in outcomes)
    assert passed > 0.6 * len(outcomes)


def test_files_that_are_too_new_are_tried_as_a_converted_copy(outcomes):
    newer = [outcome for outcome, _ in outcomes if outcome.result == "too new"]
    assert all(outcome.converted for outcome in newer)
    assert not newer or any(outcome.converted == "pass" for outcome in newer)


def test_missing_kernels_are_predicted_as_they_are_in_truth(outcomes):
    runtime = import_onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    wrong, missing = [], 0
    for path in {outcome.case.model for outcome, _ in outcomes}:
        model = read_onnx(path)
        if too_new(model) is not None:
            continue
        predicted = missing_kernels(model)
        missing += bool(predicted)
        try:
            runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            said = ""
        except Exception as error:  # whatever it says
            said = str(error)
        lacks = "NOT_IMPLEMENTED" in said or "is not a registered" in said
        if (predicted and not said) or (lacks and not predicted):
            wrong.append((path.parent.name, predicted, said))
    assert wrong == []
    assert missing > 1
