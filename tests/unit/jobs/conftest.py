"""Real comparisons of tiny networks, without a worker."""

from __future__ import annotations

import itertools
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.core.comparison import Comparison
from inspector.core.progress import Report
from inspector.core.sources import DataSource, ModelSource
from inspector.jobs import compare
from inspector.jobs.requests import CompareRequest

_numbers = itertools.count()


class Pair:
    """A PyTorch network in a file, and the ONNX file that was exported from it."""

    def __init__(self, folder: Path, body: str) -> None:
        import torch

        self.folder = folder
        code = folder / f"nets_{next(_numbers)}.py"
        source = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n"
        source += "class Net(nn.Module):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        code.write_text(source)
        scope: dict[str, Any] = {"__name__": code.stem}
        torch.manual_seed(0)
        exec(compile(source, str(code), "exec"), scope)
        self.net = scope["Net"]().eval()
        checkpoint = folder / f"{code.stem}.pt"
        torch.save(self.net.state_dict(), checkpoint)
        self.reference = ModelSource(str(checkpoint), f"{code}:Net", trust=True)
        self.candidate = ModelSource(str(folder / f"{code.stem}.onnx"))

    def export(self, *examples: Any, axes: dict[str, dict[int, str]] | None = None) -> None:
        """Write the ONNX file with the TorchScript exporter; `axes` are its open dimensions."""
        import torch

        names = [f"x{place}" for place in range(len(examples))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                self.net, examples, self.candidate.path, input_names=names, output_names=None,
                dynamic_axes=axes, opset_version=17, dynamo=False, do_constant_folding=False,
                training=torch.onnx.TrainingMode.PRESERVE,
            )  # fmt: skip

    def compare(self, *arrays: Any, **options: Any) -> Comparison:
        """Hold both files against each other on these arrays."""
        data = self.folder / f"data_{next(_numbers)}.npz"
        np.savez(data, **{f"x{place}": array for place, array in enumerate(arrays)})
        request = CompareRequest(self.reference, self.candidate, DataSource((str(data),)))
        return compare.run(
            replace(request, **options), self.folder / f"job_{next(_numbers)}", Report()
        )


@pytest.fixture
def pair_of(tmp_path: Path) -> Iterator[Any]:
    """Write the body of a network's class into a file; see `Pair`."""
    from inspector.runtimes import pytorch
    from inspector.runtimes.user_code_import import FOLDERS

    yield lambda body: Pair(tmp_path, body)
    FOLDERS.leave()
    pytorch.forget()
