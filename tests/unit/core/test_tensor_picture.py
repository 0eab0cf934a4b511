"""Pictures of tensors: each cell shows the largest of what it covers, wherever blocks end."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.tensor_picture import MatrixPicture, TilePicture, layout_of, tile_text


def slowly(matrix, cells):
    rows, columns = matrix.shape
    height, width = min(rows, cells), min(columns, cells)
    found = np.full((height, width), np.inf, np.float32)
    for i in range(rows):
        for j in range(columns):
            value, at = matrix[i, j], (i * height // rows, j * width // columns)
            if np.isfinite(value) and (np.isinf(found[at]) or abs(value) > abs(found[at])):
                found[at] = value
    return found


@given(
    st.integers(1, 30), st.integers(1, 30), st.integers(1, 12), st.integers(1, 70), st.integers(0)
)
def test_a_matrix_in_blocks_gives_the_largest_of_each_cell(rows, columns, cells, step, seed):
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(rows, columns)).astype(np.float32)
    matrix[generator.random(matrix.shape) < 0.1] = np.nan
    matrix[generator.random(matrix.shape) < 0.05] = np.inf
    picture = MatrixPicture(rows, columns, cells)
    flat = matrix.reshape(-1)
    for start in range(0, flat.size, step):
        picture.update(start, flat[start : start + step])
    np.testing.assert_array_equal(picture.cells(), slowly(matrix, cells))


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.data())
def test_filters_stand_side_by_side_with_a_gap(outer, inner, tall, wide, data):
    step = data.draw(st.integers(1, 50))
    filters = np.arange(outer * inner * tall * wide, dtype=np.float32)
    picture = TilePicture(outer, inner, (tall, wide), cells=12)
    for start in range(0, filters.size, step):
        picture.update(start, filters[start : start + step])
    cells, shaped = picture.cells(), filters.reshape(outer, inner, tall, wide)
    for row in range(picture.shown[0]):
        for column in range(picture.shown[1]):
            top, left = picture.place(row, column)
            part = cells[top : top + tall, left : left + wide]
            np.testing.assert_array_equal(part, shaped[row, column])
    assert np.count_nonzero(~np.isnan(cells)) == math.prod(picture.shown) * tall * wide


@pytest.mark.parametrize(
    ("shape", "rows", "columns", "tile"),
    [
        ((64, 3, 7, 7), 64, 3, (7, 7)),
        ((10, 20), 10, 20, (0, 0)),
        ((1000,), 1, 1000, (0, 0)),
        ((1, 1000, 1), 1, 1000, (0, 0)),
        ((64, 64, 100), 64, 6400, (0, 0)),
        ((2, 3, 50, 60), 6, 3000, (0, 0)),
    ],
)
def test_the_shape_tells_the_picture(shape, rows, columns, tile):
    layout = layout_of(shape)
    assert layout is not None
    assert layout.rows * layout.columns * max(1, tile[0] * tile[1]) == math.prod(shape)
    assert layout.tile == tile
    if shape != (64, 64, 100) and shape != (2, 3, 50, 60):
        assert (layout.rows, layout.columns) == (rows, columns)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (0, 5)])
def test_a_single_value_has_no_picture(shape):
    assert layout_of(shape) is None


@pytest.mark.parametrize(
    ("rows", "columns", "tile"), [(64, 3, (7, 7)), (512, 1, (3, 3)), (96, 3, (16, 16))]
)
def test_few_input_channels_make_no_tall_picture(rows, columns, tile):
    picture = TilePicture(rows, columns, tile)
    height, width = picture.cells().shape
    assert height <= 128
    assert width <= 256
    assert 0.25 < height / width < 1.0
    assert picture.shown[1] == columns


def test_what_is_left_out_is_said():
    layout = layout_of((512, 256, 3, 3))
    assert layout is not None
    assert tile_text(layout, (64, 64)) == "the first 64 x 64 of 512 x 256 filters of 3 x 3"
    assert tile_text(layout, (512, 256)) == "all 512 x 256 filters of 3 x 3"


def test_a_thousand_axes_are_no_trouble():
    layout = layout_of((40, *(1,) * 100_000, 50))
    assert layout is not None
    assert (layout.rows, layout.columns) == (40, 50)
