"""One sample made small: pictures, curves and numbers, held against numpy's own."""

from __future__ import annotations

import base64
import json
import math
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from inspector.core.failures import InspectorError
from inspector.core.image_settings import PRESETS
from inspector.core.model import Value
from inspector.core.progress import Report
from inspector.core.sample_preview import SamplePreview
from inspector.core.sources import DataSource
from inspector.jobs import preview as job
from inspector.jobs.requests import PreviewRequest
from inspector.samples.preview import NUMBERS, PIECES, preview
from inspector.samples.registry import read_arrays


@dataclass
class Held:
    """An array in memory."""

    name: str
    values: np.ndarray

    @property
    def dtype(self) -> np.dtype:
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def rows(self, start: int, stop: int, axis: int = 0) -> np.ndarray:
        return self.values.take(range(start, stop), axis)

    def whole(self) -> np.ndarray:
        return self.values


def picture(found: SamplePreview) -> np.ndarray:
    raw = np.frombuffer(base64.b64decode(found.picture), np.uint8)
    return raw.reshape(found.picture_shape)


def look(values: Any, sample: int = 0, axis: int = 0) -> SamplePreview:
    return preview(Held("x", np.asarray(values)), axis, sample)


def test_a_grey_picture_goes_from_black_to_white():
    values = np.arange(2 * 1 * 8 * 8, dtype=np.float32).reshape(2, 1, 8, 8)
    found = look(values, 1)
    assert (found.sample, found.samples, found.shape) == (1, 2, (1, 8, 8))
    assert (found.minimum, found.maximum, found.mean) == (64.0, 127.0, 95.5)
    assert picture(found)[..., 0].tolist() == np.round(
        (values[1, 0] - 64) / 63 * 255
    ).astype(int).tolist()  # fmt: skip


@pytest.mark.parametrize("shape", [(1, 3, 6, 5), (1, 6, 5, 3)])
def test_colours_may_lie_first_or_last(shape):
    values = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    one = values[0] if shape[-1] == 3 else np.moveaxis(values[0], 0, -1)
    assert picture(look(values)).tolist() == one.tolist(), "bytes stay as they are"


def test_a_large_picture_and_further_planes_are_cut_down_and_that_is_said():
    found = look(np.random.default_rng(0).normal(size=(1, 64, 600, 300)))
    assert found.picture_shape == (256, 256, 1)
    assert found.note == "the first of 64 planes"


def test_ranges_that_no_float_holds_and_what_is_not_finite_are_shown():
    values = np.full((1, 4, 4), 1.7e308)
    values[0, 0] = [-1.7e308, np.nan, np.inf, -np.inf]
    found = look(values)
    assert picture(found)[0, :, 0].tolist() == [0, 0, 255, 0]
    assert (found.nan, found.infinite) == (1, 2)
    assert picture(look(np.full((1, 4, 4), np.nan))).max() == 0
    assert picture(look(np.full((1, 4, 4), 7.0))).tolist() == np.full((4, 4, 1), 128).tolist()


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        np.float64, st.integers(32, 5000), elements=st.floats(-1e6, 1e6), fill=st.floats(-1, 1)
    )
)
def test_a_curve_keeps_every_peak(row):
    found = look(row[None])
    assert len(found.curve) == min(len(row), PIECES)
    assert min(low for low, _ in found.curve) == row.min() == found.minimum
    assert max(high for _, high in found.curve) == row.max() == found.maximum
    pieces = np.array_split(row, len(found.curve))
    assert [(p.min(), p.max()) for p in pieces] == list(found.curve)


def test_sound_with_two_channels_shows_the_first():
    values = np.stack([np.arange(100.0), np.zeros(100)])[None]
    found = look(values)
    assert found.curve[-1] == (99.0, 99.0)
    assert found.note == "the first of 2 rows"


def test_pieces_without_a_finite_value_are_gaps():
    row = np.zeros((1, 40))
    row[0, 3] = np.nan
    assert [math.isnan(low) for low, _ in look(row).curve] == [n == 3 for n in range(40)]


def test_a_few_values_are_numbers_exact_where_they_are_whole():
    found = look(np.array([[2**60 + 1, -5]]))
    assert found.numbers == (str(2**60 + 1), "-5")
    assert look(np.array([[0.1, np.nan]], np.float32)).numbers == ("0.1", "nan")
    assert look(np.array([[True, False]])).numbers == ("True", "False")
    assert look(np.array([[3 + 4j]])).maximum == 5.0


def test_of_many_numbers_the_first_are_listed():
    found = look(np.zeros((1, 150, 2)))
    assert len(found.numbers) == NUMBERS
    assert found.note == "the first 200 of 300 values"


