"""The tree of a file: what Qt may ask of it, and the filter against a slow, obvious one."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt

from inspector.formats import columns, facets
from inspector.ui.models.graph_tree import COUNT_ROLE, NAME, SHAPE, TYPE, WEIGHTS, GraphTree
from inspector.ui.models.search_text import SearchText
from inspector.ui.models.tree_loader import TreeLoader
from inspector.ui.models.tree_rows import NARROWED, Kinds, TreeRows
from inspector.ui.models.tree_text import size_text

LEAF = 2
KINDS = Kinds(frozenset({0, 1}), frozenset(), dict.fromkeys(NARROWED, LEAF))


class Outline(NamedTuple):
    """Columns, as a file's outline has them."""

    parent: list[int]
    kind: list[int]
    bytes: list[int]
    name: list[str]
    type: list[str]
    shape: list[str]


def outline_of(rows: list[tuple[int, int, str, str]]) -> Outline:
    """Columns from (parent, kind, name, type)."""
    return Outline(
        [row[0] for row in rows],
        [row[1] for row in rows],
        [100 * number for number in range(len(rows))],
        [row[2] for row in rows],
        [row[3] for row in rows],
        ["[1, 2]" for _ in rows],
    )


SMALL = outline_of(
    [
        (-1, 0, "Inputs", ""),
        (0, LEAF, "conv_in", "float32"),
        (-1, 0, "Nodes", ""),
        (2, 1, "layer1", "Block"),
        (3, LEAF, "conv1", "Conv"),
        (3, LEAF, "relu1", "Relu"),
        (2, LEAF, "add", "Add"),
        (2, LEAF, "last", "CONV"),
        (-1, 0, "Initializers", ""),
        (8, LEAF, "layer1.conv1.weight", "float32"),
    ]
)


def tree_of(outline: Outline) -> GraphTree:
    tree = GraphTree()
    tree.set_rows(TreeRows(outline, KINDS))
    return tree


def read(tree: GraphTree, parent: QModelIndex | None = None) -> list[str]:
    """Names from top to bottom, as a person reads the opened tree."""
    above = parent or QModelIndex()
    names: list[str] = []
    for number in range(tree.rowCount(above)):
        index = tree.index(number, NAME, above)
        names += [str(index.data()), *read(tree, index)]
    return names


def test_the_tree_answers_qt_consistently(qtmodeltester):
    tree = tree_of(SMALL)
    qtmodeltester.check(tree)
    tree.set_query("conv")
    qtmodeltester.check(tree)
    tree.set_query("no such name")
    qtmodeltester.check(tree)


def test_an_empty_tree_answers_qt_consistently(qtmodeltester):
    tree = GraphTree()
    qtmodeltester.check(tree)
    assert tree.rowCount() == 0
    assert tree.summary == ""


def test_rows_stand_in_the_order_of_the_file_below_what_holds_them():
    assert read(tree_of(SMALL)) == [
        "Inputs", "conv_in",
        "Nodes", "layer1", "conv1", "relu1", "add", "last",
        "Initializers", "layer1.conv1.weight",
    ]  # fmt: skip


def test_a_filter_narrows_nodes_and_weights_and_leaves_the_facts():
    tree = tree_of(SMALL)
    tree.set_query("CONV")
    assert read(tree) == [
        "Inputs", "conv_in", "Nodes", "layer1", "conv1", "last",
        "Initializers", "layer1.conv1.weight",
    ]  # fmt: skip
    assert tree.summary == "2 of 4 nodes, 1 of 1 initializers"
    assert tree.matches == [4, 7, 9]


def test_a_matching_scope_keeps_what_lies_in_it():
    tree = tree_of(SMALL)
    tree.set_query("block")
    assert read(tree) == ["Inputs", "conv_in", "Nodes", "layer1", "conv1", "relu1", "Initializers"]
    assert tree.matches == [3]
    assert tree.summary == "2 of 4 nodes, 0 of 1 initializers"


def test_a_filter_that_is_cleared_brings_everything_back():
    tree = tree_of(SMALL)
    before = read(tree)
    tree.set_query("relu")
    assert read(tree) != before
    tree.set_query("  ")
    assert read(tree) == before
    assert tree.matches == []


def test_the_filter_is_applied_to_a_file_that_is_shown_later():
    tree = GraphTree()
    tree.set_query("relu")
    tree.set_rows(TreeRows(SMALL, KINDS))
    assert tree.matches == [5]


def test_columns_hold_counts_types_shapes_and_sizes():
    tree = tree_of(SMALL)
    nodes = tree.index_of(2)
    assert nodes.siblingAtColumn(TYPE).data() == "4"
    assert nodes.data(COUNT_ROLE) == "4"
    conv = tree.index_of(4)
    assert conv.siblingAtColumn(TYPE).data() == "Conv"
    assert conv.siblingAtColumn(SHAPE).data() == "[1, 2]"
    assert conv.siblingAtColumn(WEIGHTS).data() == "0.4 KB"
    aligned = conv.siblingAtColumn(WEIGHTS).data(Qt.ItemDataRole.TextAlignmentRole)
    assert Qt.AlignmentFlag.AlignRight in aligned
    assert conv.data(COUNT_ROLE) == ""
    tree.set_query("relu")
    assert tree.index_of(2).data(COUNT_ROLE) == "1 of 4"
    assert tree.index_of(3).siblingAtColumn(TYPE).data() == "1 of 2   Block"


