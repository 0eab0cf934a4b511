import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.model import Value
from inspector.core.sources import DataSource
from inspector.samples.binder import bind
from inspector.samples.fit import AS_IS, MISSING, NARROWED, UNFIT, WIDENED
from inspector.samples.tensor_protos import LoadedArray

X = Value("x", "float32", ("batch", 3))


@pytest.fixture
def fitted(tmp_path):
    """Save arrays, bind them to inputs, and give the outcome."""

    def fit(inputs, options=None, **arrays):
        np.savez(tmp_path / "data.npz", **arrays)
        source = DataSource(paths=(str(tmp_path / "data.npz"),), **(options or {}))
        return bind(inputs, source, tmp_path / "scratch")

    return fit


def floats(*shape, dtype="float32"):
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def test_arrays_are_bound_by_name(fitted):
    y = Value("y", "float32", ("batch", 3))
    bound = fitted((X, y), y=floats(4, 3), x=floats(4, 3))
    assert [(b.input.name, b.array, b.status) for b in bound.binding.bound] == [
        ("x", "x", AS_IS),
        ("y", "y", AS_IS),
    ]
    assert bound.binding.problem == ""
    assert bound.binding.real


def test_arrays_without_a_matching_name_are_bound_by_order(fitted):
    y = Value("y", "int64", ("batch",))
    bound = fitted((X, y), first=floats(4, 3), second=np.arange(4))
    assert [b.array for b in bound.binding.bound] == ["first", "second"]
    assert bound.binding.bound[0].note == "Taken by order."


def test_order_passes_over_arrays_that_do_not_fit(fitted):
    bound = fitted((X,), labels=np.arange(4), images=floats(4, 3), other=floats(4, 3))
    assert bound.binding.bound[0].array == "images"
    assert bound.binding.unused == ("labels", "other")


def test_the_choice_of_the_person_goes_first(fitted):
    bound = fitted((X,), {"binding": {"x": "b"}}, x=floats(4, 3), b=floats(2, 3))
    assert bound.binding.bound[0].array == "b"
    assert bound.binding.samples == 2


def test_a_choice_that_names_no_array_is_a_problem(fitted):
    bound = fitted((X,), {"binding": {"x": "nope"}}, x=floats(4, 3))
    assert "No array is named 'nope'" in bound.binding.problem
    assert bound.feeds is None


def test_a_choice_for_an_unknown_input_is_refused(fitted):
    with pytest.raises(InspectorError, match="no input named 'z'"):
        fitted((X,), {"binding": {"z": "x"}}, x=floats(4, 3))


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (floats(4, 7), "'x' takes size 3 along axis 1, and the array 'x' has 7"),
        (floats(4, 3, 1), "'x' takes 2 dimensions [batch, 3], and the array 'x' has 3 dimensions"),
        (np.array([["a"]]), "'x' takes float32, and the array 'x' holds string"),
        (floats(3), "'x' takes 2 dimensions [batch, 3], and the array 'x' has 1 dimension [3]."),
    ],
)
def test_data_that_does_not_fit_is_explained(fitted, array, sentence):
    binding = fitted((X,), x=array).binding
    assert binding.problem.startswith(sentence)
    assert binding.hint
    assert binding.bound[0].status == UNFIT


def test_a_single_sample_without_batch_axis_gets_the_remedy(fitted):
    assert "array[None]" in fitted((X,), x=floats(3)).binding.hint


def test_channels_last_gets_the_remedy(fitted):
    image = Value("x", "float32", ("batch", 3, 8, 8))
    assert "array.transpose(0, 3, 1, 2)" in fitted((image,), x=floats(2, 8, 8, 3)).binding.hint


def test_a_stack_of_batches_gets_the_remedy(fitted):
    assert "array.reshape(8, 3)" in fitted((X,), x=floats(4, 2, 3)).binding.hint


def test_no_array_of_that_name_and_none_that_fits(fitted):
    y = Value("y", "float32", ("batch", 3))
    binding = fitted((X, y), x=floats(4, 3), a=floats(4, 9), b=floats(4, 8)).binding
    assert binding.problem == "No array is named 'y', and 'a' and 'b' would not fit it."
    assert binding.bound[1].status == MISSING
    assert "--bind y=ARRAY" in binding.hint


