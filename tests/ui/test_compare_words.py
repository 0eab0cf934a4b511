"""What chips, the worst table and the plain words say under each verdict."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from inspector.core.comparison import (
    Allowed,
    Chosen,
    Comparison,
    DataFacts,
    OutputComparison,
    Side,
    Verdict,
)
from inspector.core.verdict import judge, side_names
from inspector.ui.panels.compare_chips import MOST_CHIPS, Chips, chip_text, worst_first
from inspector.ui.panels.compare_selection import Selection
from inspector.ui.panels.compare_worst import WorstCard

NONE = Allowed(0.0, 0.0)


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
        (
            {"chosen": Chosen(1.0, 0.0, Allowed(0.0, 0.0), 3, loosened=True)},
            "by a looser tolerance",
        ),
        ({"chosen": Chosen(0.0, 0.0, NONE)}, "all agree"),
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


def test_the_output_that_the_sentence_is_about_comes_first(output: OutputComparison) -> None:
    worst = output.worst[0]
    many = replace(
        output, name="many", verdict=Verdict.FAIL, over_tolerance=50,
        worst=(replace(worst, absolute_error=0.01, allowed=1e-3),),
    )  # fmt: skip
    far = replace(many, name="far", over_tolerance=2, worst=(replace(worst, absolute_error=5.0),))
    nan = replace(many, name="nan", over_tolerance=0, nonfinite_mismatch=1)
    formed = replace(many, name="formed", structure="has another shape")
    outputs = (many, far, nan, formed, output)
    assert [one.name for one in worst_first(outputs)] == ["formed", "nan", "far", "many", "output"]
    sides = Side("a", "", "PyTorch", ""), Side("b", "", "ONNX Runtime", "")
    data = DataFacts("s.npz", real=True, samples=2)
    for group in (outputs, (many, far, nan, output), (many, far, output)):
        _, sentence = judge(group, data, names=side_names(*sides))
        assert f"'{worst_first(group)[0].name}'" in sentence


def test_a_list_of_outputs_keeps_the_count_beside_a_long_name(
    qtbot: QtBot, output: OutputComparison
) -> None:
    chips = Chips()
    qtbot.addWidget(chips)
    outputs = [replace(output, name=f"name {n}\n" + "x" * 200) for n in range(MOST_CHIPS + 1)]
    chips.show_outputs(tuple(outputs), outputs[0].name)
    text = chips.list.itemText(0)
    assert "\n" not in text
    assert text.startswith("name 0 x")
    assert text.endswith("  all agree")
    assert len(text) < 70
