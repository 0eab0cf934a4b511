import numpy as np
import pytest

from inspector.core.comparison import AGAINST_OFF, Repeat, Verdict
from inspector.core.model import Value
from inspector.core.sources import DataSource
from inspector.core.statistics import OutputStatistics
from inspector.jobs.compare_repeat import TWICE
from inspector.jobs.compare_words import environment, how_sure, next_step, not_checked
from inspector.samples.binder import bind

X = Value("x", "float32", ("batch", "time"))


@pytest.fixture
def bound(tmp_path):
    def fit(samples=20, inputs=(X,), **arrays):
        np.savez(tmp_path / "d.npz", x=np.zeros((samples, 7), np.float32), **arrays)
        return bind(inputs, DataSource((str(tmp_path / "d.npz"),)), tmp_path)

    return fit


def left_open(inputs, fitted, data=DataSource(("d.npz",)), provider="CPUExecutionProvider"):  # noqa: B008
    return not_checked(inputs, fitted.binding, data, fitted.unused_samples, provider)


def test_what_was_not_checked_is_listed_even_after_pass(bound):
    assert left_open((X,), bound(labels=np.zeros(3))) == (
        "Batches larger than 20.",
        "Other sizes of 'time' than 7.",
        "Arrays that no input takes: 'labels'.",
        "Values inside the model, between its inputs and outputs.",
        "GPUs and other execution providers.",
    )


def test_samples_that_do_not_fill_a_run_are_named(bound):
    fixed = (Value("x", "float32", (8, 7)),)
    told = left_open(fixed, bound(inputs=fixed))
    assert "The last 4 samples, which do not fill a run of 8." in told
    assert not any("larger" in line for line in told)


def test_random_data_leaves_real_data_open(tmp_path):
    fitted = bind((X,), DataSource(random=3), tmp_path)
    assert left_open((X,), fitted, DataSource(random=3))[0] == "Real data."


@pytest.mark.parametrize(
    ("repeats", "words"),
    [
        ([("PyTorch", TWICE, True, 0.0), ("ONNX", TWICE, True, 0.0)], "Each side repeats itself "
         "exactly."),
        ([("PyTorch", TWICE, True, 0.0), ("ONNX", AGAINST_OFF, True, 1e-7)], "Each side repeats "
         "itself exactly."),
        ([("PyTorch", TWICE, True, 1e-9), ("ONNX", TWICE, True, 0.0)], "within what is allowed"),
        ([("reference", TWICE, False, 1.0)], "Reference does not repeat itself."),
    ],
)  # fmt: skip
def test_how_sure_it_is_begins_with_repeatability(bound, repeats, words):
    told = how_sure([Repeat(*one) for one in repeats], bound().binding, [])
    assert words in told
    assert "20 samples of real data were tried." in told


def test_few_samples_are_called_few(bound):
    assert "Only 1 sample was tried." in how_sure([], bound(samples=1).binding, ["reference"])


@pytest.mark.parametrize(
    ("verdict", "real", "moving", "words"),
    [
        (Verdict.PASS, True, False, "can be handed on"),
        (Verdict.PASS, False, False, "real data"),
        (Verdict.REVIEW, False, False, "real data"),
        (Verdict.REVIEW, True, False, "Let somebody"),
        (Verdict.FAIL, True, False, "Do not hand this file on"),
        (Verdict.CANNOT_JUDGE, True, True, "evaluation mode"),
        (Verdict.CANNOT_JUDGE, True, False, "Remove what keeps"),
    ],
)
def test_every_verdict_says_what_comes_next(verdict, real, moving, words):
    assert words in next_step(verdict, real, (), moving)


def test_outputs_of_one_value_call_for_other_data():
    statistics = OutputStatistics("y", "float32")
    statistics.update(np.ones((3, 2), np.float32), np.ones((3, 2), np.float32))
    told = next_step(Verdict.REVIEW, True, (statistics.finish(),), False)
    assert told == "Compare once more with data for which the outputs vary."


def test_the_environment_names_versions_processor_and_threads():
    found = environment({"PyTorch": "2.13.0"})
    assert found["PyTorch"] == "2.13.0"
    assert found["NumPy"] == np.__version__
    assert all(found.values())
