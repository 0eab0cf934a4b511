"""Every real ONNX file held against itself inside: no layer differs, none errs by itself."""

import os
from pathlib import Path

import pytest

from inspector.core.failures import InspectorError
from inspector.core.layers import Localisation
from inspector.core.sources import DataSource, ModelSource
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import LocaliseRequest

FOLDER = Path(os.environ.get("ONNX_INSPECTOR_CORPUS", "/nowhere"))
FILES = sorted(FOLDER.rglob("*.onnx")) if FOLDER.is_dir() else []

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def worker():
    with WorkerClient() as client:
        yield client


@pytest.mark.skipif(not FILES, reason="ONNX_INSPECTOR_CORPUS names no folder")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_file_agrees_with_itself_layer_by_layer(path, worker):
    source = ModelSource(str(path))
    request = LocaliseRequest(source, source, DataSource(random=1, seed=1), blame=False)
    try:
        found: Localisation = worker.run("localise", request)
    except InspectorError as error:
        # Sizes that nobody gave, such as a picture of 16 x 16, may not suit the model.
        if "stopped at the node" not in str(error) and "cannot be drawn" not in str(error):
            raise
        pytest.skip(str(error))
    assert found.first_divergence is None, found.sentence
    assert sum(layer.compared for layer in found.layers) > 10
    assert all(layer.local_agrees for layer in found.layers if layer.compared)
