"""A user's source becomes a module by its definitions, and nothing else of it runs."""

from __future__ import annotations

import ast
import os
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector.core.failures import InspectorError
from inspector.runtimes.user_code import code_findings, load_user_code, preview, split_code
from inspector.runtimes.user_code_constants import Constants
from inspector.runtimes.user_code_import import FOLDERS
from inspector.runtimes.user_code_missing import MissingPackageError

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def _forget_user_code() -> Iterator[None]:
    before = list(sys.path)
    yield
    FOLDERS.leave()
    assert sys.path == before


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, source: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        return path

    return write_file


def test_only_definitions_are_executed(write: Write, tmp_path: Path) -> None:
    path = write(
        "train.py",
        '''
        """A training script."""
        import math
        SIZE = 3
        class Net:
            size = SIZE
        def build(): return Net()
        open("was-here", "w")
        for _ in range(2):
            print("training")
        if __name__ == "__main__":
            open("was-here", "w")
        ''',
    )
    code = load_user_code(f"{path}:build")
    assert code.callable == "build"
    assert code.module.build().size == 3
    assert not (tmp_path / "was-here").exists()
    left_out = code.notes.left_out[str(path)]
    assert [item.line for item in left_out] == [8, 9, 11]
    assert left_out[0].text == "open('was-here', 'w')"
    assert [f.rule for f in code_findings(code)] == ["left-out-statements"]


def test_try_and_type_checking_blocks_keep_their_imports(write: Write) -> None:
    path = write(
        "net.py",
        """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from nowhere_at_all import Thing
        try:
            import json as fast
        except ImportError:
            fast = None
        try:
            import nowhere_at_all
        except ImportError:
            import sys
            sys.exit(1)
        def f(x: Thing) -> Thing: return x
        """,
    )
    module = load_user_code(str(path)).module
    assert module.fast.dumps([1]) == "[1]"
    assert module.f(1) == 1
    with pytest.raises(MissingPackageError):
        module.nowhere_at_all.anything()


def test_a_missing_package_complains_only_where_it_is_used(write: Write) -> None:
    path = write(
        "net.py",
        """
        import nowhere_at_all.deep as deep, math
        from nowhere_at_all import layer, jit
        TRANSFORM = layer.Compose([1])
        class Base(layer.Base):
            pass
        @jit
        def kernel(x: layer.Kind[int] | None): return x + 1
        @jit.options(fast=True)
        def other(x): return x + 2
        class Net:
            def broken(self): return deep.load()
        """,
    )
    code = load_user_code(str(path))
    module = code.module
    assert module.math.pi > 3
    assert module.kernel(1) == 2
    assert module.other(1) == 3
    for use in (module.Net().broken, module.Base):
        with pytest.raises(MissingPackageError, match="nowhere_at_all"):
            use()
    with pytest.raises(MissingPackageError, match=r"since it calls layer\.Compose\(\)"):
        module.TRANSFORM.apply()
    assert set(code.notes.missing) == {"nowhere_at_all.deep", "nowhere_at_all"}
    assert {f.rule for f in code_findings(code)} == {"missing-packages", "left-out-statements"}


def test_a_definition_that_fails_is_named(write: Write) -> None:
    code = load_user_code(str(write("net.py", "SIZE = 1 / 0\nclass Net: pass\n")))
    finding = code_findings(code)[0]
    assert (finding.rule, "division by zero" in finding.where[0]) == ("failed-definitions", True)


