"""Every form of sample data that is text, tensors, pictures or sound, from small real files."""

from __future__ import annotations

import base64
import io
import json
import struct
import tracemalloc
import wave
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from inspector.core.failures import InspectorError
from inspector.core.image_settings import (
    PRESETS,
    ImageSettings,
    parse_image_settings,
    settings_text,
)
from inspector.core.model import Value
from inspector.core.sources import DataSource
from inspector.samples.binder import bind
from inspector.samples.registry import read_arrays

REPEATED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


Array = npt.NDArray[Any]


def arrays(path: Path, data: DataSource | None = None) -> dict[str, Array]:
    return {one.name: one.whole() for one in read_arrays(path, path.parent / "scratch", data)}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# Tables


def test_a_table_without_names_is_one_array(tmp_path):
    found = arrays(write(tmp_path, "t.csv", "1,2.5\n3,4\n"))
    np.testing.assert_array_equal(found["t"], [[1, 2.5], [3, 4]])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_named_columns_are_arrays_and_numbered_ones_a_group(tmp_path, delimiter):
    rows = (["x1", "age", "x0", "y[0,0]", "y[0,1]"], ["2", "30", "1", "5", "6"])
    text = "\n".join(delimiter.join(row) for row in rows)
    found = arrays(write(tmp_path, "t.csv", text))
    assert list(found) == ["x", "age", "y"]
    assert found["x"].tolist() == [[1, 2]]
    assert found["age"].tolist() == [30]
    assert found["y"].tolist() == [[[5, 6]]]
    assert found["age"].dtype == np.int64


def test_a_group_with_a_gap_stays_apart(tmp_path):
    assert list(arrays(write(tmp_path, "t.csv", "x0,x2\n1,2\n"))) == ["x0", "x2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n3,red\n", "Row 3 of 't.csv' holds 'red' in column 2, 'b'"),
        ("a,b\n1,2\n3\n", "Row 3 of 't.csv' has 1 cells"),
        ("a,b\n1,\n", "Row 2 of 't.csv' has an empty cell in column 2, 'b'"),
        ("a,a\n1,2\n", "Two columns of 't.csv' are named 'a'"),
        ("a;b\n1;0,5\n", "Row 2 of 't.csv' holds '0,5' in column 2, 'b'"),
    ],
)
def test_what_is_wrong_in_a_table_is_said_with_its_place(tmp_path, text, said):
    with pytest.raises(InspectorError) as caught:
        arrays(write(tmp_path, "t.csv", text))
    assert caught.value.failure.sentence.startswith(said)
    assert caught.value.failure.hint


