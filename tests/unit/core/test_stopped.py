"""A comparison that was stopped keeps what was judged, and says that it is not all."""

from dataclasses import replace

import pytest

from inspector.core.comparison import Comparison, DataFacts, Side, Verdict
from inspector.core.stopped import as_stopped

SIDE = Side("m", "", "PyTorch", "2")


def comparison(verdict, judged=412, planned=1000):
    data = DataFacts("d.npz", True, judged)
    return Comparison(verdict, "All agree.", (), data, SIDE, SIDE, planned=planned)


@pytest.mark.parametrize(
    ("verdict", "stopped"),
    [
        (Verdict.PASS, Verdict.REVIEW),
        (Verdict.REVIEW, Verdict.REVIEW),
        (Verdict.FAIL, Verdict.FAIL),
        (Verdict.CANNOT_JUDGE, Verdict.CANNOT_JUDGE),
    ],
)
def test_agreement_of_a_part_is_no_pass(verdict, stopped):
    assert as_stopped(comparison(verdict)).verdict is stopped


def test_it_says_how_much_was_judged():
    found = as_stopped(comparison(Verdict.PASS))
    assert found.sentence == "Stopped after 412 of 1,000 samples. All agree."
    assert found.not_checked[0] == "The other 588 samples: the comparison was stopped."


def test_a_whole_comparison_stays_as_it_is():
    whole = replace(comparison(Verdict.PASS), planned=0)
    assert as_stopped(whole) is whole
