"""Stages are told as they begin, and their time is kept."""

from __future__ import annotations

import time

from inspector.core.progress import Report, Step


def test_stages_and_progress_reach_the_listener() -> None:
    heard: list[tuple[str, Step]] = []
    report = Report(lambda kind, step: heard.append((kind, step)))
    report.stage("Loading", "net.pt")
    report.stage("Loading")
    report.progress(0.5, "half")
    assert heard == [
        ("stage", Step("Loading", "net.pt")),
        ("progress", Step("Loading", "half", 0.5)),
    ]


def test_seconds_are_summed_by_stage_in_order() -> None:
    report = Report()
    for name in ("one", "two", "one"):
        report.stage(name)
        time.sleep(0.01)
    seconds = report.seconds
    assert list(seconds) == ["one", "two"]
    assert seconds["one"] >= 0.02
    assert seconds["two"] >= 0.01
    assert sum(seconds.values()) <= report.elapsed


def test_a_report_without_stages_has_no_seconds() -> None:
    assert Report().seconds == {}