@REPEATED
@given(
    values=hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_a_table_gives_back_what_was_written(tmp_path, values):
    text = "\n".join(",".join(repr(float(one)) for one in row) for row in values)
    np.testing.assert_array_equal(arrays(write(tmp_path, "t.csv", text))["t"], values)


def test_numbers_in_text_take_the_type_of_the_input(tmp_path):
    path = write(tmp_path, "t.csv", "x0,x1,n\n0.1,2,7\n0.3,4,8\n")
    inputs = (Value("x", "float32", ("batch", 2)), Value("n", "int32", ("batch",)))
    bound = bind(inputs, DataSource(paths=(str(path),)), tmp_path / "scratch")
    assert bound.binding.problem == ""
    assert bound.feeds is not None
    first = bound.feeds.first().arrays
    assert [array.dtype for array in first] == [np.float32, np.int32]
    np.testing.assert_array_equal(first[0], np.array([[0.1, 2], [0.3, 4]], np.float32))


def test_half_a_number_fits_no_whole_one(tmp_path):
    path = write(tmp_path, "n.csv", "n\n0.5\n")
    bound = bind(
        (Value("n", "int64", ("batch",)),), DataSource(paths=(str(path),)), tmp_path / "scratch"
    )
    assert bound.binding.problem


# JSON


def test_lists_objects_and_samples_in_json(tmp_path):
    assert arrays(write(tmp_path, "a.json", "[[1, 2], [3, 4]]"))["a"].shape == (2, 2)
    named = arrays(write(tmp_path, "b.json", '{"x": [1.5], "y": [[1, 2]]}'))
    assert (named["x"].tolist(), named["y"].tolist()) == ([1.5], [[1, 2]])
    samples = arrays(write(tmp_path, "c.json", '[{"x": [1, 2], "n": 3}, {"x": [4, 5], "n": 6}]'))
    assert (samples["x"].tolist(), samples["n"].tolist()) == ([[1, 2], [4, 5]], [3, 6])


def _polygraphy(array: Array) -> dict[str, str]:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return {"array": base64.b64encode(stream.getvalue()).decode(), "polygraphy_class": "ndarray"}


def test_inputs_and_outputs_as_polygraphy_writes_them(tmp_path):
    first, second = (
        np.array([[1, 2]], np.float32),
        np.asfortranarray(np.array([[3, 4], [5, 6]], np.float32)),
    )
    inputs = [{"x": _polygraphy(first)}, {"x": _polygraphy(second)}]
    found = arrays(write(tmp_path, "in.json", json.dumps(inputs)))["x"]
    np.testing.assert_array_equal(found, [[1, 2], [3, 4], [5, 6]])
    lazy = {"values": _polygraphy(first), "polygraphy_class": "LazyArray"}
    results = {"lst": [["ort", [{"outputs": {"y": lazy}}]]], "polygraphy_class": "RunResults"}
    assert arrays(write(tmp_path, "out.json", json.dumps(results)))["y"].tolist() == [[1, 2]]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[1, 2",
        '{"x": [1, "red"]}',
        '{"x": [[1, 2], [3]]}',
        '{"x": null}',
        "[" * 80 + "1" + "]" * 80,
        '[{"x": {"array": "!!", "polygraphy_class": "ndarray"}}]',
        '[{"x": {"array": "k05V", "polygraphy_class": "ndarray"}}]',
        '[{"x": 1}, {"y": 1}]',
        '{"lst": 3, "polygraphy_class": "RunResults"}',
        '{"x": [1, 1' + "0" * 5000 + "]}",
    ],
)
def test_json_that_is_no_data_is_explained(tmp_path, text):
    with pytest.raises(InspectorError) as caught:
        arrays(write(tmp_path, "x.json", text))
    assert caught.value.failure.sentence.endswith(".")
    assert caught.value.failure.hint


@REPEATED
@given(
    values=hnp.arrays(
        np.float64,
        hnp.array_shapes(max_dims=4, max_side=4),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_json_gives_back_what_was_written(tmp_path, values):
    found = arrays(write(tmp_path, "v.json", json.dumps({"v": values.tolist()})))["v"]
    np.testing.assert_array_equal(found, values)


# Whole numbers


def test_lines_of_whole_numbers(tmp_path):
    found = arrays(write(tmp_path, "ids.txt", "101 7 102\n\n101, 8, 102\n"))
    assert found["ids"].tolist() == [[101, 7, 102], [101, 8, 102]]


def test_ragged_lines_are_refused_by_number_and_padded_when_asked(tmp_path):
    path = write(tmp_path, "ids.txt", "1 2 3\n4\n")
    with pytest.raises(InspectorError, match=r"Line 2 of 'ids\.txt' holds 1 numbers"):
        arrays(path)
    assert arrays(path, DataSource(padding=9))["ids"].tolist() == [[1, 2, 3], [4, 9, 9]]


@pytest.mark.parametrize("word", ["cat", "1.5", "9" * 19, "0x10"])
def test_a_word_among_whole_numbers_is_named(tmp_path, word):
    with pytest.raises(InspectorError, match="Line 2"):
        arrays(write(tmp_path, "ids.txt", f"1 2\n1 {word}\n"))


# Tensors


def test_safetensors_are_read_by_pieces(tmp_path):
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    header = json.dumps({"x": {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]}}).encode()
    path = tmp_path / "s.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + x.tobytes())
    (found,) = read_arrays(path, tmp_path)
    assert (found.name, found.shape) == ("x", (4, 3))
    np.testing.assert_array_equal(found.rows(1, 3), x[1:3])
    np.testing.assert_array_equal(found.rows(0, 2, axis=1), x[:, :2])
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InspectorError):
        read_arrays(path, tmp_path)


