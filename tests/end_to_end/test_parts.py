"""A data set judged in parts gives the same numbers as all of it at once."""

import json

import pytest

pytest.importorskip("onnxruntime")

_VARYING = ("environment", "seconds", "referees", "mean_absolute_error", "rmse")


def plain_of(outcome):
    """What must be the same to the last bit; sums of errors may be added in another order."""
    plain = outcome.json
    outputs = [{k: v for k, v in one.items() if k not in _VARYING} for one in plain["outputs"]]
    for one in outputs:
        one.pop("beside", None)
    return {key: plain[key] for key in ("verdict", "sentence", "data", "how_sure")} | {
        "outputs": outputs
    }


@pytest.fixture(scope="module")
def digits(samples):
    return samples / "digits"


@pytest.fixture
def judged(program, digits, tmp_path):
    """Judge two files whole, and in parts of the data; gives the command and the parts."""

    def judge(candidate, parts):
        files = digits / "digits.onnx", digits / candidate
        command = ("compare", *files, "--data", digits / "samples.npz", "--json")
        made = []
        for number in range(1, parts + 1):
            made.append(tmp_path / f"part-{number}.json")
            done = program(*command, "--part", f"{number}/{parts}", "--save-part", made[-1])
            assert done.code in (0, 1, 3), done.output
        return program(*command), made

    return judge


def test_the_parts_are_the_whole(program, judged):
    whole, parts = judged("digits_altered.onnx", 2)
    merged = program("merge", *reversed(parts), "--json")
    assert merged.code == whole.code
    assert plain_of(merged) == plain_of(whole)
    assert merged.json["environment"]["Parts"] == "2 of 2"


@pytest.fixture(scope="module")
def agreeing(tmp_path_factory, digits):
    """Two parts of a comparison in which all agrees."""
    from inspector.cli import main

    folder = tmp_path_factory.mktemp("parts")
    made = [folder / f"part-{number}.json" for number in (1, 2)]
    for number, path in enumerate(made, 1):
        files = [str(digits / "digits.onnx")] * 2
        part = ["--part", f"{number}/2", "--save-part", str(path)]
        assert main(["compare", *files, "--data", str(digits / "samples.npz"), *part]) == 0
    return made


def test_a_part_that_is_missing_earns_no_pass(program, agreeing, tmp_path):
    parts = agreeing
    report = tmp_path / "report.html"
    merged = program("merge", parts[0], "--json", "--report", report)
    assert merged.json["verdict"] == "REVIEW"
    assert merged.json["sentence"].startswith("Stopped after 192 of 360 samples.")
    assert report.is_file()


def test_what_is_no_part_or_belongs_elsewhere_is_refused(program, agreeing, tmp_path):
    parts = agreeing
    twice = program("merge", parts[0], parts[0])
    assert (twice.code, "named twice" in twice.error) == (2, True)
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert "holds no part" in program("merge", other).error
    plain = json.loads(parts[1].read_text())
    plain["comparison"]["candidate"]["sha256"] = "0" * 64
    other.write_text(json.dumps(plain))
    assert "different comparisons" in program("merge", parts[0], other).error
    plain = json.loads(parts[1].read_text())
    plain["counts"][0]["fields"]["grid"] = {"kind": "Grid", "fields": {}}
    other.write_text(json.dumps(plain))
    assert "cannot be put together" in program("merge", parts[0], other).error


def test_a_part_needs_a_place_and_a_place_a_part(program, digits):
    files = digits / "digits.onnx", digits / "digits.onnx", "--random", "4"
    assert "belong together" in program("compare", *files, "--part", "1/2").error
    assert "belong together" in program("compare", *files, "--save-part", "x.json").error
    assert "K/N" in program("compare", *files, "--part", "3/2").error


@pytest.mark.parametrize("option", [("--tolerance", "1,1"), ("--kind", "zeros"), ("--seed", "2")])
def test_parts_judged_with_other_options_are_refused(program, digits, tmp_path, option):
    files = digits / "digits.onnx", digits / "digits.onnx", "--random", "8", "--batch-size", "2"
    made = [tmp_path / "1.json", tmp_path / "2.json"]
    for number, more in ((1, ()), (2, option)):
        part = "--part", f"{number}/2", "--save-part", made[number - 1]
        assert program("compare", *files, *part, *more).code in (0, 3)
    merged = program("merge", *made)
    assert merged.code == 2
    assert "different comparisons" in merged.error


@pytest.mark.parametrize("number", [0, 2, 9])
def test_a_part_counts_once(program, agreeing, tmp_path, number):
    plain = json.loads(agreeing[0].read_text())
    plain["number"] = number
    other = tmp_path / "other.json"
    other.write_text(json.dumps(plain))
    merged = program("merge", agreeing[0], other)
    assert merged.code == 2
    assert "holds no part" in merged.error