def test_texts_nothing_scalars_and_lists_of_one_number_each():
    assert look(np.array([["one", "two"]])).numbers == ("one", "two")
    empty = look(np.zeros((0, 3)))
    assert (empty.samples, empty.note, empty.curve) == (0, "no elements", ())
    assert math.isnan(empty.mean)
    assert look(np.float32(7)).numbers == ("7",)
    labels = look(np.arange(300), 5)
    assert (labels.sample, labels.samples, len(labels.curve)) == (0, 1, 300)
    tokens = look(np.arange(128).reshape(2, 64), 1)
    assert (tokens.numbers[-1], tokens.curve) == ("127", ())


def test_samples_may_count_along_another_axis_and_there_is_a_last_one():
    values = np.arange(10.0).reshape(2, 5)
    assert look(values, 4, axis=1).numbers == ("4", "9")
    assert look(values, 99, axis=1).sample == 4
    assert look(values, 0, axis=-1).samples == 1


IMAGE = Value("image", "float32", ("batch", 1, 8, 8))


def test_the_job_reads_files_and_draws_what_is_made_up(tmp_path: Path):
    image = np.random.default_rng(0).normal(size=(5, 1, 8, 8)).astype(np.float32)
    np.savez(tmp_path / "d.npz", image=image, label=np.arange(5))
    data = DataSource(paths=(str(tmp_path / "d.npz"),))
    asked = PreviewRequest((IMAGE,), data, "image", "image", 3)
    found = job.run(asked, tmp_path, Report())
    assert (found.sample, found.samples, found.picture_shape) == (3, 5, (8, 8, 1))
    assert found.maximum == image[3].max()
    made = PreviewRequest((IMAGE,), DataSource(random=4, seed=1), "image", "image", 2)
    drawn = job.run(made, tmp_path, Report())
    assert (drawn.samples, drawn.picture_shape) == (4, (8, 8, 1))
    other = job.run(PreviewRequest((IMAGE,), data, "label"), tmp_path, Report())
    assert other.numbers == ("0", "1", "2", "3", "4")
    with pytest.raises(InspectorError, match="no array named 'gone'"):
        job.run(PreviewRequest((IMAGE,), data, "gone"), tmp_path, Report())


def test_the_job_looks_at_tables_pictures_and_text(tmp_path: Path):
    (tmp_path / "t.csv").write_text("a,b\n1,2.5\n3,4.5\n", encoding="utf-8")
    (tmp_path / "l.txt").write_text("1 2 3\n4 5 6\n", encoding="utf-8")
    for name, wanted in (("t.csv", "t"), ("l.txt", "l")):
        data = DataSource(paths=(str(tmp_path / name),))
        array = read_arrays(tmp_path / name, tmp_path / "s", data)[0].name
        found = job.run(PreviewRequest((), data, array, sample=1), tmp_path, Report())
        assert found.numbers or found.curve, wanted
    (tmp_path / "folder").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (8, 6, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "folder" / "a.png")
    data = DataSource(paths=(str(tmp_path / "folder"),), images=PRESETS["bytes"])
    read = read_arrays(tmp_path / "folder", tmp_path / "s", data)[0]
    found = job.run(PreviewRequest((), data, read.name), tmp_path, Report())
    assert picture(found).tolist() == pixels.tolist()


def stored(name: str, folder: Path) -> Path:
    """[2, 5] numbers, or one sound of 50 values, in a file of the kind that the name says."""
    path, values = folder / name, np.arange(10, dtype=np.float32).reshape(2, 5)
    if name.endswith(".json"):
        path.write_text(json.dumps({"x": values.tolist()}), encoding="utf-8")
    elif name.endswith(".safetensors"):
        entry = {"x": {"dtype": "F32", "shape": [2, 5], "data_offsets": [0, 40]}}
        header = json.dumps(entry).encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header + values.tobytes())
    elif name.endswith(".pt"):
        torch = pytest.importorskip("torch")
        torch.save({"x": torch.from_numpy(values)}, path)
    else:
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(np.arange(50, dtype="<i2").tobytes())
    return path


@pytest.mark.parametrize("name", ["a.json", "a.safetensors", "a.pt", "a.wav"])
def test_the_job_looks_at_every_kind_of_file(tmp_path: Path, name: str):
    path = stored(name, tmp_path)
    data = DataSource(paths=(str(path),))
    array = read_arrays(path, tmp_path / "s", data)[0].name
    found = job.run(PreviewRequest((), data, array), tmp_path, Report())
    assert found.minimum == 0.0
    assert found.maximum == pytest.approx(49 / 32768 if name == "a.wav" else 4.0)
    assert found.numbers or found.curve
