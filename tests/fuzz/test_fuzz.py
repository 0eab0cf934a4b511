"""A short run with a seed that stays the same; `python -m tests.fuzz --minutes N` is a long one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_damaged_files_are_answered_with_a_model_or_an_explanation():
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--minutes", "0.2", "--seed", "0"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-8000:]
    counted = done.stdout.replace(",", "").split()
    assert int(counted[0]) > 200, done.stdout
    assert "model" in counted, "not one damaged file was read: the run proves nothing"
    assert "explained" in counted
