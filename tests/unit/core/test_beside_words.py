"""The sentences beside a verdict, for outputs that have something to tell."""

import numpy as np

from inspector.core.beside_words import beside_words, unproven
from inspector.core.comparison import Verdict
from inspector.core.sources import Choice
from inspector.core.statistics import OutputStatistics


def output_of(reference, candidate, choice=None):
    statistics = OutputStatistics("y", reference.dtype.name, None, choice)
    statistics.update(reference, candidate)
    return statistics.finish()


def normal(shape=(64, 10), seed=0):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def test_figures_stand_beside_the_verdict():
    told = " ".join(beside_words(output_of(normal(), normal() * np.float32(1.0 + 1e-3))))
    assert "Cosine 1.000000, signal to noise 60.0 dB; this is no part of the verdict." in told
    assert "The largest entry of a row is the same in 64 of 64 rows, and 100.00 % of the 5" in told
    assert "0.999 at most" in told


def test_infinities_and_constants_are_told():
    reference = np.where(normal() > 1, -np.inf, np.float32(2.0)).astype(np.float32)
    masked = int(np.isinf(reference).sum())
    told = " ".join(beside_words(output_of(reference, reference)))
    assert f"{masked} values are the same infinity on both sides" in told
    flat = output_of(np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32))
    assert "All values of the reference are 0" in " ".join(beside_words(flat))
    assert unproven((flat,)) == ("Other values of 'y' than 0: it has no others here.",)


def test_masks_are_told_by_their_overlap():
    reference = np.array([[True, True, False, False]])
    told = beside_words(output_of(reference, np.array([[True, False, True, False]])))
    assert told == ("As masks they overlap by 33.33 % (intersection over union).",)


def test_slices_and_what_they_cannot_show_are_told():
    reference = normal((64, 3))
    reference[:, 0] *= 640
    reference[:, 2] *= np.float32(1e-5)
    candidate = reference + np.array([1e-4, 1e-6, 5e-5], np.float32)
    found = output_of(reference, candidate)
    assert found.verdict is Verdict.PASS
    told = " ".join(beside_words(found))
    assert "Judged slice by slice along the last axis" in told
    assert "0 slices hold values beyond that" in told
    assert "in 1 slice that is tiny beside the others" in unproven((found,))[0]


def test_a_chosen_tolerance_is_told_with_the_default():
    told = beside_words(output_of(normal(), normal() + np.float32(1e-3), Choice("", 1e-2, 0.0)))[0]
    assert told.startswith("A person chose the tolerance: 0.01 + 0 of the size. It is looser than")
    assert "640 values are beyond the latter" in told
