"""What explains a verdict goes first."""

from dataclasses import replace

import pytest

from inspector.core.causes import Sign, by_relevance, explaining, signs
from inspector.core.comparison import Comparison, DataFacts, Repeat, Side, Verdict
from inspector.core.finding import Finding
from inspector.core.size_trial import SizeTrial, TrialOutcome
from inspector.core.statistics import OutputStatistics

SIDE = Side("m", "", "PyTorch", "2")


def output(dtype="float32", wrong=0, nonfinite=0, structure=""):
    empty = OutputStatistics("y", dtype).finish()
    return replace(
        empty, over_tolerance=wrong, nonfinite_mismatch=nonfinite, structure=structure, elements=9
    )


def comparison(*outputs, verdict=Verdict.FAIL, repeats=(), trials=()):
    data = DataFacts("d", True, 3)
    return Comparison(verdict, "s", outputs, data, SIDE, SIDE, repeats=repeats, trials=trials)


def finding(rule, severity="note"):
    return Finding(rule, severity, "s", "w", "m")


@pytest.mark.parametrize(
    ("one", "seen"),
    [
        (comparison(output(), verdict=Verdict.PASS), ()),
        (comparison(output(wrong=1)), (Sign.VALUES,)),
        (comparison(output("int64", wrong=1)), (Sign.POSITIONS,)),
        (comparison(output(nonfinite=1)), (Sign.NOT_FINITE,)),
        (comparison(output(structure="has another shape")), (Sign.FORM,)),
        (
            comparison(output(), repeats=(Repeat("candidate", "each time", False, 1.0),)),
            (Sign.DOES_NOT_REPEAT,),
        ),
        (
            comparison(output(), trials=(SizeTrial({"n": 3}, "n", TrialOutcome.DIFFERS),)),
            (Sign.OTHER_SIZES,),
        ),
        (comparison(output(), trials=(SizeTrial({"n": 3}, "n", TrialOutcome.FIXED),)), ()),
    ],
)
def test_what_was_seen(one, seen):
    assert signs(one) == seen


def test_the_likeliest_cause_goes_first_and_the_rest_by_severity():
    findings = [
        finding("local-paths"), finding("fixed-batch", "should"), finding("interpolation"),
        finding("other-weights", "must"),
    ]  # fmt: skip
    ordered = by_relevance(findings, comparison(output(wrong=1)))
    assert [one.rule for one in ordered] == [
        "other-weights", "interpolation", "fixed-batch", "local-paths",
    ]  # fmt: skip


def test_without_a_verdict_to_explain_the_worst_goes_first():
    findings = [finding("interpolation"), finding("fixed-batch", "should")]
    ordered = by_relevance(findings, comparison(output(), verdict=Verdict.PASS))
    assert [one.rule for one in ordered] == ["fixed-batch", "interpolation"]


def test_no_finding_is_lost_or_doubled():
    findings = [finding("interpolation"), finding("interpolation", "should"), finding("x")]
    ordered = by_relevance(findings, comparison(output(wrong=1), output(nonfinite=1)))
    assert sorted(ordered, key=findings.index) == findings


def test_only_rules_that_speak_of_it_explain_it():
    assert explaining([finding("local-paths")], [Sign.VALUES]) == ()
