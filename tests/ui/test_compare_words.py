"""What chips, the worst table and the plain words say under each verdict."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from inspector.core.comparison import Comparison, OutputComparison, Verdict
from inspector.ui.panels.compare_chips import Chips, chip_text
from inspector.ui.panels.compare_selection import Selection
from inspector.ui.panels.compare_worst import WorstCard


@pytest.fixture
def output(make_comparison: Callable[..., Comparison]) -> OutputComparison:
    return make_comparison().outputs[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "all agree"),
        ({"over_tolerance": 6994}, "6,994 beyond"),
        ({"verdict": Verdict.CANNOT_JUDGE}, "not judged"),
        ({"verdict": Verdict.CANNOT_JUDGE, "over_tolerance": 5}, "not judged"),
        ({"verdict": Verdict.CANNOT_JUDGE, "elements": 0}, "no values"),
        ({"verdict": Verdict.REVIEW, "nan_agreed": 12}, "12 NaN on both"),
        ({"verdict": Verdict.FAIL, "structure": "has another shape"}, "another form"),
    ],
)
def test_a_chip_says_how_its_output_fared(
    output: OutputComparison, changes: dict[str, object], words: str
) -> None:
    histogram = output.histogram
    beyond = int(str(changes.get("over_tolerance", 0)))
    changed = replace(histogram, beyond=(0, beyond), counts=(0, 2000))
    assert chip_text(replace(output, histogram=changed, **changes)) == words  # type: ignore[arg-type]


def worst_hint(qtbot: QtBot, output: OutputComparison) -> str:
    selection = Selection()
    card = WorstCard(selection)
    qtbot.addWidget(card)
    selection.show_output(output, ("PyTorch", "ONNX"))
    return card.hint.text()


def test_the_listed_values_are_those_nearest_to_the_limit(
    qtbot: QtBot, output: OutputComparison
) -> None:
    three = replace(output, worst=output.worst * 3)
    assert worst_hint(qtbot, three) == "the 3 that come nearest to the limit"
    assert worst_hint(qtbot, output) == "the one that comes nearest to the limit"


def test_what_cannot_be_judged_is_not_said_to_be_within(
    qtbot: QtBot, output: OutputComparison
) -> None:
    hint = worst_hint(qtbot, replace(output, verdict=Verdict.CANNOT_JUDGE))
    assert "not judged" in hint
    assert "within" not in hint


def test_chips_that_were_replaced_are_gone_at_once(qtbot: QtBot, output: OutputComparison) -> None:
    chips = Chips()
    qtbot.addWidget(chips)
    chips.show_outputs((output,), output.name)
    chips.show()
    old = chips.chips[0]
    chips.show_outputs((replace(output, over_tolerance=5),), output.name)
    assert old.isHidden()
    qtbot.waitUntil(lambda: chips.chips[0].isVisible())
