"""Wrong data, and files that go while they are compared: nothing is lost or mixed up."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from inspector.core.comparison import Comparison
from inspector.core.failures import Failure
from inspector.core.model import Tensor, Value
from inspector.jobs.requests import Binding, Bound, DataSource, ExportRequest
from inspector.ui.answers import NOT_COMPARED, answer
from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.panels.samples_binding import what_to_do

IMAGE = Value("image", "float32", ("batch", 3))
PROBLEM = "'image' takes float32, and the array holds float64."


def binding(status: str = "narrowed", problem: str = PROBLEM) -> Binding:
    bound = Bound(IMAGE, "a", "float64", (4, 3), status, "")
    arrays = (Tensor("a", "float64", (4, 3), 96),)
    return Binding(
        arrays, (bound,), (), 4, 4, real=True, source="s.npz", problem=problem, hint="Or --cast."
    )


@pytest.fixture
def pair(open_pair: Callable[..., None], document: Document) -> Document:
    open_pair()
    return document


def test_data_that_does_not_fit_cannot_be_compared(pair: Document) -> None:
    assert pair.can_compare
    pair.set_data(DataSource(paths=("/m/other.npz",)))
    pair.reader.answer("bind", binding())  # type: ignore[attr-defined]
    assert not pair.can_compare
    assert answer(pair).sentence == PROBLEM


def test_the_reason_stands_in_the_banner_after_an_older_result(
    pair: Document, make_comparison: Callable[..., Comparison]
) -> None:
    pair.comparison = make_comparison()
    pair.set_data(DataSource(paths=("/m/other.npz",)))
    pair.reader.answer("bind", binding())  # type: ignore[attr-defined]
    told = answer(pair)
    assert (told.word, told.sentence) == (NOT_COMPARED, PROBLEM)
    assert "older result" in told.second
    assert told.step is not None
    assert told.step.name == "compare-page"


def test_data_that_cannot_be_read_leaves_the_data_from_before(pair: Document) -> None:
    before = pair.data, pair.binding
    failures: list[Failure] = []
    pair.failed.connect(failures.append)
    pair.set_data(DataSource(paths=("/m/picture.png",)))
    pair.reader.answer("bind", Failure("It holds no data.", "Save arrays."))  # type: ignore[attr-defined]
    assert (pair.data, pair.binding) == before
    assert pair.can_compare
    assert [failure.sentence for failure in failures] == ["It holds no data."]


def test_data_that_was_taken_away_does_not_come_back(pair: Document) -> None:
    pair.set_data(None)
    pair.set_data(DataSource(paths=("/m/picture.png",)))
    pair.reader.answer("bind", Failure("It holds no data.", "Save arrays."))  # type: ignore[attr-defined]
    assert pair.data is None


def test_the_way_out_is_one_that_the_window_has() -> None:
    assert what_to_do(binding()).startswith("Allow rounding to float32 under Samples")
    assert "choose one under Samples" in what_to_do(binding("missing"))
    assert what_to_do(binding("unfit")) == "Or --cast."


def running(document: Document) -> Any:
    document.compare()
    return document.runner.waiting("compare")[0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("side", [REFERENCE, CANDIDATE])
def test_a_file_that_goes_takes_the_running_comparison_with_it(pair: Document, side: str) -> None:
    job = running(pair)
    pair.open_file("/models/other", side)
    assert job.over
    assert pair.job is None
    assert not pair.cancelled


def test_closing_a_file_stops_its_comparison(pair: Document) -> None:
    job = running(pair)
    pair.close_file(CANDIDATE)
    assert job.over
    assert pair.comparison is None


def test_another_reference_stops_the_export_and_another_candidate_does_not(pair: Document) -> None:
    pair.export(ExportRequest(pair.source(REFERENCE), "/models/x.onnx"))
    job = pair.job
    pair.open_file("/models/other.onnx", CANDIDATE)
    assert pair.job is job
    pair.open_file("/models/other.pt", REFERENCE)
    assert pair.job is None


def test_a_result_about_data_that_was_changed_meanwhile_is_out_of_date(
    pair: Document, make_comparison: Callable[..., Comparison]
) -> None:
    job = running(pair)
    assert pair.data is not None
    pair.set_data(replace(pair.data, limit=3))
    job.end(make_comparison())
    assert pair.out_of_date
    running(pair).end(make_comparison())
    assert not pair.out_of_date
