import os
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.samples.registry import READERS, read_arrays
from inspector.samples.stored import CompressedArray, StoredArray

VALUES = np.arange(24, dtype=np.float32).reshape(4, 3, 2)


def only(path, tmp_path):
    (array,) = read_arrays(path, tmp_path / "scratch")
    return array


@pytest.fixture(params=["npy", "npy-fortran", "npz", "npz-packed", "onnx-folder"])
def stored(request, tmp_path):
    path = tmp_path / "x.npy"
    if request.param == "npy":
        np.save(path, VALUES)
    elif request.param == "npy-fortran":
        np.save(path, np.asfortranarray(VALUES))
    elif request.param == "npz":
        path = tmp_path / "data.npz"
        np.savez(path, x=VALUES)
    elif request.param == "npz-packed":
        path = tmp_path / "data.npz"
        np.savez_compressed(path, x=VALUES)
    else:
        onnx = pytest.importorskip("onnx")
        path = tmp_path / "model"
        for number, rows in enumerate((VALUES[:1], VALUES[1:])):
            folder = path / f"test_data_set_{number}"
            folder.mkdir(parents=True)
            tensor = onnx.numpy_helper.from_array(rows, "x")
            (folder / "input_0.pb").write_bytes(tensor.SerializeToString())
    return only(path, tmp_path)


def test_every_form_gives_the_same_name_type_and_sizes(stored):
    assert (stored.name, stored.dtype, stored.shape) == ("x", np.float32, (4, 3, 2))


def test_every_form_gives_the_same_slices(stored):
    np.testing.assert_array_equal(stored.rows(1, 3), VALUES[1:3])
    np.testing.assert_array_equal(stored.rows(1, 2, axis=1), VALUES[:, 1:2])
    np.testing.assert_array_equal(stored.whole(), VALUES)
    assert stored.rows(0, 2).flags.c_contiguous


def test_every_reader_is_found_by_a_form_of_this_file():
    assert [reader.name for reader in READERS] == [
        "NumPy array", "NumPy archive", "ONNX test data", "tensors", "pictures", "sound", "JSON",
        "table", "whole numbers",
    ]  # fmt: skip


def test_a_stored_member_is_read_in_place(tmp_path):
    np.savez(tmp_path / "data.npz", x=VALUES)
    array = only(tmp_path / "data.npz", tmp_path)
    assert isinstance(array, StoredArray)
    array.rows(0, 1)
    assert not (tmp_path / "scratch").exists()


def test_a_packed_member_is_unpacked_once_and_only_when_read(tmp_path):
    np.savez_compressed(tmp_path / "data.npz", x=VALUES)
    array = only(tmp_path / "data.npz", tmp_path)
    assert isinstance(array, CompressedArray)
    assert not (tmp_path / "scratch").exists()
    array.rows(0, 1)
    array.rows(1, 2)
    assert len(list((tmp_path / "scratch").iterdir())) == 1


@pytest.mark.parametrize("save", [np.save, np.savez])
def test_python_objects_are_refused_and_not_unpickled(tmp_path, save):
    path = tmp_path / "x.npy"
    with path.open("wb") as file:
        save(file, np.array([{"a": 1}], dtype=object))
    with pytest.raises(InspectorError, match="Python objects") as caught:
        read_arrays(path, tmp_path)
    assert caught.value.failure.hint


def test_records_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))
    with pytest.raises(InspectorError, match="which no model takes"):
        read_arrays(tmp_path / "x.npy", tmp_path)


def test_a_file_that_was_cut_off_is_named(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, VALUES)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InspectorError, match=r"'x\.npy' is damaged or cut off"):
        read_arrays(path, tmp_path)


def test_an_archive_that_was_cut_off_is_named(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x=VALUES)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InspectorError, match="damaged or cut off"):
        read_arrays(path, tmp_path)


