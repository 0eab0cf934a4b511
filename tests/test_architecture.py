"""Who may import whom. Each rule is also broken once on purpose, to see that it would fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_archon import archrule

ROOT = Path(__file__).resolve().parent.parent
RUNTIMES = ("torch", "torch.*", "onnxruntime", "onnxruntime.*", "onnxscript", "onnxscript.*")
HEAVY = (*RUNTIMES, "onnx", "onnx.*", "numpy", "numpy.*", "pyqtgraph", "pyqtgraph.*", "sklearn.*")
QT = ("PySide6", "PySide6.*", "pyqtgraph", "pyqtgraph.*")


def core_stands_alone() -> None:
    (
        archrule("core is plain Python and numpy")
        .match("inspector.core", "inspector.core.*")
        .should_not_import(
            "inspector.formats*", "inspector.samples*", "inspector.runtimes*", "inspector.jobs*",
            "inspector.report*", "inspector.cli*", "inspector.ui*", "onnx", "onnx.*",
            *RUNTIMES, *QT,
        )
        .check("inspector")
    )  # fmt: skip


def readers_and_runtimes_know_only_core() -> None:
    (
        archrule("formats, samples and runtimes build on core")
        .match("inspector.formats*", "inspector.samples*", "inspector.runtimes*")
        .should_not_import(
            "inspector.jobs*", "inspector.report*", "inspector.cli*", "inspector.ui*", *QT
        )
        .check("inspector", only_direct_imports=True)
    )


def jobs_and_reports_know_no_client() -> None:
    (
        archrule("jobs and reports do not know who shows them")
        .match("inspector.jobs*", "inspector.report*")
        .should_not_import("inspector.cli*", "inspector.ui*", *QT)
        .check("inspector", only_direct_imports=True)
    )


def the_command_line_needs_no_window() -> None:
    (
        archrule("the command line runs without Qt")
        .match("inspector.cli*")
        .should_not_import("inspector.ui*", *QT)
        .check("inspector", only_direct_imports=True)
    )


def panels_do_not_know_each_other() -> None:
    pages = ("compare", "export", "findings", "model", "report", "welcome")
    for page in pages:
        others = [f"inspector.ui.panels.{other}*" for other in pages if other != page]
        (
            archrule(f"the {page} page knows no other page")
            .match(f"inspector.ui.panels.{page}*")
            .should_not_import(*others, "inspector.ui.main_window")
            .check("inspector", only_direct_imports=True)
        )


def item_models_need_no_widgets() -> None:
    (
        archrule("item models use QtCore and QtGui only")
        .match("inspector.ui.models*")
        .should_not_import("PySide6.QtWidgets", "inspector.ui.panels*", "inspector.ui.widgets*")
        .check("inspector", only_direct_imports=True)
    )


def runtimes_are_imported_inside_functions() -> None:
    (
        archrule("torch and onnxruntime are imported where they are used")
        .match("inspector*")
        .should_not_import(*RUNTIMES)
        .check("inspector", only_toplevel_imports=True)
    )


def only_jobs_and_runtimes_use_runtimes() -> None:
    (
        archrule("torch and onnxruntime stay in the worker")
        .match("inspector*")
        .exclude("inspector.runtimes*", "inspector.jobs*", "inspector.samples*")
        .should_not_import(*RUNTIMES)
        .check("inspector", only_direct_imports=True)
    )


RULES = {
    core_stands_alone: ("core/metrics.py", "import inspector.jobs.requests"),
    readers_and_runtimes_know_only_core: ("formats/sniff.py", "import inspector.jobs.requests"),
    jobs_and_reports_know_no_client: ("jobs/protocol.py", "import inspector.ui.look"),
    the_command_line_needs_no_window: ("cli.py", "import inspector.ui.look"),
    panels_do_not_know_each_other: ("ui/panels/model.py", "import inspector.ui.panels.export"),
    item_models_need_no_widgets: ("ui/models/graph_tree.py", "import PySide6.QtWidgets"),
    runtimes_are_imported_inside_functions: ("jobs/export.py", "import torch"),
    only_jobs_and_runtimes_use_runtimes: ("ui/look.py", "def f():\n    import torch"),
}
"""Each rule, and a place with a line that breaks it."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule):
    rule()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_broken_rule_is_seen(rule, tmp_path):
    place, line = RULES[rule]
    shutil.copytree(ROOT / "inspector", tmp_path / "inspector")
    broken = tmp_path / "inspector" / place
    assert broken.exists(), f"{place} moved: name another file here"
    broken.write_text(f"{broken.read_text()}\n{line}\n")
    test = tmp_path / "test_rule.py"
    test.write_text(
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"import test_architecture\n"
        f"def test_rule(): test_architecture.{rule.__name__}()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
        capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout


def test_no_page_of_the_window_loads_a_runtime():
    script = (
        "import importlib, pkgutil, sys\n"
        "import inspector.ui\n"
        "for found in pkgutil.walk_packages(inspector.ui.__path__, 'inspector.ui.'):\n"
        "    importlib.import_module(found.name)\n"
        "print(','.join(sorted({'torch', 'onnxruntime', 'onnxscript', 'onnx'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, cwd=ROOT, env={"QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_the_first_window_imports_nothing_heavy():
    script = (
        "import sys\nimport inspector.ui.app, inspector.ui.main_window\n"
        f"heavy = {[name for name in HEAVY if '*' not in name]!r}\n"
        "print(','.join(sorted(set(heavy) & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, cwd=ROOT, env={"QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
