"""The files that would be executed with a user's source, found by reading alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.core.failures import InspectorError
from inspector.runtimes.user_code_files import brought_in, source_digest

FILES = {
    "project/nets/__init__.py": "",
    "project/nets/small.py": "from .layers import Layer\nimport common.sizes\n",
    "project/nets/layers.py": "def build():\n    from . import late\n",
    "project/nets/late.py": "import os\nimport torch\n",
    "project/nets/unused.py": "",
    "project/common/__init__.py": "from common import tools",
    "project/common/sizes.py": "",
    "project/common/tools.py": "import (",
}


@pytest.fixture
def code(tmp_path: Path) -> str:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return f"{tmp_path / 'project/nets/small.py'}:Net"


def test_imports_are_followed_in_functions_and_packages_too(tmp_path: Path, code: str) -> None:
    found = {str(path.relative_to(tmp_path)) for path in brought_in(code).files}
    assert found == set(FILES) - {"project/nets/unused.py"}


def test_what_else_is_imported_is_named_once_and_sorted(code: str) -> None:
    assert brought_in(code).packages == ("os", "torch")


@pytest.mark.parametrize("name", [name for name in FILES if "unused" not in name])
def test_every_file_that_runs_counts(tmp_path: Path, code: str, name: str) -> None:
    before = source_digest(code)
    (tmp_path / name).write_text(FILES[name] + "\n# another line\n")
    assert source_digest(code) != before


def test_a_file_that_does_not_run_does_not_count(tmp_path: Path, code: str) -> None:
    before = source_digest(code)
    (tmp_path / "project/nets/unused.py").write_text("import os")
    assert source_digest(code) == before


def test_a_source_that_is_not_there_is_explained() -> None:
    with pytest.raises(InspectorError, match="does not exist"):
        brought_in("/nowhere/net.py:Net")
