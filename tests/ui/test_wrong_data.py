"""Sample data that does not fit or cannot be read: nothing is lost, and the way out is said."""

from collections.abc import Callable

import pytest

from inspector.core.comparison import Comparison
from inspector.core.failures import Failure
from inspector.core.model import Tensor, Value
from inspector.jobs.requests import Binding, Bound, DataSource
from inspector.ui.answers import NOT_COMPARED, answer
from inspector.ui.document import Document
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
