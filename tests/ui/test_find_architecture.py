"""Export page: which architecture weights belong to, which set is taken, what a file stores."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from inspector.core.failures import Failure
from inspector.core.inspection import StateSet
from inspector.core.suggestion import Proposal, Suggestions
from inspector.core.tensor_fit import OTHER_SHAPE, TensorRow
from inspector.ui.document import REFERENCE
from inspector.ui.panels.export_architecture import found_text, share_text
from inspector.ui.panels.export_settings import SettingsPane
from inspector.ui.widgets.code_fields import CodeFields, is_package

BEST = Proposal(
    "resnet18", "torchvision 0.29", "torchvision.models.resnet:resnet18", '{"num_classes": 7}',
    122, 122, (), "All 122 tensors fit with num_classes=7.",
)  # fmt: skip
NEXT = replace(
    BEST, name="resnet34", code="torchvision.models.resnet:resnet34", matched=121,
    differs=(TensorRow("fc.bias", OTHER_SHAPE, (1000,), (7,)),), sentence="121 of 122 fit.",
)  # fmt: skip
FOUND = Suggestions((BEST, NEXT), 40, ("torchvision 0.29",), ("timm is not installed.",), True)


@pytest.fixture
def pane(qtbot, document):
    made = SettingsPane(document)
    qtbot.addWidget(made)
    made.show()
    for signal in (document.plan_changed, document.files_changed, document.job_ended):
        signal.connect(lambda *_: made.refresh())
    return made


@pytest.fixture
def weights(document, checkpoint_inspection):
    def open_one(**facts):
        document.open_file("/models/tiny.pt", REFERENCE)
        document.reader.answer("inspect", checkpoint_inspection(**facts))

    return open_one


def test_weights_without_source_are_offered_a_search(pane, document, weights):
    weights()
    box = pane.architecture
    assert box.isVisible()
    box.search.click()
    (job,) = document.runner.waiting("suggest")
    assert job.request.path == "/models/tiny.pt"
    assert box.cancel.isVisible()
    job.progress("Trying architectures", "resnet18")
    assert box.stage.text() == "Trying architectures: resnet18"
    job.end(FOUND)
    assert box.search.isVisible()
    assert box.proposals.table.rowCount() == 2
    assert box.sentence.text() == BEST.sentence
    assert box.differs.isHidden()


def test_the_chosen_proposal_fills_code_and_arguments_and_asks_for_consent_anew(
    pane, document, weights
):
    weights()
    document.set_plan(replace(document.plan, code="other.py:Net", trusted=True))
    pane.architecture.show_found(FOUND)
    view = pane.architecture.proposals
    view.setCurrentIndex(view.table.index(1, 0))
    assert pane.architecture.differs.isVisible()
    pane.architecture.use.click()
    plan = document.plan
    assert (plan.code, plan.code_args, plan.trusted) == (NEXT.code, NEXT.code_args, False)
    assert pane.code.file.text() == "torchvision.models.resnet"
    assert pane.code.name.text() == "resnet34"
    assert pane.code.check() == ""
    assert pane._missing_code() == ""


def test_a_search_can_be_cancelled_and_may_fail(pane, document, weights):
    weights()
    box = pane.architecture
    box.search.click()
    box.cancel.click()
    assert box.search.isVisible()
    assert "Nothing was changed" in box.stage.text()
    box.search.click()
    document.runner.answer("suggest", Failure("It stopped."))
    assert box.search.isVisible()
    assert box.search.isEnabled()


def test_what_was_found_for_another_file_goes(pane, document, weights, checkpoint_inspection):
    weights()
    pane.architecture.refresh()
    pane.architecture.show_found(FOUND)
    document.open_file("/models/other.pt", REFERENCE)
    assert pane.architecture.proposals.table.rowCount() == 0


def test_without_any_package_one_sentence_says_which_would_help():
    nothing = Suggestions((), 0, (), ("torchvision is not installed.",), True)
    assert "torchvision, timm or transformers would help" in found_text(nothing)
    assert found_text(FOUND).startswith("Tried 40 architectures of torchvision 0.29.")
    assert found_text(replace(FOUND, proposals=())).startswith("None has these weights.")


def test_all_is_said_of_all_only():
    assert share_text(BEST) == "100%"
    assert share_text(replace(BEST, matched=1219, total=1220)) == "99%"


def test_several_sets_of_weights_are_a_choice(pane, document, weights):
    states = (StateSet("model", 4, 23), StateSet("ema.shadow", 4, 23))
    weights(form="training-checkpoint", state_dict_key="model", states=states)
    choice = pane.states.choice
    assert choice.isVisible()
    assert choice.itemText(1) == "ema.shadow  ·  averaged over the training  ·  4 tensors  ·  " \
        "23 parameters"  # fmt: skip
    assert choice.currentIndex() == 0
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    assert document.plan.state == "ema.shadow"
    assert document.source(REFERENCE).state == "ema.shadow"
    choice.activated.emit(0)
    assert document.plan.state == ""


def test_the_modules_of_a_package_are_a_choice(pane, document, weights):
    states = (StateSet("m/model.pkl", 2, 16), StateSet("m/critic.pkl", 2, 5))
    weights(form="torch-package", states=states)
    assert pane.states.choice.accessibleName() == "Model to take"
    pane.states.choice.setCurrentIndex(1)
    pane.states.choice.activated.emit(1)
    assert document.source(REFERENCE).state == "m/critic.pkl"


def test_one_set_of_weights_is_no_choice(pane, weights):
    weights()
    assert pane.states.isHidden()


def test_what_a_lightning_checkpoint_stores_is_filled_in_and_only_changes_are_sent(
    pane, document, weights
):
    weights(form="lightning", hyper_parameters={"classes": 2, "lr": 0.1})
    assert json.loads(pane.code.args.text()) == {"classes": 2, "lr": 0.1}
    assert "2 arguments filled in from the checkpoint" in pane.code.stored_note.text()
    assert pane.code.code_args == "{}"
    pane.code.args.setText('{"classes": 5, "lr": 0.1}')
    assert json.loads(pane.code.code_args) == {"classes": 5}


def test_settings_of_a_training_program_are_filled_in_where_the_callable_takes_them(
    pane, document, weights, tmp_path
):
    source = tmp_path / "net.py"
    source.write_text("class Net:\n    def __init__(self, classes, width=4): pass\n")
    stored = {"classes": 2, "lr": 0.1, "epochs": 90}
    weights(form="training-checkpoint", hyper_parameters=stored)
    assert (pane.code.args.text(), pane.code.stored_note.isHidden()) == ("", True)
    document.set_plan(replace(document.plan, code=f"{source}:Net"))
    assert json.loads(pane.code.args.text()) == {"classes": 2}
    assert "1 argument filled in" in pane.code.stored_note.text()
    assert pane.code.code_args == "{}"
    document.set_plan(replace(document.plan, code=f"{tmp_path / 'none.py'}:Net"))
    assert pane.code.args.text() == ""


def test_stored_arguments_of_one_file_are_not_filled_in_for_another(qtbot):
    fields = CodeFields()
    qtbot.addWidget(fields)
    fields.set_stored({"classes": 2})
    fields.set_stored({})
    assert fields.args.text() == ""
    assert fields.stored_note.isHidden()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("torchvision.models.resnet", True), ("timm", True), ("net.py", False), ("a/b", False),
     ("C:\\x", False), ("", False)],
)  # fmt: skip
def test_modules_of_packages_are_told_from_files(text, expected):
    assert is_package(text) is expected