def test_a_hidden_row_has_no_index_and_a_shown_one_finds_its_way_up():
    tree = tree_of(SMALL)
    tree.set_query("relu")
    assert not tree.index_of(4).isValid()
    shown = tree.index_of(5)
    assert tree.row_of(shown) == 5
    assert tree.row_of(shown.parent()) == 3
    assert tree.row_of(shown.parent().parent()) == 2
    assert not shown.parent().parent().parent().isValid()
    assert not tree.index_of(99).isValid()


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0.0 KB"),
        (1, "0.1 KB"),
        (512, "0.5 KB"),
        (2360320, "2,305.0 KB"),
        (10 * 1024 * 1024, "10.0 MB"),
        (1_900_000_000, "1,812.0 MB"),
    ],
)
def test_sizes_are_in_kb_and_mb(size, text):
    assert size_text(size) == text


ALPHABET = st.text("abAB. ", max_size=3)


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    """Random trees, each subtree in one piece."""
    rows: list[tuple[int, int, str, str]] = []
    above: list[int] = []
    for number in range(draw(st.integers(1, 25))):
        above = above[: draw(st.integers(0, len(above)))]
        if above:
            rows.append((above[-1], draw(st.integers(1, 2)), draw(ALPHABET), draw(ALPHABET)))
        else:
            rows.append((-1, 0, draw(st.sampled_from(["Inputs", *NARROWED])), ""))
        above.append(number)
    return outline_of(rows)


def slow_filter(outline: Outline, query: str) -> tuple[list[bool], list[int], list[int]]:
    """Visible rows, matches and counts by asking every row about every other."""
    size = len(outline.name)

    def path(row: int) -> list[int]:
        return [] if row < 0 else [*path(outline.parent[row]), row]

    def narrows(row: int) -> bool:
        return outline.parent[row] >= 0 and outline.name[path(row)[0]] in NARROWED

    def matches(row: int) -> bool:
        holds = query in outline.name[row].lower() or query in outline.type[row].lower()
        return narrows(row) and holds

    kept = [any(matches(other) for other in path(row)) for row in range(size)]
    shown = [
        not narrows(row) or any(kept[other] and row in path(other) for other in range(size))
        for row in range(size)
    ]

    def counted(row: int) -> bool:
        if outline.name[path(row)[0]] in NARROWED:
            return outline.kind[row] == LEAF
        return len(path(row)) == 2

    counts = [
        sum(kept[o] and counted(o) and row in path(o) for o in range(size)) for row in range(size)
    ]

    def walk(row: int) -> list[int]:
        below = [other for other in range(size) if outline.parent[other] == row]
        return ([row] if row >= 0 else []) + [found for other in below for found in walk(other)]

    return shown, [row for row in walk(-1) if matches(row)], counts


@settings(deadline=None)
@given(outlines(), st.text("abAB.", min_size=1, max_size=2))
def test_the_filter_agrees_with_a_slow_and_obvious_one(outline, query):
    narrowed = TreeRows(outline, KINDS).narrow(query)
    shown, matches, counts = slow_filter(outline, query.lower())
    assert narrowed.visible.tolist() == shown
    assert narrowed.matches.tolist() == matches
    assert narrowed.counts.tolist() == counts


QUERIES = ("op:add", "op:conv,relu", "dtype:float32", "shape:1x2", "attr:a", "-op:a* name:l*1")


def test_prepared_columns_are_all_that_a_query_needs(monkeypatch):
    plain, ready = TreeRows(SMALL, KINDS), TreeRows(SMALL, KINDS)
    expected = [plain.narrow(query).matches.tolist() for query in QUERIES]
    ready.prepare()
    monkeypatch.setattr(facets, "query_column", None)
    assert [ready.narrow(query).matches.tolist() for query in QUERIES] == expected


def test_facets_leave_the_columns_that_they_do_not_change():
    rows, made = TreeRows(SMALL, KINDS), []
    codes = np.array([0] * len(SMALL.name), np.int32)

    make = facets.query_column

    def counted(outline, key, known):
        made.append((key, known is not None))
        return make(outline, key, known)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facets, "query_column", counted)
        rows.prepare()
        rows.set_facets(facets.Facets(facets.Facet(codes, ["int8"]), facets.Facet(codes, ["a=1"])))
        rows.prepare()
    assert sorted(made) == [
        ("attr", False), ("attr", True), ("dtype", False), ("dtype", True), ("op", False),
        ("shape", False),
    ]  # fmt: skip
    assert rows.narrow("dtype:int8 attr:a=1").matches.size
    assert not rows.narrow("dtype:float32").matches.size


