"""Counting by the bits of float32, against counting by exact values."""

import numpy as np
import pytest

from inspector.core.statistics import OutputStatistics


def close_pairs():
    """Outputs of many kinds, float32, [40, 1000], by name."""
    rng = np.random.default_rng(5)
    normal = rng.standard_normal((40, 1000)).astype(np.float32)
    noise = rng.standard_normal(normal.shape).astype(np.float32)
    steps = rng.integers(-3, 4, normal.shape).astype(np.int32)
    neighbours = (normal.view(np.int32) + steps).view(np.float32)
    shares = np.exp(8 * normal).astype(np.float32)
    rectified = np.maximum(normal, 0)
    growing = normal * np.geomspace(1e-6, 1e4, 40, dtype=np.float32)[:, None]
    return {
        "noise": (normal, normal + np.float32(1e-6) * noise),
        "neighbours": (normal, neighbours),
        "equal": (normal, normal.copy()),
        "wide": (shares, shares * (1 + np.float32(1e-5) * noise)),
        "wide_and_noisy": (shares, shares + np.float32(1e-6) * noise),
        "rectified": (rectified, np.maximum(normal + np.float32(1e-6) * noise, 0)),
        "rectified_noise": (rectified, rectified + np.float32(1e-6) * noise),
        "scaled_and_moved": (normal, normal * np.float32(1.001) + np.float32(0.01)),
        "unrelated": (normal, noise),
        "partly_unrelated": (normal, np.where(steps == 3, noise, neighbours)),
        "saturated": (np.clip(normal, -1, 1), np.clip(neighbours, -1, 1)),
        "powers_of_two": (np.exp2(steps).astype(np.float32), np.exp2(steps) + 1e-6 * noise),
        "growing": (growing, growing * (1 + np.float32(1e-6) * noise)),
        "falling": (growing[::-1], growing[::-1] + np.float32(1e-7) * noise),
        "tiny": (normal * np.float32(1e-37), neighbours * np.float32(1e-37)),
        "subnormal": (normal * np.float32(1e-42), neighbours * np.float32(1e-42)),
        "huge": (normal * np.float32(4e37), neighbours * np.float32(4e37)),
        "whole": (np.rint(20 * normal), np.rint(20 * normal) + steps // 3),
        "nan": (normal, np.where(steps == 3, np.float32(np.nan), neighbours)),
        "constant": (np.ones_like(normal), np.ones_like(normal) + np.float32(1e-3)),
    }


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", close_pairs())
def test_counting_by_bits_gives_what_exact_values_give(kind, dtype):
    reference, candidate = (side.astype(np.float32) for side in close_pairs()[kind])
    quick, slow = (OutputStatistics("y", dtype) for _ in range(2))
    for one in (quick, slow):
        one.dtype = "float32"
    slow.by_bits = False
    for at in range(0, 40, 8):
        for one in (quick, slow):
            one.update(reference[at : at + 8], candidate[at : at + 8], at)
    assert_same(quick.finish(), slow.finish())
    assert_same(whole_in_one(reference, candidate, True), whole_in_one(reference, candidate))


def whole_in_one(reference, candidate, quick=False):
    statistics = OutputStatistics("y", "float32")
    if not quick:
        statistics.by_bits = False
    statistics.update(reference, candidate)
    return statistics.finish()


def assert_same(output, whole):
    for name in whole.__dataclass_fields__:
        seen, expected = getattr(output, name), getattr(whole, name)
        if name in ("mean_absolute_error", "rmse"):
            assert seen == pytest.approx(expected, rel=1e-12), name
        else:
            assert repr(seen) == repr(expected), name


def test_differences_that_float32_rounds_are_counted_by_their_exact_values():
    sizes = np.linspace(0.01, 0.02, 500, dtype=np.float32)
    reference = np.concatenate((np.ones(9500, np.float32), -sizes))
    candidate = np.concatenate((np.ones(9500, np.float32), np.float32(1.0) - sizes))
    errors = candidate[9500:].astype(float) + sizes
    below = int((errors < 1.0).sum())
    assert 50 < below < 450
    assert (candidate[9500:] + sizes == 1.0).all()
    output = whole_in_one(reference, candidate, True)
    assert output.max_absolute_error == errors.max() > 1.0
    assert output.histogram.counts == (below, 500 - below)
