"""Pickles are read, and nothing in them happens."""

from __future__ import annotations

import collections
import os
import pickle
import pickletools
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.formats.imports import listed
from inspector.formats.pickle_codes import CODES
from inspector.formats.pickle_machine import LIMIT, LINES, Machine, one_budget
from inspector.formats.pickle_scan import scan_bytes
from inspector.formats.pickle_values import (
    Call,
    Opaque,
    PickleCutShortError,
    PickleError,
    PickleTooLongError,
)
from inspector.formats.registry import open_file

_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip


def test_every_instruction_of_python_is_known() -> None:
    known = {chr(code) for code in CODES} | {"."}
    assert known == {opcode.code for opcode in pickletools.opcodes}


@given(_PLAIN, st.integers(0, 5))
def test_plain_values_come_out_as_they_went_in(value: Any, protocol: int) -> None:
    assert Machine(pickle.dumps(value, protocol)).load() == value


@given(st.binary(), st.integers(3, 5))
def test_bytes_come_out_as_they_went_in(value: bytes, protocol: int) -> None:
    assert Machine(pickle.dumps(value, protocol)).load() == value


class _Trap:
    """Would write a file if it were loaded."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._marker}",)


@pytest.mark.parametrize("protocol", range(6))
def test_a_trap_is_listed_and_does_not_spring(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "sprung"
    path = tmp_path / "trap.pkl"
    path.write_bytes(pickle.dumps({"weights": _Trap(marker)}, max(protocol, 2)))
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    assert not marker.exists()
    assert found.imports[0].name == "posix.system"
    assert found.imports[0].judgement == "dangerous"
    assert str(marker)[:20] in found.imports[0].what
    pickle.loads(path.read_bytes())
    assert marker.exists(), "the trap itself must work, or this test says nothing"


def test_state_setting_and_extension_codes_do_nothing(tmp_path: Path) -> None:
    data = b"\x80\x02cos\nsystem\n)\x81}X\x01\0\0\0aK\x01sb\x82\x05\x86."
    first, second = Machine(data).load()
    assert isinstance(first, Call)
    assert first.state == {"a": 1}
    assert second.path == "copyreg.extension 5"


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02r\xff\xff\xff\x7f.",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x04\x96\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x02\x8b\xff\xff\xff\x7f.",
        b"I" + b"9" * 5000 + b"\n.",
        b"\x80\x02h\x05.",
        b"\x80\x02\x00.",
        b"\x80\x02(((.",
        b"\x80\x02]]]",
        b"",
        b"V" + b"x" * 100,
    ],
)
def test_damaged_pickles_are_refused_at_once(data: bytes) -> None:
    with pytest.raises(PickleError):
        Machine(data).load()


def test_a_huge_memo_index_takes_no_memory() -> None:
    data = b"\x80\x02Nr\xff\xff\xff\x7f0j\xff\xff\xff\x7f."
    assert Machine(data).load() is None


def test_deeply_nested_keys_do_not_overrun_the_stack() -> None:
    depth = 200_000
    data = b"\x80\x02})" + b"\x85" * depth + b"K\x01s."
    (key,) = Machine(data).load()
    assert isinstance(key, Opaque)


def test_lists_that_refer_to_lists_a_thousand_times_are_walked_once(tmp_path: Path) -> None:
    inner: list[Any] = []
    for _ in range(60):
        inner = [inner, inner]
    path = tmp_path / "laughs.pkl"
    path.write_bytes(pickle.dumps({"state_dict": inner}, 2))
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    assert found.tensors == ()


def test_long_byte_strings_are_counted_and_not_kept() -> None:
    found = Machine(pickle.dumps(bytes(3 << 20), 4)).load()
    assert isinstance(found, Opaque)
    assert found.length == 3 << 20


def test_a_pickle_without_an_end_is_cut_short() -> None:
    data = pickle.dumps({"a": list(range(100))}, 2)
    with pytest.raises(PickleCutShortError):
        Machine(data[:-20]).load()


def test_ordered_dictionaries_keep_their_items() -> None:
    found = Machine(pickle.dumps(collections.OrderedDict(b=1, a=2), 2)).load()
    assert found.path == "collections.OrderedDict"
    assert found.items == [("b", 1), ("a", 2)]


def test_a_plain_pickle_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "settings.pkl"
    path.write_bytes(pickle.dumps({"rate": 0.1}))
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    assert (found.form, found.container) == ("pickle", "pickle")
    assert "torch.save" in found.next_step


def test_random_bytes_behind_a_pickle_head_never_crash(tmp_path: Path) -> None:
    path = tmp_path / "noise.pkl"
    for seed in range(300):
        noise = b"".join(
            struct.pack("<I", (seed * 2654435761 + n * 40503) % 2**32) for n in range(50)
        )
        path.write_bytes(b"\x80\x02" + noise)
        with pytest.raises(InspectorError):
            open_file(path)


@pytest.mark.parametrize(
    ("after", "judgement"),
    [
        (b".", "unknown"),
        (b"(S'x'\ntR.", "dangerous"),
        (b"}S'x'\nI1\nsb.", "dangerous"),
        (b"0cbuiltins\ngetattr\n.", "dangerous"),
        (b"0cmodes\nrun\n(g0\ntR.", "dangerous"),
    ],
    ids=["a member", "it is called", "it is given something", "named again", "handed on"],
)
def test_a_member_of_an_enumeration_is_told_from_a_way_to_functions(tmp_path, after, judgement):
    data = b"\x80\x02cbuiltins\ngetattr\np0\n(cmodes\nMode\nS'FAST'\ntR" + after
    found = scan_bytes(tmp_path / "x.pkl", data)
    judged = {item.name: item.judgement for item in listed(found.names, found.calls)}
    assert judged["builtins.getattr"] == judgement


def test_lines_of_text_have_a_budget_of_their_own():
    with pytest.raises(PickleTooLongError, match="lines"):
        Machine(b"I1\n" * (LINES + 1) + b".").load()


def test_all_pickles_of_a_file_share_one_budget():
    half = b"\x80\x04" + b"N0" * (LIMIT // 3) + b"N."
    Machine(half).load()
    Machine(half).load()
    with one_budget():
        Machine(half).load()
        with pytest.raises(PickleTooLongError, match="instructions"):
            Machine(half).load()
    Machine(half).load()


def test_what_stands_behind_too_long_a_pickle_is_not_called_harmless(tmp_path):
    endless = b"\x80\x02" + b"N0" * (LIMIT // 2) + b"N."
    with pytest.raises(PickleTooLongError):
        scan_bytes(tmp_path, endless + b"\x80\x02cos\nsystem\n.")
