"""The Export page: what its fields ask for, what may start, and what is told meanwhile."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from inspector.core.failures import Failure
from inspector.core.findings import Finding
from inspector.core.input_spec import InputDim, InputSpec, parse_input_spec
from inspector.core.model import Value
from inspector.jobs.requests import Event, Exported, ExportRequest, ModelSource, Prepared
from inspector.ui.document import REFERENCE
from inspector.ui.panels.export import ExportPanel
from inspector.ui.panels.export_inputs import InputsEditor, dims_text
from inspector.ui.panels.export_log import LogBox
from inspector.ui.panels.export_stages import (
    CANCELLED,
    DONE,
    DYNAMO_STAGES,
    FAILED,
    RUNNING,
    SKIPPED,
    TORCHSCRIPT_STAGES,
    WAITING,
    StageList,
    seconds_text,
)
from inspector.ui.panels.export_text import command_line, python_text

IMAGE = parse_input_spec("image=float32[batch=2,1,8,8]")


@pytest.fixture
def panel(qtbot, document):
    made = ExportPanel(document)
    qtbot.addWidget(made)
    made.resize(1190, 640)
    made.show()
    return made


@pytest.fixture
def ready(panel, document, checkpoint_inspection, tmp_path):
    """The panel with a state dict, its code, consent, and a known input."""
    code = tmp_path / "net.py"
    code.write_text("def build(): ...")
    path = str(tmp_path / "net.pt")
    document.open_file(path, REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection(path))
    document.set_plan(replace(document.plan, code=f"{code}:build", trusted=True, inputs=(IMAGE,)))
    return panel


def request_of(panel: ExportPanel) -> ExportRequest:
    request, problem = panel.settings.request()
    assert problem == ""
    assert request is not None
    return request


def exported(path: str) -> Exported:
    return Exported(
        path, 64 * 1024, "dynamo", 18, {"ai.onnx": 18}, ("onnx.checker", "ONNX Runtime"),
        (Value("image", "float32", ("batch", 1, 8, 8)),), (Value("logits", "float32", (2, 10)),),
        (Finding("training-mode", "should", "It was saved in training mode.", "why", "Nothing."),),
        {"Loading checkpoint": 0.5, "Saving": 0.25},
    )  # fmt: skip


def event(stage: str, seconds: float = 0.0, text: str = "", fraction: float | None = None) -> Event:
    return Event("", "stage", stage, text, fraction, seconds, 612 * 1024 * 1024)


def states(stages: StageList) -> list[int]:
    return [row.state for row in stages.rows]


# Settings


def test_without_a_checkpoint_the_page_says_what_it_needs(panel, document):
    assert panel._stack.currentIndex() == 0
    panel.start()
    assert document.job is None


def test_fields_are_filled_from_the_checkpoint(ready, document, tmp_path):
    settings = ready.settings
    assert settings.output.text() == str(tmp_path / "net.onnx")
    assert settings.code.name.text() == "build"
    assert [row.name.text() for row in settings.inputs.rows] == ["image"]
    assert settings.inputs.rows[0].dims.text() == "batch=2, 1, 8, 8"
    assert "227 parameters" in settings.seen.text.text()
    document.prepared = Prepared("Net", ("image", "scale"), ("scale",), (IMAGE,), True, 1234)
    document.plan_changed.emit()
    assert "Net with 1,234 parameters; forward() takes image." in settings.seen.text.text()
    assert "guess" in settings.inputs_note.text()


def test_the_request_holds_what_the_fields_say(ready, document, tmp_path):
    settings = ready.settings
    settings.exporter.setCurrentIndex(1)
    settings.opset.setValue(14)
    settings.folding.setChecked(False)
    settings.training.setChecked(True)
    settings.paths.setChecked(True)
    settings.output_names.setText("logits, features")
    settings.output_names.textEdited.emit("")
    settings.output.setText(str(tmp_path / "other.onnx"))
    request = request_of(ready)
    assert request.source == ModelSource(
        str(tmp_path / "net.pt"), f"{tmp_path / 'net.py'}:build", "{}", True, (IMAGE,),
        ("logits", "features"),
    )  # fmt: skip
    assert request == ExportRequest(
        request.source, str(tmp_path / "other.onnx"), 14, "torchscript", False, True, True
    )


def test_dropout_and_paths_stay_out_unless_asked_for(ready):
    request = request_of(ready)
    assert not request.training_mode
    assert not request.keep_paths
    assert request.constant_folding
    assert (request.exporter, request.opset) == ("dynamo", 18)
    assert ready.settings.training.text() == "Export in training mode, with dropout active"


def test_edited_sizes_reach_the_plan_and_wrong_ones_are_marked(qtbot, ready, document):
    row = ready.settings.inputs.rows[0]
    row.dims.selectAll()
    qtbot.keyClicks(row.dims, "n=4, 1, 9, 9")
    assert document.plan.inputs == (parse_input_spec("image=float32[n=4,1,9,9]"),)
    row.dims.setText("4 by 4")
    row.dims.textEdited.emit("")
    assert row.dims.property("state") == "bad"
    assert "cannot be read" in ready.settings.inputs.problem_label.text()
    assert document.plan.inputs[0].dims[0] == InputDim(4, "n")
    ready.start()
    assert document.job is None
    assert "cannot be read" in ready.progress.problem.text()


def test_other_code_takes_consent_back(ready, document, tmp_path):
    other = tmp_path / "other.py"
    other.write_text("")
    ready.settings.code.file.setText(str(other))
    ready.settings.code.file.textEdited.emit("")
    assert document.plan.code == f"{other}:build"
    assert not document.plan.trusted


def test_an_output_that_cannot_be_written_is_refused_before_the_start(ready, document, tmp_path):
    for text, words in {
        "": "Say where",
        str(tmp_path / "nowhere" / "x.onnx"): "There is no folder",
        str(tmp_path): "is a folder",
    }.items():
        ready.settings.output.setText(text)
        ready.start()
        assert document.job is None
        assert words in ready.settings.output_problem.text()
        assert ready.settings.output.property("state") == "bad"


def test_a_low_opset_says_which_exporter_writes_it(ready):
    ready.settings.opset.setValue(14)
    assert ready.progress.warning.isVisible()
    assert "Opset 14 was asked for" in ready.progress.warning.sentence.text()
    assert len(ready.progress.stages.rows) == len(TORCHSCRIPT_STAGES)
    ready.settings.opset.setValue(18)
    assert not ready.progress.warning.isVisible()
    assert len(ready.progress.stages.rows) == len(DYNAMO_STAGES)


def test_another_checkpoint_proposes_another_file(ready, document, checkpoint_inspection):
    path = "/models/script.pt"
    document.open_file(path, REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection(path, form="torchscript"))
    assert ready.settings.output.text() == str(Path("/models/script.onnx"))
    assert ready.settings.exporter.currentIndex() == 1
    assert not ready.settings.code.isVisible()


# Starting


def test_export_without_consent_asks_for_it_and_runs_nothing(qtbot, ready, document):
    document.set_plan(replace(document.plan, trusted=False))
    with qtbot.waitSignal(document.failed) as failed:
        ready.start()
    assert failed.args[0].kind == "trust-needed"
    assert document.runner.jobs == []


def test_weights_without_code_say_what_is_missing(ready, document):
    document.set_plan(replace(document.plan, code=""))
    ready.start()
    assert document.runner.jobs == []
    assert "holds weights only" in ready.progress.problem.text()


def test_the_button_starts_and_the_settings_are_locked(qtbot, ready, document):
    qtbot.mouseClick(ready.progress.start, Qt.MouseButton.LeftButton)
    job = document.runner.waiting("export")[0]
    assert job.request == request_of(ready)
    assert not ready.settings.output.isEnabled()
    assert ready.progress.cancel.isVisible()
    assert not ready.progress.start.isVisible()
    ready.start()
    assert len(document.runner.jobs) == 1


# While it runs


def test_stages_memory_and_steps_follow_the_job(ready, document):
    ready.start()
    job = document.job
    job.progressed.emit(event("Loading checkpoint", 0.1))
    job.progressed.emit(event("Capturing graph", 1.6))
    job.progressed.emit(event("Capturing graph", 2.0, "219 of 324", 0.5))
    stages = ready.progress.stages
    assert states(stages)[:4] == [DONE, SKIPPED, RUNNING, WAITING]
    assert stages.rows[0].time.text() == "1.5 s"
    assert stages.rows[2].words.text() == "219 of 324"
    assert not stages.rows[2]._bar.isHidden()
    assert stages.rows[2]._bar.value() == 500
    assert ready.progress.step.text() == "Step 3 of 8"
    assert ready.progress.memory.text() == "612 MB"


def test_a_written_file_is_told_with_its_size_time_and_shapes(qtbot, ready, document, tmp_path):
    ready.start()
    job = document.job
    job.progressed.emit(event("Saving", 0.5))
    path = str(tmp_path / "net.onnx")
    document.runner.answer("export", exported(path))
    outcome = ready.progress.outcome
    assert outcome.sentence.text() == "Written: net.onnx, 64 KB, 0.8 s"
    texts = [label.text() for label in outcome.findChildren(type(outcome.sentence))]
    assert "['batch', 1, 8, 8]" in " ".join(texts)
    assert "It was saved in training mode." in texts
    assert ready.settings.output.isEnabled()
    assert states(ready.progress.stages)[-2:] == [DONE, SKIPPED]
    assert document.candidate is not None
    assert document.candidate.path == path
    with qtbot.waitSignal(document.page_asked) as asked:
        outcome.open_model.click()
    assert asked.args == ["model"]


def test_a_failure_marks_its_stage_and_says_what_to_do(ready, document):
    ready.start()
    document.job.progressed.emit(event("Translating to ONNX", 1.0))
    document.runner.answer("export", Failure("No translation.", "Replace it.", "Traceback"))
    assert states(ready.progress.stages)[4] == FAILED
    outcome = ready.progress.outcome
    assert outcome.sentence.text() == "No translation."
    assert outcome.hint.text() == "Replace it. Nothing was written."
    assert outcome.details.view.toPlainText() == "Traceback"
    assert not outcome.open_model.isVisible()
    assert ready.progress.start.isEnabled()
    assert ready.progress.start.text() == "Export again"


def test_cancel_stops_the_job_and_says_that_nothing_was_written(qtbot, ready, document):
    ready.start()
    document.job.progressed.emit(event("Capturing graph", 1.0))
    qtbot.mouseClick(ready.progress.cancel, Qt.MouseButton.LeftButton)
    assert document.job is None
    assert states(ready.progress.stages)[2] == CANCELLED
    assert ready.progress.outcome.sentence.text() == "Nothing was written."
    assert ready.progress.heading.text() == "Export cancelled"
    assert ready.settings.output.isEnabled()


def test_a_second_export_begins_with_clean_stages(ready, document):
    ready.start()
    document.job.progressed.emit(event("Capturing graph", 1.0))
    document.cancel()
    ready.start()
    assert set(states(ready.progress.stages)) == {WAITING}
    assert not ready.progress.outcome.isVisible()


# Parts


def test_a_stage_that_was_not_foreseen_finds_its_place(qtbot):
    stages = StageList()
    qtbot.addWidget(stages)
    stages.plan(DYNAMO_STAGES)
    stages.take("Loading checkpoint", "", None, 0.0)
    stages.take("Trying example inputs", "", None, 1.0)
    names = [row.stage.name for row in stages.rows]
    assert names[:3] == ["Loading checkpoint", "Trying example inputs", DYNAMO_STAGES[1].name]
    assert states(stages)[:3] == [DONE, RUNNING, WAITING]
    assert stages.position == (2, 9)


def test_a_checkpoint_that_is_still_loaded_counts_as_loaded(qtbot):
    stages = StageList()
    qtbot.addWidget(stages)
    stages.plan(DYNAMO_STAGES)
    stages.take("Trying it once in PyTorch", "", None, 0.1)
    assert states(stages)[:2] == [DONE, RUNNING]
    assert stages.rows[0].words.text() == "Still loaded from before"
    stages.plan(DYNAMO_STAGES)
    assert stages.rows[0].words.text() == DYNAMO_STAGES[0].words


def test_times_are_in_seconds_and_minutes():
    assert [seconds_text(s) for s in (0.04, 18.24, 59.94, 64.4, 3600)] == [
        "0.0 s", "18.2 s", "59.9 s", "1 min 4 s", "60 min 0 s",
    ]  # fmt: skip


def test_the_log_is_folded_to_its_last_line_and_can_be_saved(qtbot, document, tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("first\nlast line\n\n")
    box = LogBox(document)
    qtbot.addWidget(box)
    box.show()
    box.follow(log)
    box.finish()
    assert (box.count.text(), box.last.text()) == ("2 lines", "last line")
    assert not box.view.isVisible()
    box.toggle.click()
    assert box.view.isVisible()
    box._on_chosen(str(tmp_path / "saved.txt"))
    assert (tmp_path / "saved.txt").read_text() == log.read_text()
    with qtbot.waitSignal(document.failed) as failed:
        box._on_chosen(str(tmp_path))
    assert "could not be written" in failed.args[0].sentence


def test_inputs_are_added_removed_and_told_apart(qtbot):
    editor = InputsEditor()
    qtbot.addWidget(editor)
    editor.show_specs((IMAGE,))
    assert editor.read() == ((IMAGE,), "")
    editor.add.click()
    assert editor.read()[0] is None
    assert editor.check() == "Every input needs the name that forward() gives it."
    editor.rows[1].name.setText("image")
    assert editor.check() == "Two inputs are called 'image'."
    editor.rows[1].name.setText("mask")
    editor.rows[1].dims.setText("0")
    assert editor.check() == "Every size of 'mask' must be at least 1."
    editor.rows[1].dims.setText("")
    assert editor.read()[0] == (IMAGE, InputSpec("mask", "float32", ()))
    editor.rows[1].remove.click()
    assert editor.read() == ((IMAGE,), "")
    assert dims_text(IMAGE) == "batch=2, 1, 8, 8"


def test_the_command_line_is_read_back_by_the_command_line(tmp_path):
    from inspector.cli_options import build_parser

    source = ModelSource(
        "/models/my net.pt", "/code/net.py:build", '{"classes": 3}', True,
        (IMAGE, parse_input_spec("ids=int64[4]")), ("a b",),
        state="ema.net",
    )  # fmt: skip
    request = ExportRequest(source, "/out/x y.onnx", 14, "torchscript", False, True, True)
    words = shlex.split(command_line(request).replace("\\\n", " "))
    assert words[:2] == ["onnx-inspector", "export"]
    options = build_parser().parse_args(words[1:])
    assert options.checkpoint == source.path
    assert tuple(options.input) == source.inputs
    assert (options.output, options.opset, options.exporter) == ("/out/x y.onnx", 14, "torchscript")
    assert (options.code, options.code_args, options.trust) == (
        source.code, source.code_args, True
    )  # fmt: skip
    assert options.output_name == ["a b"]
    assert options.state == "ema.net"
    assert options.no_constant_folding
    assert options.training_mode
    assert options.keep_paths


def test_the_plain_command_line_says_nothing_that_goes_without_saying():
    request = ExportRequest(ModelSource("net.pt"), "net.onnx")
    assert command_line(request) == "onnx-inspector export net.pt \\\n    -o net.onnx"


def test_without_inputs_the_python_text_invents_no_call():
    request = ExportRequest(ModelSource("net.pt"), "net.onnx")
    seen: dict[str, object] = {}
    exec(python_text(request), seen)
    assert "export" not in python_text(request)
    assert "add them" in python_text(request)


def test_a_model_that_takes_nothing_is_called_with_nothing():
    seen: list[tuple[object, ...]] = []

    class FakeTorch:
        class onnx:  # noqa: N801
            @staticmethod
            def export(*args: object, **options: object) -> None:
                seen.append(args)

    request = ExportRequest(ModelSource("net.pt"), "net.onnx")
    text = python_text(request, without_inputs=True)
    exec(text, {"torch": FakeTorch, "model": "m"})
    assert seen == [("m", (), "net.onnx")]


@pytest.mark.parametrize("exporter", ["dynamo", "torchscript"])
def test_the_python_text_compiles_and_calls_export_with_these_values(exporter):
    seen: dict[str, object] = {}

    class FakeTorch:
        int64 = "int64"

        class onnx:  # noqa: N801
            @staticmethod
            def export(*args: object, **options: object) -> None:
                seen.update(options, args=args)

        @staticmethod
        def randn(shape: tuple[int, ...]) -> tuple[int, ...]:
            return shape

        @staticmethod
        def zeros(shape: tuple[int, ...], dtype: str) -> tuple[object, ...]:
            return (*shape, dtype)

    source = ModelSource("net.pt", inputs=(IMAGE, parse_input_spec("2nd=int64[4]")))
    request = ExportRequest(replace(source, output_names=("y",)), "/out/net.onnx", 18, exporter)
    exec(python_text(request), {"torch": FakeTorch, "model": "m"})
    assert seen["args"] == ("m", ((2, 1, 8, 8), (4, "int64")), "net.onnx")
    assert seen["dynamo"] is (exporter == "dynamo")
    assert seen["input_names"] == ["image", "2nd"]
    assert seen["output_names"] == ["y"]
    if exporter == "dynamo":
        assert seen["dynamic_shapes"] == ({0: "batch"}, None)
    else:
        assert seen["dynamic_axes"] == {"image": {0: "batch"}}


def test_the_code_box_copies_what_it_shows(ready):
    box = ready.settings.text
    box.which._group.button(1).click()
    box.copy.click()
    assert QApplication.clipboard().text() == command_line(request_of(ready))


def test_a_real_sample_is_exported_by_the_worker(qtbot, real_document, tmp_path):
    folder = Path(__file__).parents[2] / "resources/samples/simple_net"
    panel = ExportPanel(real_document)
    qtbot.addWidget(panel)
    panel.show()
    real_document.open_file(str(folder / "simple_net.pt"), REFERENCE)
    qtbot.waitUntil(lambda: panel.settings.output.text() != "", timeout=60_000)
    code = str(folder / "simple_net.py")
    spec = parse_input_spec("input=float32[1,10]")
    qtbot.waitUntil(lambda: real_document.reference.inspection is not None, timeout=60_000)
    real_document.set_plan(replace(real_document.plan, code=code, trusted=True, inputs=(spec,)))
    panel.settings.output.setText(str(tmp_path / "simple.onnx"))
    panel.settings.opset.setValue(14)
    with qtbot.waitSignal(real_document.export_finished, timeout=180_000):
        panel.start()
    assert (tmp_path / "simple.onnx").is_file()
    assert panel.progress.outcome.sentence.text().startswith("Written: simple.onnx")
    assert DONE in states(panel.progress.stages)
    assert RUNNING not in states(panel.progress.stages)


def test_what_cannot_be_exported_says_why_and_is_not_started(
    panel, document, checkpoint_inspection
):
    document.open_file("/models/tiny.pt2", REFERENCE)
    why = "It holds native code, which can be compared but not exported."
    inspection = checkpoint_inspection("/models/tiny.pt2", form="aotinductor", next_step=why)
    document.reader.answer("inspect", inspection)
    assert panel.progress.problem.text() == why
    assert not panel.progress.start.isEnabled()
    panel.settings.opset.setValue(20)
    assert panel.progress.problem.text() == why
    panel.start()
    assert document.job is None
    document.open_file("/models/other.pt", REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection("/models/other.pt"))
    assert panel.progress.problem.text() == ""
    assert panel.progress.start.isEnabled()