def test_what_queries_look_in_is_made_where_the_file_is_read(qtbot, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(TreeRows, "prepare", lambda rows: made.append(threading.get_ident()))
    columns.save(
        columns.Outline(
            np.array(SMALL.parent, np.int32), np.array(SMALL.kind, np.uint8),
            np.array(SMALL.bytes, np.int64), SMALL.name, SMALL.type, SMALL.shape,
        ),
        tmp_path,
    )  # fmt: skip
    loader = TreeLoader()
    with qtbot.waitSignal(loader.loaded):
        loader.load(str(tmp_path))
    qtbot.waitUntil(lambda: len(made) == 1)
    assert threading.get_ident() not in made


def leaves(rows: TreeRows, visible: np.ndarray | None, row: int = -1) -> list[int]:
    """Outline rows from top to bottom, without the parts."""
    own = [row] if 0 <= row < rows.length else []
    return own + [
        found
        for below in rows.below(row, visible).tolist()
        for found in leaves(rows, visible, below)
    ]


@settings(deadline=None)
@given(outlines(), st.text("ab", min_size=1, max_size=1), st.integers(1, 4))
def test_parts_of_crowded_places_change_neither_order_nor_counts(outline, query, siblings):
    whole = TreeRows(outline, KINDS)
    parted = TreeRows(outline, KINDS, siblings)
    assert leaves(parted, None) == leaves(whole, None)
    assert parted.totals[: whole.size].tolist() == whole.totals.tolist()
    one, other = whole.narrow(query), parted.narrow(query)
    assert other.matches.tolist() == one.matches.tolist()
    assert other.counts[: whole.size].tolist() == one.counts.tolist()
    assert leaves(parted, other.visible) == leaves(whole, one.visible)
    assert all(parted.below(row).size <= siblings for row in range(whole.size, parted.size))


def test_a_crowded_place_is_shown_in_parts(qtmodeltester):
    names = [f"node_{number}" for number in range(2500)]
    outline = outline_of([(-1, 0, "Nodes", ""), *((0, LEAF, name, "Add") for name in names)])
    tree = tree_of(outline)
    qtmodeltester.check(tree)
    nodes = tree.index_of(0)
    assert [tree.index(n, 0, nodes).data() for n in range(5)] == [
        "1 to 500", "501 to 1,000", "1,001 to 1,500", "1,501 to 2,000", "2,001 to 2,500",
    ]  # fmt: skip
    tree.set_query("node_249")
    assert tree.rowCount(tree.index_of(0)) == 2
    assert tree.summary == "11 of 2,500 nodes"
    assert tree.index_of(250).parent().siblingAtColumn(TYPE).data() == "1 of 500"


@settings(deadline=None, max_examples=30)
@given(outlines(), st.text("abAB.", max_size=1))
def test_every_shown_row_is_found_again_through_its_index(outline, query):
    tree = tree_of(outline)
    tree.set_query(query)

    def walk(parent: QModelIndex) -> int:
        seen = 0
        for number in range(tree.rowCount(parent)):
            index = tree.index(number, NAME, parent)
            assert tree.parent(index) == parent
            assert tree.index_of(tree.row_of(index)) == index
            assert tree.hasChildren(index) == (tree.rowCount(index) > 0)
            seen += 1 + walk(index)
        return seen

    shown = slow_filter(outline, query.lower())[0] if query else [True] * len(outline.name)
    assert walk(QModelIndex()) == sum(shown)


def test_a_hundred_thousand_rows_are_filtered_within_a_key_stroke():
    size = 100_000
    rows = [(-1, 0, "Nodes", "")]
    for number in range(size):
        if number % 100 == 0:
            rows.append((0, 1, f"layer{number}", ""))
            scope = len(rows) - 1
        rows.append((scope, LEAF, f"node_conv_{number}", "Conv"))
    outline = outline_of(rows)
    tree = tree_of(outline)
    times = []
    for query in ("n", "no", "node_conv_77", "nothing like this"):
        began = time.perf_counter()
        tree.set_query(query)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.1


@pytest.mark.parametrize(
    ("word", "rows"),
    [
        ("conv", [0, 3]),
        ("CONV", [0, 3]),
        ("ß", [2]),
        ("größe", [2]),
        ("v1b", []),
        ("tail", [4]),
        ("tailx", []),
        ("\0", []),
        ("", [0, 1, 2, 3, 4]),
    ],
)
def test_texts_are_searched_one_by_one_in_either_case(word, rows):
    texts = SearchText(["Conv1", "bias", "Größe", "deconv/conv", "Tail"])
    assert sorted(set(texts.rows_with(word).tolist())) == rows


def test_what_follows_a_null_character_is_not_searched():
    texts = SearchText(["a\0b", "c"])
    assert texts.rows_with("b").tolist() == []
    assert texts.rows_with("c").tolist() == [1]


def test_no_texts_hold_no_word():
    assert SearchText([]).rows_with("a").tolist() == []
