import numpy as np

from inspector.jobs.compare_kept import KeptOutput, samples_to_keep


def rows(first, last, dtype=np.float32):
    return np.arange(first * 3, last * 3, dtype=dtype).reshape(-1, 3)


def load(kept):
    return [np.load(path, mmap_mode="r") for path in kept.paths]


def test_runs_are_written_one_behind_the_other(tmp_path):
    kept = KeptOutput(tmp_path / "0", 10)
    kept.add(rows(0, 4), rows(0, 4) + 1)
    kept.add(rows(4, 7), rows(4, 7) + 1)
    kept.close()
    reference, candidate = load(kept)
    np.testing.assert_array_equal(reference, rows(0, 7))
    np.testing.assert_array_equal(candidate, rows(0, 7) + 1)
    assert kept.samples == 7


def test_no_more_samples_are_kept_than_asked_for(tmp_path):
    kept = KeptOutput(tmp_path / "0", 5)
    kept.add(rows(0, 4), rows(0, 4))
    kept.add(rows(4, 8), rows(4, 8))
    kept.add(rows(8, 9), rows(8, 9))
    kept.close()
    assert kept.samples == 5
    np.testing.assert_array_equal(load(kept)[0], rows(0, 5))


def test_many_runs_do_not_move_the_first_element(tmp_path):
    kept = KeptOutput(tmp_path / "0", 200_000)
    for _ in range(100):
        kept.add(rows(0, 2000), rows(0, 2000))
    kept.close()
    assert load(kept)[0].shape == (200_000, 3)
    np.testing.assert_array_equal(load(kept)[0][-2000:], rows(0, 2000))


def test_a_run_of_another_form_ends_the_keeping(tmp_path):
    kept = KeptOutput(tmp_path / "0", 10)
    kept.add(rows(0, 2), rows(0, 2))
    kept.add(np.zeros((2, 4), np.float32), np.zeros((2, 4), np.float32))
    kept.add(rows(2, 4), rows(2, 4))
    kept.close()
    assert kept.samples == 2


def test_outputs_that_differ_in_form_are_not_kept(tmp_path):
    kept = KeptOutput(tmp_path / "0", 10)
    kept.add(rows(0, 2), rows(0, 2)[:, :2])
    kept.close()
    assert (kept.samples, kept.paths) == (0, ("", ""))
    assert not (tmp_path / "0").exists()


def test_text_is_not_kept(tmp_path):
    kept = KeptOutput(tmp_path / "0", 10)
    kept.add(np.array(["a"]), np.array(["a"]))
    assert kept.samples == 0


def test_bfloat16_is_kept_as_float32(tmp_path):
    import ml_dtypes

    kept = KeptOutput(tmp_path / "0", 10)
    values = rows(0, 2).astype(ml_dtypes.bfloat16)
    kept.add(values, values)
    kept.close()
    assert load(kept)[0].dtype == np.float32
    np.testing.assert_array_equal(load(kept)[1], rows(0, 2))


def test_the_total_size_decides_how_many_samples_are_kept():
    outputs = [(rows(0, 2), rows(0, 2))]
    assert samples_to_keep(outputs, 1000, 24 * 10) == 10
    assert samples_to_keep(outputs, 5, 24 * 10) == 5
    assert samples_to_keep([(rows(0, 0), rows(0, 0))], 5, 10) == 5
