"""Defects of what was exported: training mode, a branch, a loop, a size, a random number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.benchmarks.verdict_cases import edits
from tests.benchmarks.verdict_cases.healthy_files import bundled
from tests.benchmarks.verdict_cases.workshop import (
    BY_DYNAMO,
    Case,
    Exporting,
    Pair,
    Workshop,
)

_TRAINING = Exporting(training=True)


def dropout_still_active(w: Workshop) -> Pair:
    """The bundled sample that was exported in training mode."""
    return bundled(
        "digits/digits.pt", "digits/digits_net.py:DigitsNet", "digits/digits_training_mode.onnx",
        "digits/samples.npz", "image=float32[1,1,8,8]",
    )  # fmt: skip


def dropout_active_by_torchscript(w: Workshop) -> Pair:
    """Only the dropout is in training mode; the TorchScript exporter keeps it so."""

    def change(module: Any) -> None:
        module.dropout.train()
        module.training = True

    net = w.net("vision.ConvNet", dropout=0.5)
    return w.pair(net, {"image": w.normal(8, 3, 32, 32)}, _TRAINING, alter=change)


def statistics_of_the_batch(w: Workshop) -> Pair:
    """Batch normalisation in training mode: the statistics of whatever is in the batch."""

    def change(module: Any) -> None:
        module.train()
        module.dropout.eval()

    net = w.net("vision.ConvNet")
    return w.pair(net, {"image": w.normal(8, 3, 32, 32)}, _TRAINING, alter=change, batch=8)


def branch_baked(w: Workshop) -> Pair:
    """The way that the example took is the only one in the file."""
    data = {"x": w.normal(16, 12)}
    data["x"][:2] = np.abs(data["x"][:2])
    net = w.net("vision.FirstOfAll")
    return w.pair(net, data, Exporting(symbols={}, example=1))


def loop_baked(w: Workshop) -> Pair:
    """A loop over two samples is in the file, and the data has two."""
    net = w.net("vision.FirstOfAll", what="loop")
    return w.pair(net, {"x": w.normal(2, 12)})


def number_of_samples_baked(w: Workshop) -> Pair:
    """Outputs are divided by the number of samples in the example, and the data has as many."""
    net = w.net("vision.FirstOfAll", what="count")
    return w.pair(net, {"x": w.normal(2, 12)})


def rows_baked(w: Workshop) -> Pair:
    """A reshape to two rows is in the file, and the data has two."""
    net = w.net("vision.FirstOfAll", what="rows")
    return w.pair(net, {"x": w.normal(2, 12)})


def length_baked(w: Workshop) -> Pair:
    """A mean is divided by the length of the example, and the data has the same."""
    net = w.net("vision.FirstOfAll", what="length")
    how = Exporting(symbols={"x": {0: "batch", 1: "time"}})
    return w.pair(net, {"x": w.normal(8, 5, 12)}, how)


def noise_in_the_model(w: Workshop) -> Pair:
    """Random numbers are drawn at every run."""
    net = w.net("vision.FirstOfAll", what="noise")
    return w.pair(net, {"x": w.normal(8, 12)}, BY_DYNAMO)


def another_model(w: Workshop) -> Pair:
    """The file of another model of the same form."""
    w.net("values.Mlp")
    right = w.folder / "right.pt"
    (w.folder / "weights.pt").rename(right)
    wrong = w.pair(w.net("values.Mlp"), {"x": w.normal(64, 16)}, BY_DYNAMO)
    return wrong._replace(reference=replace(wrong.reference, path=str(right)))


def always_the_same(w: Workshop) -> Pair:
    """The file gives much the same outputs, whatever comes in."""
    net = w.net("values.Mlp")
    return w.pair(net, {"x": w.normal(64, 16)}, alter=edits.spoilt(lambda y, x: y[:1] + 0 * y))


CASES: tuple[Case, ...] = (
    dropout_still_active, dropout_active_by_torchscript, statistics_of_the_batch, branch_baked,
    loop_baked, number_of_samples_baked, rows_baked, length_baked, noise_in_the_model,
    another_model, always_the_same,
)  # fmt: skip