def test_a_member_that_holds_less_than_its_header_says_is_named(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("x.npy", (tmp_path / "x.npy").read_bytes()[:-4])
    with pytest.raises(InspectorError, match=r"'x' in 'data\.npz' is damaged"):
        read_arrays(tmp_path / "data.npz", tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty"), (b"<html>", "in a form that is known"), (b"\x93NUMPY", "not a whole")],
)
def test_other_files_are_refused_with_what_they_lack(tmp_path, content, sentence):
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(InspectorError, match=sentence):
        read_arrays(tmp_path / "x.npy", tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InspectorError, match="does not exist"):
        read_arrays(tmp_path / "x.npy", tmp_path)


def test_an_empty_folder_holds_no_sample_data(tmp_path):
    with pytest.raises(InspectorError, match="holds no sample data"):
        read_arrays(tmp_path, tmp_path)


def test_an_array_without_elements_can_be_cut(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 0), order="F"))
    assert only(tmp_path / "x.npy", tmp_path).rows(0, 2).shape == (2, 0)


@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_of_the_other_byte_order_are_turned(tmp_path, order):
    """Runtimes take the bytes as they are, whatever the dtype says."""
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.save(tmp_path / "x.npy", values.astype(values.dtype.newbyteorder(), order=order))
    (array,) = read_arrays(tmp_path / "x.npy", tmp_path)
    for found, wanted in ((array.rows(1, 3), values[1:]), (array.whole(), values)):
        assert found.dtype.isnative
        assert found.tolist() == wanted.tolist()


def header(path, text, version=1):
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    path.write_bytes(b"\x93NUMPY" + bytes((version, 0)) + size + text.encode() + bytes(96))


@pytest.mark.parametrize(
    "shape",
    ["(-1,)", "(True,)", "(0, 9223372036854775807)", "(4294967296, 4294967296)", "(1,) * 70",
     "(" + "1," * 70 + ")", "(" * 90, "(1.5,)", "('a',)", "(" + "9" * 5000 + ",)", "'''", "[2"],
)  # fmt: skip
def test_sizes_that_make_no_sense_are_explained(tmp_path, shape):
    path = tmp_path / "x.npy"
    header(path, f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n")
    with pytest.raises(InspectorError):
        read_arrays(path, tmp_path / "scratch")


def test_text_of_no_length_is_refused(tmp_path):
    path = tmp_path / "x.npy"
    header(path, "{'descr': '<U0', 'fortran_order': False, 'shape': (2,)}\n")
    with pytest.raises(InspectorError, match="no model takes"):
        read_arrays(path, tmp_path / "scratch")


def test_a_header_that_claims_gigabytes_is_not_unpacked(tmp_path):
    """One member of a thousandth of its size: reading its header would fill the memory."""
    path = tmp_path / "x.npz"
    head = b"\x93NUMPY\x02\x00" + (1 << 30).to_bytes(4, "little")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", head + b" " * (1 << 28))
    tracemalloc.start()
    with pytest.raises(InspectorError):
        read_arrays(path, tmp_path / "scratch")
    assert tracemalloc.get_traced_memory()[1] < 32 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("name", [b"\xff\xfe.npy", b"x\0y.npy"])
@pytest.mark.parametrize("at", [8, 10, 20, 42])
def test_members_that_are_damaged_are_explained(tmp_path, name, at):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xxx.npy"[: len(name)], b"\x93NUMPY")
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + at : entry + at + 4] = b"\xff\xff\xff\xff"
    data[entry + 46 : entry + 46 + len(name)] = name
    path.write_bytes(data)
    with pytest.raises(InspectorError):
        read_arrays(path, tmp_path / "scratch")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_pipes_and_devices_are_refused_unopened(tmp_path):
    os.mkfifo(tmp_path / "x.npy")
    for path in (tmp_path / "x.npy", Path("/dev/zero")):
        with pytest.raises(InspectorError, match="a device or a pipe"):
            read_arrays(path, tmp_path)
    (tmp_path / "test_data_set_0").mkdir()
    os.mkfifo(tmp_path / "test_data_set_0" / "input_0.pb")
    with pytest.raises(InspectorError, match="no value in ONNX form"):
        read_arrays(tmp_path, tmp_path)
