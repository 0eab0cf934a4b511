"""The tree of a checkpoint shows what its form tells, each row with its detail."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from inspector.core.inspection import Detail
from inspector.core.model import Checkpoint, ExternalFile, Import, Tensor, Value
from inspector.formats.columns import Outline
from inspector.formats.detail import describe
from inspector.formats.outline import build_outline, load, save
from inspector.formats.torch_archive import Archive

FOUND = Checkpoint(
    path="net.pt",
    bytes=100,
    form="torchscript",
    container="zip",
    tensors=(Tensor("w", "float32", (2,), 8),),
    modules=(),
    imports=(Import("torch.FloatStorage", 1, "harmless", "numbers"),),
    training=None,
    source=(("code/a/x.py", "x = 1\n"), ("code/b.py", "b\nb"), ("code/a/y.py", "y"), ("top", "")),
    hyper_parameters={"width": 3, "deep": True, "sizes": [1, 2], "plan": {"a": None}, "name": "n"},
    files=(
        ExternalFile("part-1.bin", 2, 64, exists=True, size=64),
        ExternalFile("part-2.bin", 1, 0, exists=False),
    ),
    inputs=(Value("image", "float32", ("batch", 3)),),
    outputs=(Value("out", "Tensor", None),),
    facts=(("forward", "(image: Tensor) -> Tensor"),),
    runs=("the program in its files of code",),
)


def _rows(outline: Outline, section: str) -> list[tuple[str, str, str]]:
    row = outline.name.index(section)
    return [
        (outline.name[child], outline.type[child], outline.shape[child])
        for child in outline.children(row)
    ]


def _detail(outline: Outline, name: str) -> Detail:
    return describe(FOUND, outline, outline.name.index(name))


def test_every_part_has_its_section() -> None:
    outline = build_outline(FOUND)
    assert _rows(outline, "Inputs") == [("image", "float32", "['batch', 3]")]
    assert _rows(outline, "Metadata") == [("forward", "", "(image: Tensor) -> Tensor")]
    assert _rows(outline, "Settings") == [
        ("width", "number", "3"), ("deep", "yes or no", "true"), ("sizes", "list", "[1, 2]"),
        ("plan", "group", '{"a": null}'), ("name", "text", "n"),
    ]  # fmt: skip
    assert _rows(outline, "What opening it can run")[0][0] == FOUND.runs[0]
    assert _rows(outline, "Files of weights") == [
        ("part-1.bin", "2 tensors", ""), ("part-2.bin", "1 tensor", "missing"),
    ]  # fmt: skip


def test_sources_lie_in_their_folders_each_in_one_piece() -> None:
    outline = build_outline(FOUND)
    parents = np.asarray(outline.parent)
    assert (parents < np.arange(len(outline))).all()
    code = outline.name.index("code")
    assert [outline.name[row] for row in outline.children(code)] == ["a", "b.py"]
    inside = outline.name.index("a")
    assert outline.children(inside) == [inside + 1, inside + 2]
    assert _detail(outline, "a").tag == "folder"
    assert _detail(outline, "b.py").text == "b\nb"
    assert _rows(outline, "Source")[-1] == ("top", "0 lines", "")


def test_each_row_has_a_detail_also_after_a_journey(tmp_path: Path) -> None:
    save(build_outline(FOUND), tmp_path)
    loaded = load(tmp_path)
    for row in range(len(loaded)):
        assert describe(FOUND, loaded, row).title
    assert '"a": null' in _detail(loaded, "plan").text
    assert _detail(loaded, "image").sentence.startswith("An input")
    assert _detail(loaded, FOUND.runs[0]).text == FOUND.runs[0]


def test_members_of_an_archive_with_large_headers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/version", b"3")
        with archive.open("m/data/0", "w", force_zip64=True) as member:
            member.write(b"12345678")
    with zipfile.ZipFile(path) as opened:
        place = Archive(path, opened).place("0")
    assert path.read_bytes()[place.offset : place.offset + place.length] == b"12345678"
