import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.runtimes.recorded import is_recorded, open_recorded

onnx = pytest.importorskip("onnx")
Y = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def folder(tmp_path):
    for number in range(2):
        data_set = tmp_path / "model" / f"test_data_set_{number}"
        data_set.mkdir(parents=True)
        tensor = onnx.numpy_helper.from_array(Y[2 * number : 2 * number + 2], "y")
        (data_set / "output_0.pb").write_bytes(tensor.SerializeToString())
    return tmp_path / "model"


@pytest.fixture
def archive(tmp_path):
    np.savez(tmp_path / "outputs.npz", y=Y)
    return tmp_path / "outputs.npz"


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_recorded_outputs_give_the_samples_asked_for(request, form, tmp_path):
    path = request.getfixturevalue(form)
    assert is_recorded(path)
    recorded = open_recorded(path, tmp_path / "scratch")
    assert (recorded.output_names, recorded.samples) == (("y",), 4)
    np.testing.assert_array_equal(recorded.rows(1, 3, 4)[0], Y[1:3])


def test_one_data_set_by_itself_is_a_recording_too(folder, tmp_path):
    recorded = open_recorded(folder / "test_data_set_1", tmp_path)
    np.testing.assert_array_equal(recorded.rows(0, 2, 2)[0], Y[2:])


def test_an_output_that_does_not_count_samples_is_given_whole(tmp_path):
    np.savez(tmp_path / "outputs.npz", y=Y, total=np.float32(66))
    recorded = open_recorded(tmp_path / "outputs.npz", tmp_path)
    assert recorded.rows(0, 1, 4)[1].item() == 66
    assert recorded.samples == 4


def test_data_sets_of_different_length_are_refused(folder, tmp_path):
    extra = folder / "test_data_set_0" / "output_1.pb"
    extra.write_bytes(onnx.numpy_helper.from_array(Y, "z").SerializeToString())
    with pytest.raises(InspectorError, match="different numbers of outputs"):
        open_recorded(folder, tmp_path)


def test_a_damaged_tensor_is_named(folder, tmp_path):
    (folder / "test_data_set_0" / "output_0.pb").write_bytes(b"\xff\xff\xff")
    with pytest.raises(InspectorError, match=r"'output_0\.pb' is no value"):
        open_recorded(folder, tmp_path)


def test_other_files_are_no_recordings(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"\x08\x08")
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04")
    assert not is_recorded(tmp_path / "a.onnx")
    assert not is_recorded(tmp_path / "b.npz")
    assert not is_recorded(tmp_path)


def test_sets_of_different_sizes_are_given_one_by_one(folder, tmp_path):
    longer = onnx.numpy_helper.from_array(np.zeros((1, 5), np.float32), "y")
    (folder / "test_data_set_1" / "output_0.pb").write_bytes(longer.SerializeToString())
    recorded = open_recorded(folder, tmp_path)
    assert recorded.sets == 2
    with pytest.raises(InspectorError, match="cannot be joined"):
        recorded.rows(0, 1, 2)
    recorded.give_sets()
    assert [recorded.rows(k, k + 1, 2)[0].shape for k in range(2)] == [(2, 3), (1, 5)]
