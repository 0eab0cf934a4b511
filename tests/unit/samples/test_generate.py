import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.model import Value
from inspector.samples.generate import DEFAULT_SIZE, generate
from inspector.samples.stored import dtype_name


def one(dtype="float32", shape=("batch", 3), count=5, seed=7, axis=0, sizes=None):
    value = Value("x", dtype, shape)
    return generate((value,), count, seed, (axis,), sizes or {})[0]


def test_a_sample_is_the_same_in_every_batch():
    array = one()
    np.testing.assert_array_equal(array.rows(0, 5)[2:4], array.rows(2, 4))
    np.testing.assert_array_equal(array.whole()[3], array.rows(3, 4)[0])


def test_a_sample_does_not_depend_on_how_many_there_are():
    np.testing.assert_array_equal(one(count=9).rows(0, 5), one(count=5).rows(0, 5))


def test_the_seed_decides():
    np.testing.assert_array_equal(one(seed=1).whole(), one(seed=1).whole())
    assert (one(seed=1).whole() != one(seed=2).whole()).all()


def test_two_inputs_get_different_numbers():
    values = (Value("a", "float32", ("n", 4)), Value("b", "float32", ("n", 4)))
    first, second = generate(values, 2, 0, (0, 0), {})
    assert (first.whole() != second.whole()).all()


def test_floats_are_normal():
    drawn = one(shape=("batch", 1000), count=20).whole()
    assert drawn.dtype == np.float32
    assert abs(drawn.mean()) < 0.05
    assert abs(drawn.std() - 1) < 0.05


@pytest.mark.parametrize(("dtype", "low", "high"), [("int64", 0, 1), ("uint8", 0, 255)])
def test_integers_stay_in_a_range_that_ids_and_images_have(dtype, low, high):
    drawn = one(dtype=dtype, shape=("batch", 2000)).whole()
    assert (drawn.dtype, drawn.min(), drawn.max()) == (np.dtype(dtype), low, high)


@pytest.mark.parametrize("dtype", ["bool", "float16", "float64", "int8", "complex64", "int32"])
def test_every_type_comes_out_as_asked(dtype):
    assert one(dtype=dtype).whole().dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float8e4m3fn", "float8e5m2fnuz", "float4e2m1", "int4", "uint2"])
def test_types_that_numpy_lacks_are_drawn_as_what_the_model_takes(dtype):
    pytest.importorskip("ml_dtypes")
    array = one(dtype=dtype)
    assert dtype_name(array.whole().dtype) == dtype_name(array.dtype) == dtype
    numbers = array.whole().astype(np.float32)
    assert len(set(numbers.ravel().tolist())) > 1
    assert np.isfinite(numbers).all()


def test_lists_cannot_be_drawn():
    with pytest.raises(InspectorError, match=r"holds sequence\(float32\)"):
        one(dtype="sequence(float32)", shape=None, sizes={"x": (2,)})


def test_samples_count_along_any_axis():
    array = one(shape=(2, "batch", 4), axis=1, count=3)
    assert array.shape == (2, 3, 4)
    np.testing.assert_array_equal(array.rows(1, 3, 1), array.whole()[:, 1:3])


def test_an_input_without_batch_axis_is_drawn_once():
    assert one(shape=(2, 3), axis=-1).whole().shape == (2, 3)


def test_open_sizes_come_from_the_example_and_are_shared_by_symbol():
    values = (Value("a", "float32", ("n", "time")), Value("b", "int64", ("n", "time")))
    arrays = generate(values, 2, 0, (0, 0), {"a": (1, 40)})
    assert [array.shape for array in arrays] == [(2, 40), (2, 40)]


def test_open_sizes_that_nobody_gave_have_a_default():
    assert one(shape=("batch", None)).shape == (5, DEFAULT_SIZE)


def test_text_cannot_be_drawn():
    with pytest.raises(InspectorError, match="cannot be drawn at random"):
        one(dtype="string")


def test_an_input_of_unknown_rank_needs_an_example():
    with pytest.raises(InspectorError, match="how many dimensions"):
        one(shape=None)
    assert one(shape=None, sizes={"x": (1, 8)}).shape == (5, 8)