def test_narrowing_asks_for_consent_and_then_converts(fitted):
    data = floats(4, 3, dtype="float64") + 1e-12
    refused = fitted((X,), x=data)
    assert refused.binding.bound[0].status == NARROWED
    assert "takes float32, and the array 'x' holds float64" in refused.binding.problem
    allowed = fitted((X,), {"cast": True}, x=data)
    assert allowed.binding.problem == ""
    assert allowed.feeds.first().arrays[0].dtype == np.float32


@pytest.mark.parametrize(
    ("given", "wanted"), [("int32", "int64"), ("float16", "float32"), ("uint8", "float32")]
)
def test_exact_widening_is_done_and_told(fitted, given, wanted):
    bound = fitted((Value("x", wanted, ("n", 3)),), x=floats(2, 3).astype(given))
    assert bound.binding.bound[0].status == WIDENED
    assert "exactly the same" in bound.binding.bound[0].note
    assert bound.feeds.first().arrays[0].dtype == np.dtype(wanted)


def test_a_whole_number_out_of_range_stops_the_run(fitted):
    data = np.array([[1, 2, 2**40]])
    bound = fitted((Value("x", "int32", ("n", 3)),), {"cast": True}, x=data)
    with pytest.raises(InspectorError, match="int32 cannot hold"):
        bound.feeds.first()


def test_floats_do_not_become_integers(fitted):
    assert fitted((Value("x", "int64", ("n", 3)),), {"cast": True}, x=floats(2, 3)).binding.problem


def runs(bound):
    return [(run.start, run.stop) for run in bound.feeds]


def test_a_dynamic_batch_is_cut_into_runs_of_a_chosen_size(fitted):
    bound = fitted((X,), {"batch_size": 4}, x=floats(10, 3))
    assert runs(bound) == [(0, 4), (4, 8), (8, 10)]
    assert (bound.binding.samples, bound.binding.batch_size) == (10, 4)
    joined = np.concatenate([run.arrays[0] for run in bound.feeds])
    np.testing.assert_array_equal(joined, floats(10, 3))


def test_the_size_chosen_by_the_program_is_at_most_32(fitted):
    assert fitted((X,), x=floats(100, 3)).binding.batch_size == 32
    assert fitted((X,), x=floats(5, 3)).binding.batch_size == 5


def test_a_fixed_batch_is_cut_into_runs_of_its_size(fitted):
    bound = fitted((Value("x", "float32", (1, 3)),), x=floats(3, 3))
    assert runs(bound) == [(0, 1), (1, 2), (2, 3)]


def test_samples_that_do_not_fill_a_fixed_batch_are_counted(fitted):
    bound = fitted((Value("x", "float32", (4, 3)),), x=floats(10, 3))
    assert (runs(bound), bound.unused_samples) == ([(0, 4), (4, 8)], 2)
    assert bound.binding.samples == 8


def test_fewer_samples_than_a_fixed_batch_are_a_problem(fitted):
    binding = fitted((Value("x", "float32", (4, 3)),), x=floats(3, 3)).binding
    assert "exactly 4 samples per run, and the data has 3" in binding.problem


def test_another_batch_size_than_the_fixed_one_is_a_problem(fitted):
    bound = fitted((Value("x", "float32", (1, 3)),), {"batch_size": 8}, x=floats(8, 3))
    assert "exactly 1 sample per run, and 8 were asked for" in bound.binding.problem


def test_only_as_many_samples_as_asked_for_are_used(fitted):
    bound = fitted((X,), {"limit": 3}, x=floats(10, 3))
    assert (bound.binding.samples, runs(bound)) == (3, [(0, 3)])


def test_inputs_must_have_the_same_number_of_samples(fitted):
    y = Value("y", "float32", ("batch", 2))
    binding = fitted((X, y), x=floats(4, 3), y=floats(5, 2)).binding
    assert binding.problem == "'x' has 4 samples and 'y' has 5 samples."


def test_dimensions_of_the_same_name_must_agree(fitted):
    ids = Value("ids", "int64", ("batch", "sequence"))
    mask = Value("mask", "int64", ("batch", "sequence"))
    bound = fitted((ids, mask), ids=np.ones((2, 12), int), mask=np.ones((2, 10), int))
    assert bound.binding.problem == "'sequence' is 12 in 'ids' and 10 in 'mask'."


