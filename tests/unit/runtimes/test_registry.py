"""Every runtime of the registry opens a file of its own, and computes or hands out values."""

from pathlib import Path

import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.input_spec import parse_input_spec
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.runtimes.recorded import Recorded
from inspector.runtimes.registry import RUNTIMES, How, open_runtime
from inspector.runtimes.user_code_import import FOLDERS

SAMPLES = Path(__file__).parents[3] / "resources" / "samples" / "digits"


@pytest.fixture
def files(tmp_path):
    recording = tmp_path / "recorded.npz"
    np.savez(recording, logits=np.zeros((2, 10), dtype=np.float32))
    checkpoint = ModelSource(
        str(SAMPLES / "digits.pt"),
        code=f"{SAMPLES / 'digits_net.py'}:DigitsNet",
        trust=True,
        inputs=(parse_input_spec("image=float32[batch=2,1,8,8]"),),
    )
    return {
        "Recorded outputs": ModelSource(str(recording)),
        "ONNX Runtime": ModelSource(str(SAMPLES / "digits.onnx")),
        "PyTorch": checkpoint,
    }


@pytest.fixture(autouse=True)
def _forget_user_code():
    yield
    FOLDERS.leave()


@pytest.fixture
def how(tmp_path):
    return How(Report(), tmp_path / "scratch")


@pytest.mark.parametrize("kind", RUNTIMES, ids=lambda kind: kind.name)
def test_every_runtime_takes_and_opens_its_own_file(kind, files, how):
    source = files[kind.name]
    takers = [other.name for other in RUNTIMES if _takes(other, Path(source.path))]
    assert takers[0] == kind.name
    assert open_runtime(source, how).name == kind.name


@pytest.mark.parametrize("name", ["ONNX Runtime", "PyTorch"])
def test_a_runtime_computes_one_row_per_picture(name, files, how):
    runtime = open_runtime(files[name], how)
    assert not isinstance(runtime, Recorded)
    assert not isinstance(runtime, Recorded)
    feeds = {runtime.input_names[0]: np.zeros((3, 1, 8, 8), dtype=np.float32)}
    (logits,) = runtime.run(feeds)
    assert logits.shape == (3, 10)
    assert logits.dtype == np.float32


def test_a_folder_that_holds_no_recording_is_refused(how, tmp_path):
    with pytest.raises(InspectorError):
        open_runtime(ModelSource(str(tmp_path)), how)


def _takes(kind, path):
    try:
        return kind.takes(path)
    except InspectorError:
        return False
