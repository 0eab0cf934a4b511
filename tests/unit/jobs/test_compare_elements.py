import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.progress import Report
from inspector.jobs.compare_elements import run
from inspector.jobs.requests import ElementsRequest


@pytest.fixture
def kept(tmp_path):
    reference = np.ones((4, 3), np.float32)
    candidate = reference.copy()
    candidate[1, 2] += 0.5
    candidate[3, 0] += 0.25
    for name, values in (("reference", reference), ("candidate", candidate)):
        np.save(tmp_path / f"{name}.npy", values)
    return tmp_path


def request(folder, lower, upper, limit=500):
    paths = (str(folder / "reference.npy"), str(folder / "candidate.npy"))
    return ElementsRequest(*paths, "absolute", lower, upper, 1e-5, 1e-5, 1.0, limit)


def test_the_elements_of_a_bar_are_listed_worst_first(kept, tmp_path):
    found = run(request(kept, 0.1, 1.0), tmp_path, Report())
    assert found.total == 2
    assert [(one.sample, one.index) for one in found.worst] == [(1, (2,)), (3, (0,))]


def test_all_are_counted_and_as_many_listed_as_asked_for(kept, tmp_path):
    found = run(request(kept, 0.0, 0.0, limit=3), tmp_path, Report())
    assert (found.total, len(found.worst)) == (10, 3)


def test_outputs_that_are_gone_are_explained(tmp_path):
    with pytest.raises(InspectorError, match="were not kept"):
        run(request(tmp_path, 0.0, 0.0), tmp_path, Report())