def test_what_a_training_script_does_between_its_definitions_is_left_out(
    write: Write, tmp_path: Path
) -> None:
    path = write(
        "train.py",
        """
        from __future__ import annotations
        import os, sys
        from dataclasses import dataclass
        from typing import TYPE_CHECKING, TypeAlias
        import torch
        from torch import nn
        if TYPE_CHECKING:
            from nowhere import Thing
        try:
            import nowhere_at_all
        except ImportError:
            nowhere_at_all = None

        D = 64
        SIZES: tuple[int, ...] = (D, D // 2)
        Pair: TypeAlias = "tuple[int, int]"
        DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(0)
        torch.backends.cudnn.benchmark = True

        @dataclass
        class Settings:
            width: int = D

        @torch.jit.script
        def gate(x: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(x) * x

        class Net(nn.Module):
            def __init__(self, settings: Settings = Settings()):
                super().__init__()
                self.fc = nn.Linear(3, settings.width)
            @torch.no_grad()
            def forward(self, x):
                return gate(self.fc(x))

        def train(model):
            open("was-here", "w")
            return [1.0]

        def doubled(sizes):
            return [2 * size for size in sizes]

        model = Net()
        WIDE = doubled(SIZES)
        history = train(model)
        best = min(history)
        os.environ["SEED"] = "1"
        with open("was-here", "w") as file:
            file.write("x")
        for epoch in range(3):
            train(model)
        if not os.path.exists("was-here"):
            LATE = train(model)
        if train(model):
            OTHER = 1
        assert train(model)
        def uses(): return history.pop()
        if __name__ == "__main__":
            train(model)
        """,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
        code = load_user_code(str(path))
    module = code.module
    assert not (tmp_path / "was-here").exists()
    assert "SEED" not in os.environ
    assert (module.SIZES, module.WIDE) == ((64, 32), [128, 64])
    assert tuple(module.model(module.torch.ones(1, 3)).shape) == (1, 64)
    with pytest.raises(MissingPackageError, match=r"calls train\(\), which calls open\(\)"):
        module.uses()
    with pytest.raises(MissingPackageError, match="line 5"):
        module.LATE.anything()
    listed = "\n".join(code_findings(code)[0].where)
    for text in (
        "torch.manual_seed(0)", "torch.backends.cudnn.benchmark = True", "history = train(model)",
        "(calls train(), which calls open())", "os.environ['SEED'] = '1'", "for epoch in range(3):",
        "with open('was-here', 'w') as file:", "LATE = train(model)", "if train(model):",
        "assert train(model)", "if __name__ == '__main__':",
    ):  # fmt: skip
        assert text in listed, listed


@pytest.mark.parametrize(
    ("statement", "does"),
    [
        ("X = 64", ""),
        ("X = [n * 2 for n in range(3) if str(n).isdigit]", ""),
        ("X = partial(nn.Linear, bias=False)", ""),
        ("X = nn.Sequential(nn.Linear(3, 4), nn.ReLU()).eval()", ""),
        ("X = lambda: open('x')", ""),
        ("X = logging.getLogger(__name__)", ""),
        ("X = Path(__file__).parent.joinpath('weights')", ""),
        ("X = os.path.join('a', 'b')", ""),
        ("Y.extra = 3", ""),
        ("X = open('x')", "calls open()"),
        ("X = os.mkdir('x')", "calls os.mkdir()"),
        ("X = torch.load('x')", "calls torch.load()"),
        ("X = np.load('x')", "calls np.load()"),
        ("X = helper()", "calls helper()"),
        ("X = Path('x').write_text('y')", "calls Path('x').write_text()"),
        ("X = [open(n) for n in 'ab']", "calls open()"),
        ("X = f'{open(1)}'", "calls open()"),
        ("torch.backends.mkl = 3", "changes torch"),
        ("X = again()", ""),
        ("X = writes()", "calls writes(), which calls open()"),
        ("X = Plain()", "calls Plain(), which calls open()"),
    ],
)
def test_assignments_of_constants_are_told_from_others(statement: str, does: str) -> None:
    source = f"""
import logging, os, torch, numpy as np
from functools import partial
from pathlib import Path
from torch import nn
from .helpers import helper
def again(n=2): return again(n - 1) if n else 0
def writes(): return open("x")
class Plain:
    def __init__(self): self.file = open("x")
class Y: pass
{statement}
"""
    tree = ast.parse(source)
    assert Constants(tree).action_in(tree.body[-1]) == does


def test_relative_imports_work_without_the_package_being_executed(write: Write) -> None:
    write("outer/__init__.py", "raise RuntimeError('executed')")
    write("outer/inner/__init__.py", "raise RuntimeError('executed')")
    write("outer/inner/layers.py", "WIDTH = 7\nprint('executed', undefined_name)\n")
    write("outer/shared.py", "DEPTH = 2\n")
    path = write(
        "outer/inner/net.py",
        "from .layers import WIDTH\nfrom ..shared import DEPTH\nimport outer.shared\n",
    )
    module = load_user_code(str(path)).module
    assert module.__name__ == "outer.inner.net"
    assert (module.WIDTH, module.DEPTH, module.outer.shared.DEPTH) == (7, 2, 2)


def test_a_name_of_the_package_itself_is_found_when_it_is_used(write: Write) -> None:
    write("pack/__init__.py", "import nowhere_at_all\nfrom .core import *\nfrom .net import Net\n")
    write("pack/core.py", "BINS = 360\n")
    path = write("pack/net.py", "import pack\nclass Net:\n    def bins(self): return pack.BINS\n")
    assert load_user_code(str(path)).module.Net().bins() == 360


def test_relative_imports_work_in_a_folder_that_is_no_package(write: Write) -> None:
    write("models/utils/boxes.py", "EDGE = 4\n")
    path = write("models/net.py", "from .utils.boxes import EDGE\n")
    assert load_user_code(str(path)).module.EDGE == 4


def test_a_package_is_loaded_by_its_own_file(write: Write) -> None:
    write("pack/part.py", "X = 1\n")
    path = write("pack/__init__.py", "from .part import X\nclass Net: pass\n")
    assert load_user_code(f"{path}:Net").module.Net.__module__ == "pack"


def test_the_folder_above_is_found_by_absolute_imports(write: Write) -> None:
    write("project/layers/attention.py", "HEADS = 8\n")
    path = write("project/nets/net.py", "from layers.attention import HEADS\n")
    assert load_user_code(str(path)).module.HEADS == 8


def test_a_file_named_like_a_standard_module_harms_nobody(write: Write) -> None:
    import types

    write("random.py", "raise RuntimeError\n")
    path = write("types.py", "import random\nclass Net: number = random.random()\n")
    code = load_user_code(str(path))
    assert sys.modules["types"] is types
    assert 0 <= code.module.Net.number < 1


def test_another_file_of_the_same_name_replaces_the_first(write: Write) -> None:
    one = write("one/net.py", "from part import X\n")
    write("one/part.py", "X = 1\n")
    two = write("two/net.py", "from part import X\n")
    write("two/part.py", "X = 2\n")
    assert load_user_code(str(one)).module.X == 1
    code = load_user_code(str(two))
    assert code.module.X == 2
    assert [Path(file).parent.name for file in code.files] == ["two", "two"]


def test_nothing_is_written_beside_the_source(write: Write, tmp_path: Path) -> None:
    write("part.py", "X = 1\n")
    load_user_code(str(write("net.py", "import part\n")))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.py", "part.py"]


def test_a_pickled_name_is_found_under_any_module(write: Write) -> None:
    write("blocks.py", "class Block:\n    class Inner: pass\n")
    code = load_user_code(str(write("net.py", "import blocks\nclass Net: pass\n")))
    assert code.find("__main__", "Net").__name__ == "Net"
    assert code.find("project.models.net", "Net").__name__ == "Net"
    assert code.find("blocks", "Block").__name__ == "Block"
    assert code.find("elsewhere", "Block.Inner").__name__ == "Inner"
    assert code.find("elsewhere", "Nothing") is None


def test_the_preview_lists_imports_without_executing(write: Write, tmp_path: Path) -> None:
    path = write(
        "net.py", "import os, torch.nn as nn\nfrom .b import c\nX = open('was-here', 'w')\n"
    )
    lines = preview(f"{path}:Net")
    assert [line.split(" imports ")[1] for line in lines[1:]] == [".b", "os", "torch.nn"]
    assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize("code", ["", "net.txt:Net", "/nowhere/net.py:Net"])
def test_a_source_that_is_not_there_is_said(code: str) -> None:
    with pytest.raises(InspectorError, match="does not exist"):
        split_code(code)


def test_a_syntax_error_names_the_line(write: Write) -> None:
    path = write("net.py", "class Net:\n  def (\n")
    with pytest.raises(InspectorError, match="not valid Python") as caught:
        load_user_code(str(path))
    assert "line 2" in caught.value.failure.detail
