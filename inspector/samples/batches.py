"""How many samples go into one run."""

from __future__ import annotations

import numpy as np

from inspector.core.sources import DataSource
from inspector.samples.fit import BatchRule, Fit, count
from inspector.samples.pairing import Pair

DEFAULT_BATCH = 32
LARGEST_FEED = 64 << 20
"""Bytes of input per run that a batch chosen by the program may have."""


def choose_batch(
    pairs: tuple[Pair, ...], fits: tuple[Fit, ...], data: DataSource, rule: BatchRule, samples: int
) -> tuple[int, str, str]:
    """Samples per run, and a problem with its hint where there is none that works.

    A fixed size is the model's; an open one is the person's, else as many as 32 that keep the
    input of a run small.
    """
    wanted = min(samples, data.limit or samples)
    if samples == 0:
        return 0, "The sample data holds no samples.", "Save at least one sample."
    if rule.size:
        if data.batch_size not in (0, rule.size):
            return (
                0,
                f"The model takes exactly {count(rule.size, 'sample')} per run, "
                f"and {data.batch_size} were asked for.",
                "Leave the batch size out, or export the model with a dynamic batch dimension.",
            )
        if wanted < rule.size:
            return (
                0,
                f"The model takes exactly {count(rule.size, 'sample')} per run, "
                f"and the data has {wanted}.",
                f"Use data with at least {count(rule.size, 'sample')}.",
            )
        return rule.size, "", ""
    if data.batch_size:
        return min(data.batch_size, wanted), "", ""
    per_sample = sum(
        int(np.prod(one.array.shape, dtype=object)) * one.array.dtype.itemsize // samples
        for one, result in zip(pairs, fits, strict=True)
        if one.array is not None and result.axis >= 0
    )
    affordable = max(1, LARGEST_FEED // max(1, per_sample))
    return max(1, min(DEFAULT_BATCH, wanted, affordable)), "", ""
