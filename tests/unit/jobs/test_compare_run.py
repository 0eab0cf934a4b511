"""The runs of both sides: none is made twice, and the turns grow with what a run takes."""

import numpy as np
import pytest

from inspector.core.model import Value
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.jobs.compare_run import Pace, Runner
from inspector.jobs.compare_sides import Opened
from inspector.runtimes.base import Array
from inspector.samples.feeds import Column, Feeds, Run
from inspector.samples.tensor_protos import LoadedArray

SAMPLES = 12
DATA = np.arange(SAMPLES * 3, dtype=np.float32).reshape(SAMPLES, 3)


class Doubling:
    """A runtime that notes what it is given."""

    name, version, device = "Doubling", "1", "CPU"
    input_names, output_names = ("x",), ("y",)

    def __init__(self, inputs):
        self.inputs = inputs
        self.outputs = (Value("y", "float32", None),)
        self.given = []

    def run(self, feeds):
        self.given.append(feeds["x"].copy())
        return [feeds["x"] * 2]


@pytest.fixture
def runner(tmp_path):
    def make(batch, asked, sizes=("n", 3)):
        inputs = (Value("x", "float32", sizes),)
        reference, candidate = (
            Opened(role, ModelSource(role), Doubling(inputs), names={"x": "x"})
            for role in ("reference", "candidate")
        )
        sides = reference, candidate
        feeds = Feeds((Column(inputs[0], LoadedArray("x", DATA), 0),), SAMPLES, batch)
        return Runner(sides, ("A", "B"), inputs, feeds, tmp_path, 1 << 20, asked)

    return make


def finish(runner):
    _, outputs = runner.run(Report())
    return outputs[0].finish(("A", "B"))


@pytest.mark.parametrize(
    ("batch", "asked", "runs"),
    [
        (4, True, 3 + 1),  # the first run over the data is one of the two that must agree
        (4, False, 3 + 2),  # the sample goes alone, so that both runs of it are extra
        (1, False, 12 + 1),
        (SAMPLES, True, 1 + 1),
    ],
)
def test_a_run_that_was_made_for_the_repeats_is_not_made_again(runner, batch, asked, runs):
    one = runner(batch, asked)
    repeats = one.repeats()
    found = finish(one)
    assert [repeat.same for repeat in repeats] == [True, True]
    for side in one.sides:
        assert len(side.runtime.given) == runs
        unseen = np.concatenate(side.runtime.given[-(SAMPLES // batch) :])
        assert set(unseen.ravel()) <= set(DATA.ravel())
    assert found.elements == DATA.size
    assert found.equal == DATA.size
    assert found.kept_samples == SAMPLES
    np.testing.assert_array_equal(np.load(found.reference_file), DATA * 2)
    np.testing.assert_array_equal(np.load(found.candidate_file), DATA * 2)


def test_without_the_repeats_every_run_is_made(runner):
    one = runner(4, True)
    finish(one)
    assert all(len(side.runtime.given) == 3 for side in one.sides)


def test_how_long_a_run_takes_is_not_learnt_from_one_that_was_made_before(runner, monkeypatch):
    learnt = []
    monkeypatch.setattr(Pace, "learn", lambda self, seconds, runs, found: learnt.append(len(runs)))
    one = runner(4, True)
    one.repeats()
    finish(one)
    assert learnt == [1, 1]


def test_slow_runs_take_turns_one_by_one_and_quick_ones_in_many():
    small: Array = np.zeros(4, np.float32)
    runs, outputs = [Run(0, 1, (small,))], ([[small]], [[small]])
    pace = Pace()
    pace.learn(3.0, runs, outputs)
    assert pace.runs == 1
    pace.learn(0.1, runs, outputs)
    assert pace.runs == 5
    pace.learn(0.0, runs, outputs)
    assert pace.runs == Pace.MOST


def test_large_arrays_take_turns_one_by_one():
    large: Array = np.zeros(Pace.BYTES // 4, np.float32)
    pace = Pace()
    pace.learn(0.001, [Run(0, 1, (large,))], ([[large]], [[large]]))
    assert pace.runs == 1
