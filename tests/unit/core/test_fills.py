"""Constants in the place of results carry no rounding: what is beside them is judged as ever."""

import numpy as np
import pytest

from inspector.core.fills import without_fills
from inspector.core.referee_sums import DistanceSums
from inspector.core.review import rounding_explains
from inspector.core.statistics import OutputStatistics
from inspector.core.tolerance import tolerance_for

LARGEST = float(np.finfo(np.float32).max)


def masked(fill, seed=0):
    """Scores, half of them masked."""
    random = np.random.default_rng(seed)
    scores = random.normal(0, 1, (64, 40)).astype(np.float32)
    return np.where(random.random((64, 40)) < 0.5, np.float32(fill), scores)


def counted(reference, candidate, fills, parts=1):
    rule = tolerance_for("float32", 0.0, False, fills)
    statistics = [OutputStatistics("y", "float32", rule) for _ in range(parts)]
    for at, one in enumerate(statistics):
        one.update(reference[at::parts], candidate[at::parts])
    for one in statistics[1:]:
        statistics[0].merge(one)
    return statistics[0].finish()


@pytest.mark.parametrize("fill", [-1e4, -1e9, -LARGEST])
@pytest.mark.parametrize("parts", [1, 3])
def test_a_defect_beside_masks_is_seen(fill, parts):
    reference = masked(fill)
    candidate = np.where(reference == np.float32(fill), reference, reference + np.float32(1e-3))
    assert counted(reference, candidate, (), parts).over_tolerance == 0
    found = counted(reference, candidate, (abs(fill),), parts)
    assert found.over_tolerance > 1000
    assert found.allowed.scale < 10
    assert found.elements == reference.size


def test_what_is_masked_on_one_side_only_differs():
    reference = masked(-1e9)
    candidate = reference.copy()
    candidate[3, 5] = 0.5 if reference[3, 5] == -1e9 else -1e9
    found = counted(reference, candidate, (1e9,))
    assert found.over_tolerance == 1
    assert found.worst[0].index == (5,)


def test_rounding_beside_masks_agrees():
    reference = masked(-1e9)
    assert counted(reference, reference * np.float32(1 + 1e-7), (1e9,)).over_tolerance == 0


def test_only_floating_numbers_that_both_sides_have_exactly_are_set_aside():
    both = [np.array([1e9, -1e9, 1e9, 2.0]), np.array([1e9, -1e9, 1e9 + 1, 2.0])]
    assert without_fills(both, (1e9,))[0].tolist() == [0.0, 0.0, 1e9, 2.0]
    whole = [np.array([10000, 3]), np.array([10000, 3])]
    assert without_fills(whole, (1e4,)) == whole
    halves = [np.array([np.inf, 1.0], np.float16)] * 2
    assert without_fills(halves, (1e9,))[0][0] == np.inf


def test_the_referee_does_not_excuse_what_is_small_beside_a_mask():
    reference = masked(-1e9)
    candidate = np.where(reference == np.float32(-1e9), reference, reference + np.float32(0.5))
    found = counted(reference, candidate, (1e9,))
    for fills, excused in (((), True), ((1e9,), False)):
        sums = DistanceSums(None, fills)
        sums.update(reference, candidate, reference.astype(np.float64))
        assert rounding_explains(found, sums.finish("y", "float32")) is excused
