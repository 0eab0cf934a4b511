"""The question of trust: when it is put, what is offered, and that nothing runs unasked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.core.failures import TRUST_NEEDED, Failure
from inspector.core.inspection import CheckpointFacts
from inspector.core.model import Import
from inspector.runtimes.user_code_files import Brought
from inspector.ui import consent, forms
from inspector.ui.document import REFERENCE
from inspector.ui.panels.model import ModelPanel
from inspector.ui.panels.model_imports import ImportTable
from inspector.ui.panels.model_trust import kind_words
from inspector.ui.panels.model_trust_answers import LOOK, RUN, WEIGHTS, answers_for, protections
from inspector.ui.panels.model_trust_source import brought_words
from inspector.ui.widgets.code_fields import join_code, split_code

HARMLESS = Import("torch.FloatStorage", 3, "harmless", "numbers of type float32")
UNKNOWN = Import("nets.Net", 1, "unknown", "a class")
DANGEROUS = Import("posix.system", 1, "dangerous", "runs a shell command")

Open = Callable[..., None]


@pytest.fixture
def panel(qtbot, document):
    made = ModelPanel(document)
    qtbot.addWidget(made)
    made.resize(1190, 640)
    made.show()
    return made


@pytest.fixture
def open_checkpoint(panel, document, checkpoint_inspection) -> Open:
    """Open a checkpoint of a form with some imports."""

    def opener(form: str, *imports: Import, path: str = "/models/tiny.pt") -> None:
        document.open_file(path, REFERENCE)
        found = checkpoint_inspection(path, form=form, imports=imports)
        document.reader.answer("inspect", found)

    return opener


def facts(form: str, *imports: Import) -> CheckpointFacts:
    return CheckpointFacts(form, "zip", (), 0, (), imports, None, "", False, "Do this.")


@pytest.mark.parametrize(
    ("form", "imports", "asks"),
    [
        ("state-dict", (HARMLESS,), False),
        ("state-dict", (HARMLESS, UNKNOWN), False),
        ("state-dict", (DANGEROUS,), True),
        ("safetensors", (), False),
        ("whole-module", (HARMLESS,), True),
        ("torchscript", (), True),
        ("exported-program", (), True),
        ("sharded", (), False),
        ("gguf", (), False),
    ],
)
def test_the_question_is_put_where_running_means_executing(form, imports, asks):
    assert consent.needs_consent(facts(form, *imports)) is asks


def test_looking_inside_runs_nothing_and_shows_the_tree(panel, document, open_checkpoint):
    open_checkpoint("whole-module", UNKNOWN)
    assert panel.question.isVisible()
    answers = panel.question.answers
    assert answers.current == LOOK
    assert answers.go.text() == "Look inside only"
    answers.go.click()
    assert not panel.question.isVisible()
    assert panel._stack.currentWidget() is panel._page
    assert not document.plan.trusted
    assert document.runner.jobs == []


def test_consent_is_given_once_and_the_model_is_then_loaded(
    panel, document, open_checkpoint, tmp_path
):
    code = tmp_path / "nets.py"
    code.write_text("class Net: ...")
    open_checkpoint("whole-module", UNKNOWN)
    answers = panel.question.answers
    answers.options[RUN].radio.click()
    answers.code.file.setText(str(code))
    answers.code.file.textEdited.emit(str(code))
    answers.go.click()
    assert document.plan.trusted
    assert document.plan.code == str(code)
    job = document.runner.waiting("prepare")[0]
    assert job.request.source.trust
    assert job.request.source.code == str(code)
    assert not panel.question.isVisible()


def test_a_dangerous_file_is_not_offered_to_be_run(panel, open_checkpoint):
    open_checkpoint("whole-module", DANGEROUS, UNKNOWN)
    option = panel.question.answers.options[RUN]
    assert not option.radio.isEnabled()
    refusal = "Not offered for this file: 'posix.system' runs a shell command."
    assert option.words.refusal == refusal
    assert option.words.danger
    assert refusal in option.radio.accessibleDescription()


def test_weights_ask_for_the_file_and_its_callable(panel, document, open_checkpoint, tmp_path):
    code = tmp_path / "net.py"
    code.write_text("def build(): ...")
    open_checkpoint("state-dict", HARMLESS)
    assert not panel.question.isVisible()
    panel.source_bar.chosen.emit(str(code))
    answers = panel.question.answers
    assert panel.question.isVisible()
    assert answers.current == WEIGHTS
    assert answers.code.file.text() == str(code)
    assert not answers.go.isEnabled()
    answers.code.name.setText("build")
    answers.code.name.textEdited.emit("build")
    assert answers.go.isEnabled()
    answers.code.args.setText("[1]")
    answers.code.args.textEdited.emit("[1]")
    assert not answers.go.isEnabled()
    assert "JSON object" in answers.code.problem_label.text()
    answers.code.args.setText('{"classes": 3}')
    answers.code.args.textEdited.emit("")
    answers.go.click()
    assert document.plan.code == f"{code}:build"
    assert document.plan.code_args == '{"classes": 3}'
    assert document.plan.trusted
    assert not panel.source_bar.isVisible()


def test_a_python_file_that_is_not_there_is_marked(panel, open_checkpoint):
    open_checkpoint("state-dict", HARMLESS)
    panel.source_bar.chosen.emit("/nowhere/net.py")
    fields = panel.question.answers.code
    assert fields.file.property("state") == "bad"
    assert fields.problem_label.text() == "There is no such file."


def test_not_opening_closes_the_file(panel, document, open_checkpoint):
    open_checkpoint("whole-module", UNKNOWN)
    panel.question.answers.refuse.click()
    assert document.reference is None
    assert panel._stack.currentWidget() is panel._empty


def test_an_answer_is_good_for_that_file_only(panel, document, open_checkpoint):
    open_checkpoint("whole-module", UNKNOWN)
    panel.question.answers.go.click()
    assert not panel.question.isVisible()
    open_checkpoint("whole-module", UNKNOWN, path="/models/other.pt")
    assert panel.question.isVisible()


def test_a_job_that_needs_trust_brings_the_question_back(panel, document, open_checkpoint):
    open_checkpoint("torchscript")
    panel.question.answers.go.click()
    document.failed.emit(Failure("It executes code.", kind=TRUST_NEEDED))
    assert panel.question.isVisible()
    document.failed.emit(Failure("Something else."))
    panel.question.answers.go.click()
    document.failed.emit(Failure("Something else."))
    assert not panel.question.isVisible()


def test_the_list_puts_the_dangerous_first_and_counts_uses(qtmodeltester):
    table = ImportTable()
    table.set_imports((HARMLESS, UNKNOWN, DANGEROUS))
    qtmodeltester.check(table)
    rows = [
        [table.index(row, column).data() for column in range(4)] for row in range(table.rowCount())
    ]
    assert rows == [
        ["Can run commands", None, "1", None],
        ["posix.system", "runs a shell command", "1", "Dangerous"],
        ["Not known", None, "1", None],
        ["nets.Net", "a class", "1", "Not known"],
        ["Known and harmless", None, "3", None],
        ["torch.FloatStorage", "numbers of type float32", "3", "Harmless"],
    ]


def test_every_answer_says_what_it_is_enough_for():
    for form in (*forms.WEIGHT_FORMS, *forms.MODULE_FORMS, "gguf"):
        look_only, *others = answers_for(facts(form, HARMLESS))
        assert not look_only.refusal
        offered = [words for words in others if not words.refusal]
        assert len(offered) == (0 if form == "gguf" else 1)
        enough = "Enough to compare" if form == "aotinductor" else "Enough to export and compare"
        assert all(enough in words.note for words in offered)


def test_a_folder_that_names_its_architecture_is_run_with_it_or_with_source():
    named = replace(facts("huggingface"), architecture="BertModel")
    _, weights, run = answers_for(named)
    assert not weights.refusal
    assert (run.title, run.refusal) == ("Build BertModel", "")
    assert "Code in the folder is not run" in run.text


def test_what_opening_would_run_is_listed(panel, document, checkpoint_inspection):
    runs = tuple(f"the package's own source 'part{number}.py'" for number in range(600))
    document.open_file("/models/pkg.pt", REFERENCE)
    inspection = checkpoint_inspection("/models/pkg.pt", form="torch-package", runs=runs)
    document.reader.answer("inspect", inspection)
    panel.ask_trust()
    lines = panel.question._runs.toPlainText().splitlines()
    assert lines[0] == runs[0]
    assert (len(lines), lines[-1]) == (501, "and 100 more")


def test_protection_is_claimed_as_far_as_it_holds(monkeypatch):
    from inspector.jobs import confinement
    from inspector.jobs.requests import Protection

    for active in ((), (confinement.NETWORK,), confinement.PARTS):
        monkeypatch.setattr(confinement, "expected", lambda active=active: Protection(active))
        said = [words for _, words in protections()]
        assert ("without network" in said) == (confinement.NETWORK in active)
        lacking = [words for words in said if words.startswith("Not ensured")]
        assert len(lacking) == (active != confinement.PARTS)
        assert all(part in lacking[0] for part in confinement.PARTS[:4] if part not in active)


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("net.py", ("net.py", "")),
        ("net.py:build", ("net.py", "build")),
        (r"C:\models\net.py", (r"C:\models\net.py", "")),
        (r"C:\models\net.py:Net", (r"C:\models\net.py", "Net")),
        ("", ("", "")),
    ],
)
def test_code_is_taken_apart_and_put_together(code, parts):
    assert split_code(code) == parts
    assert join_code(*parts) == code


def test_kinds_are_named_in_words():
    assert kind_words("whole-module", "zip") == "whole module, ZIP with a Python pickle"


def test_a_real_checkpoint_lists_its_imports_and_loads_on_consent(qtbot, real_document):
    folder = Path(__file__).parents[2] / "resources/samples/simple_net"
    panel = ModelPanel(real_document)
    qtbot.addWidget(panel)
    panel.show()
    real_document.open_file(str(folder / "simple_net.pt"), REFERENCE)
    qtbot.waitUntil(panel.question.isVisible, timeout=60_000)
    answers = panel.question.answers
    answers.set_code(str(folder / "simple_net.py"))
    assert answers.current == RUN
    answers.go.click()
    qtbot.waitUntil(lambda: real_document.prepared is not None, timeout=120_000)
    assert real_document.prepared is not None
    assert real_document.prepared.parameters == 10 * 16 + 16 + 16 * 3 + 3


def test_the_source_is_listed_before_it_is_run(panel, open_checkpoint, tmp_path, qtbot):
    marker = tmp_path / "marker"
    (tmp_path / "nets.py").write_text(
        f"import torch\nfrom layers import Layer\nopen({str(marker)!r}, 'w')\nclass Net: ...\n"
    )
    (tmp_path / "layers.py").write_text("import numpy\nclass Layer: ...\n")
    open_checkpoint("whole-module", UNKNOWN)
    answers = panel.question.answers
    answers.set_code(str(tmp_path / "nets.py"))
    qtbot.waitUntil(answers.brought.isVisible)
    said = f"Runs layers.py and nets.py from {tmp_path}. It imports numpy and torch."
    assert answers.brought.text() == said
    assert not marker.exists()
    answers.options[LOOK].radio.click()
    assert not answers.brought.isVisible()


def test_a_long_list_is_counted():
    files = tuple(Path(f"/code/n{number:02}.py") for number in range(11))
    said = brought_words(Brought(files, ("torch",)))
    assert said.startswith("Runs n00.py, n01.py")
    assert "n07.py and 3 more from /code. It imports torch." in said