def test_tensors_that_torch_saved(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "t.pt"
    torch.save(torch.arange(6.0).reshape(2, 3), path)
    assert arrays(path)["t"].tolist() == [[0, 1, 2], [3, 4, 5]]
    torch.save({"x": torch.ones(2, 2, dtype=torch.bfloat16), "n": torch.tensor([7, 8])}, path)
    found = arrays(path)
    assert (found["x"].tolist(), found["n"].tolist()) == ([[1, 1], [1, 1]], [7, 8])
    torch.save({"x": torch.ones(2, 3).t()}, path)
    with pytest.raises(InspectorError, match="do not lie one after the other"):
        arrays(path)


# Pictures


def picture(path: Path, size=(6, 4), mode="RGB", color=(255, 0, 0), **options) -> Path:
    Image.new(mode, size, color).save(path, **options)
    return path


def test_a_folder_of_pictures_is_one_array_in_the_order_of_its_numbers(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in (10, 2, 1):
        picture(folder / f"{number}.png", color=(number, 0, 255))
    found = arrays(folder)["pictures"]
    assert found.shape == (3, 3, 4, 6)
    assert found.dtype == np.dtype(np.float32)
    np.testing.assert_allclose(found[:, 0, 0, 0] * 255, [1, 2, 10], rtol=1e-6)


def test_the_imagenet_preset_does_what_the_training_did(tmp_path):
    path = picture(tmp_path / "p.png", (500, 400), color=(124, 116, 104))
    found = arrays(path, DataSource(images=PRESETS["imagenet"]))["p"]
    wanted = (np.array([124, 116, 104], np.float32) / 255 - PRESETS["imagenet"].mean) / (
        0.229,
        0.224,
        0.225,
    )
    assert found.shape == (1, 3, 224, 224)
    np.testing.assert_allclose(found[0, :, 7, 9], wanted, atol=1e-6)


def test_order_layout_and_bytes(tmp_path):
    path = picture(tmp_path / "p.png", color=(1, 2, 3))
    chosen = parse_image_settings("bytes,order=BGR,layout=NHWC")
    found = arrays(path, DataSource(images=chosen))["p"]
    assert found.shape == (1, 4, 6, 3)
    assert found.dtype == np.dtype(np.uint8)
    assert found[0, 0, 0].tolist() == [3, 2, 1]


def test_grey_transparent_and_turned_pictures(tmp_path):
    grey = arrays(picture(tmp_path / "g.png", mode="L", color=51))["g"]
    np.testing.assert_allclose(grey[0, :, 0, 0], 0.2, rtol=1e-6)
    clear = arrays(picture(tmp_path / "a.png", mode="RGBA", color=(0, 0, 0, 0)))["a"]
    assert (clear == 1).all()
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = picture(tmp_path / "t.jpg", (8, 2), exif=exif)
    assert arrays(turned)["t"].shape == (1, 3, 8, 2)


def test_pictures_of_other_sizes_are_named_when_they_come(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture(folder / "a.png")
    picture(folder / "b.png", (5, 5))
    (found,) = read_arrays(folder, tmp_path)
    assert found.rows(0, 1).shape == (1, 3, 4, 6)
    with pytest.raises(InspectorError, match=r"'b\.png' has another size"):
        found.rows(1, 2)


def test_a_picture_that_says_it_is_enormous_is_not_decoded(tmp_path):
    path = picture(tmp_path / "bomb.png")
    raw = bytearray(path.read_bytes())
    raw[16:24] = struct.pack(">II", 60_000, 60_000)
    raw[29:33] = struct.pack(">I", zlib.crc32(raw[12:29]))
    path.write_bytes(raw)
    with pytest.raises(InspectorError) as caught:
        arrays(path)
    assert caught.value.failure.hint
    path.write_bytes(raw[:40])
    with pytest.raises(InspectorError):
        arrays(path)


def test_a_large_folder_takes_no_memory(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    first = picture(folder / "0.png", (64, 64))
    for number in range(1, 300):
        (folder / f"{number}.png").hardlink_to(first)
    (found,) = read_arrays(folder, tmp_path)
    assert found.shape == (300, 3, 64, 64)
    found.rows(0, 2)
    tracemalloc.start()
    for start in range(0, 300, 2):
        found.rows(start, start + 2)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2_000_000, "all of it at once would be 14 MB"


@pytest.mark.parametrize("text", ["resize=-1", "std=0", "order=XYZ", "scale=1/0", "flip=1", ""])
def test_settings_that_make_no_sense_are_refused(text):
    with pytest.raises(InspectorError):
        parse_image_settings(text)


@given(
    st.builds(
        ImageSettings,
        resize=st.integers(0, 999),
        crop=st.integers(0, 999),
        scale=st.floats(0, 2),
        mean=st.tuples(*[st.floats(-9, 9)] * 3),
        std=st.tuples(*[st.floats(0.1, 9)] * 3),
        order=st.sampled_from(("RGB", "BGR", "L")),
        layout=st.sampled_from(("NCHW", "NHWC")),
    )
)
def test_settings_are_written_as_they_are_read(chosen):
    assert parse_image_settings(settings_text(chosen)) == chosen


# Sound


@pytest.mark.parametrize(("width", "wanted"), [(1, 2**-7), (2, 2**-15), (3, 2**-23), (4, 2**-31)])
def test_sound_of_every_width_is_between_minus_one_and_one(tmp_path, width, wanted):
    path = tmp_path / "s.wav"
    lowest = -(2 ** (8 * width - 1))
    steps = [lowest, 0, 1, -lowest - 1]
    signed = [step + 128 if width == 1 else step for step in steps]
    with wave.open(str(path), "wb") as file:
        file.setparams((1, width, 16_000, 0, "NONE", ""))
        file.writeframes(b"".join(s.to_bytes(width, "little", signed=width > 1) for s in signed))
    (found,) = read_arrays(path, tmp_path)
    values = found.whole()
    assert values.shape == (1, 4)
    assert values.dtype == np.dtype(np.float32)
    np.testing.assert_allclose(values[0], [-1, 0, wanted, 1 - wanted], rtol=1e-7)
    assert found.note == "Sound of 16,000 Hz, mono."  # type: ignore[attr-defined]


def _float_wav(path: Path, values: Array) -> Path:
    raw = values.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 2, 8000, 64_000, 8, 32)
    body = b"WAVE" + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body += b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(raw)) + raw
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def test_stereo_floats_behind_other_chunks(tmp_path):
    values = np.array([[0.5, -0.5], [0.25, 1.0]], np.float32)
    found = arrays(_float_wav(tmp_path / "f.wav", values))["f"]
    np.testing.assert_array_equal(found, values.T[None])


def test_every_cut_of_a_sound_is_explained(tmp_path):
    whole = _float_wav(tmp_path / "f.wav", np.zeros((2, 2), np.float32)).read_bytes()
    for length in range(1, len(whole)):
        (tmp_path / "f.wav").write_bytes(whole[:length])
        with pytest.raises(InspectorError):
            arrays(tmp_path / "f.wav")


def test_a_whole_number_that_no_array_holds_is_explained(tmp_path):
    path = tmp_path / "data.json"
    path.write_text('{"x": [1.5, ' + "9" * 400 + "]}")
    with pytest.raises(InspectorError, match="numbers that no array can"):
        read_arrays(path, tmp_path)


def test_a_tensor_of_too_many_axes_is_explained(tmp_path):
    path = tmp_path / "many.safetensors"
    header = json.dumps({"x": {"dtype": "F32", "shape": [1] * 70, "data_offsets": [0, 4]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    with pytest.raises(InspectorError, match="70 axes"):
        read_arrays(path, tmp_path)
