"""Every real ONNX file held against itself on random data: it runs, or says why it does not."""

import os
from pathlib import Path

import pytest

from inspector.core.comparison import Comparison, Verdict
from inspector.core.failures import Failure, InspectorError
from inspector.core.sources import DataSource, ModelSource
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import CompareRequest

FOLDER = Path(os.environ.get("ONNX_INSPECTOR_CORPUS", "/nowhere"))
FILES = sorted(FOLDER.rglob("*.onnx")) if FOLDER.is_dir() else []

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def worker():
    with WorkerClient() as client:
        yield client


@pytest.mark.skipif(not FILES, reason="ONNX_INSPECTOR_CORPUS names no folder")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_file_agrees_with_itself_or_says_why_it_cannot_run(path, worker):
    source = ModelSource(str(path))
    request = CompareRequest(source, source, DataSource(random=2, seed=1))
    found = answer(worker, request)
    if isinstance(found, Failure):
        # Sizes that nobody gave, such as a picture of 16 x 16, may not suit the model.
        assert "stopped at the node" in found.sentence or "cannot be drawn" in found.sentence
        assert found.hint
        return
    assert found.verdict in (Verdict.REVIEW, Verdict.CANNOT_JUDGE), found.sentence
    assert all(output.over_tolerance == 0 for output in found.outputs)


def answer(worker, request) -> Comparison | Failure:
    try:
        found: Comparison = worker.run("compare", request)
    except InspectorError as error:
        return error.failure
    return found
