"""A comparison that is interrupted says what it judged until then."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

pytest.importorskip("onnxruntime")


def _heed_interrupts():
    """What a shell starts in the background ignores them, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_ctrl_c_prints_what_was_judged(samples, tmp_path):
    digits = samples / "digits"
    np.save(tmp_path / "image.npy", np.zeros((400_000, 1, 8, 8), np.float32))
    command = [
        sys.executable, "-m", "inspector", "compare", digits / "digits.onnx",
        digits / "digits_altered.onnx", "--data", tmp_path / "image.npy", "--batch-size", "1",
        "--json",
    ]  # fmt: skip
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        start_new_session=True, preexec_fn=_heed_interrupts,
    )  # fmt: skip
    end = time.monotonic() + 60
    while not list(tmp_path.glob("*/*/judged.json")) and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    output, error = running.communicate(timeout=60)
    assert running.returncode == 130, error
    plain = json.loads(output)
    assert plain["verdict"] == "FAIL"
    assert plain["planned"] == 400_000
    assert 0 < plain["data"]["samples"] < 400_000
    assert plain["sentence"].startswith(f"Stopped after {plain['data']['samples']:,} of 400,000")
    assert not list(tmp_path.glob("onnx-inspector-*"))