def test_a_state_whose_batch_is_not_in_front_is_cut_along_its_axis(fitted):
    inputs = (Value("x", "float32", ("b", 3)), Value("state", "float32", (2, "b", 5)))
    bound = fitted(inputs, {"batch_size": 2}, x=floats(4, 3), state=floats(2, 4, 5))
    assert [run.arrays[1].shape for run in bound.feeds] == [(2, 2, 5), (2, 2, 5)]
    fixed = (Value("x", "float32", (1, 3)), Value("state", "float32", (2, 1, 5)))
    bound = fitted(fixed, x=floats(4, 3), state=floats(2, 4, 5))
    assert [run.arrays[1].shape for run in bound.feeds] == [(2, 1, 5)] * 4


def test_an_input_without_batch_axis_is_the_same_in_every_run(fitted):
    rate = Value("rate", "int64", ())
    bound = fitted((X, rate), {"batch_size": 2}, x=floats(4, 3), rate=np.int64(16000))
    assert [run.arrays[1].item() for run in bound.feeds] == [16000, 16000]
    assert "The same in every run." in bound.binding.bound[1].note


def test_another_open_dimension_is_not_mistaken_for_the_batch(fitted):
    boxes = Value("boxes", "float32", ("boxes", 4))
    bound = fitted((X, boxes), {"batch_size": 2}, x=floats(4, 3), boxes=floats(7, 4))
    assert [run.arrays[1].shape for run in bound.feeds] == [(7, 4), (7, 4)]


def test_a_model_without_declared_sizes_takes_what_it_gets(fitted):
    bound = fitted((Value("x", "", None),), x=floats(4, 3))
    assert (bound.binding.problem, bound.binding.samples) == ("", 4)


def test_no_samples_at_all_are_a_problem(fitted):
    assert "holds no samples" in fitted((X,), x=floats(0, 3)).binding.problem


def test_two_files_with_the_same_array_are_refused(tmp_path):
    for name in ("a.npz", "b.npz"):
        np.savez(tmp_path / name, x=floats(4, 3))
    source = DataSource(paths=(str(tmp_path / "a.npz"), str(tmp_path / "b.npz")))
    with pytest.raises(InspectorError, match="Two arrays of the sample data are named 'x'"):
        bind((X,), source, tmp_path)


def test_without_any_data_it_says_so(tmp_path):
    with pytest.raises(InspectorError, match="There is no sample data"):
        bind((X,), DataSource(), tmp_path)


def test_random_data_is_called_random_and_fits(tmp_path):
    bound = bind((X,), DataSource(random=10, seed=7), tmp_path)
    assert (bound.binding.source, bound.binding.real) == ("random, seed 7", False)
    assert bound.binding.samples == 10
    assert bound.feeds is not None
    assert bound.feeds.first().arrays[0].shape == (10, 3)


def test_random_data_fills_every_run_of_a_fixed_batch(tmp_path):
    bound = bind((Value("x", "float32", (4, 3)),), DataSource(random=10), tmp_path)
    assert (bound.binding.samples, bound.unused_samples) == (12, 0)


def test_a_batch_dimension_is_known_by_its_name(fitted):
    """Sequence models have it second; the steps in front are not samples."""
    x = Value("x", "float32", ("steps", "batch", 3))
    bound = fitted((x,), {"batch_size": 2}, x=floats(5, 4, 3))
    assert (bound.binding.samples, bound.binding.batch_size) == (4, 2)
    assert [run.arrays[0].shape for run in bound.feeds] == [(5, 2, 3), (5, 2, 3)]


def test_a_given_value_fills_an_input_that_the_data_lacks(tmp_path):
    rate = Value("rate", "int64", ())
    given = (LoadedArray("rate", np.array(16000)),)
    data = DataSource(random=2)
    feeds = bind((X, rate), data, tmp_path, {}, given).feeds
    assert feeds is not None
    assert feeds.first().arrays[1] == 16000
    np.savez(tmp_path / "both.npz", x=floats(4, 3), rate=np.array(8000))
    data = DataSource(paths=(str(tmp_path / "both.npz"),))
    feeds = bind((X, rate), data, tmp_path, {}, given).feeds
    assert feeds is not None
    assert feeds.first().arrays[1] == 8000
