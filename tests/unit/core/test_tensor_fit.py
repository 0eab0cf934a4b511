"""Tensors of a file are matched with a model's by name and shape."""

from __future__ import annotations

import pytest

from inspector.core.tensor_fit import (
    MISSING,
    OTHER_SHAPE,
    UNEXPECTED,
    TensorRow,
    common_prefix,
    fit_tensors,
    shape_of,
)

MODEL = {"body.fc.weight": (4, 3), "body.fc.bias": (4,), "head.weight": (2, 4)}


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module.model.", "backbone."])
def test_what_all_names_begin_with_is_removed(prefix: str) -> None:
    fit = fit_tensors(MODEL, {prefix + name: shape for name, shape in MODEL.items()})
    assert (fit.prefix, fit.added, fit.matched, fit.rows) == (prefix, "", 3, ())
    assert fit.name_of(prefix + "head.weight") == "head.weight"


def test_a_part_of_the_model_is_found_in_it() -> None:
    wanted = {f"model.{name}": shape for name, shape in MODEL.items()}
    fit = fit_tensors(wanted, MODEL)
    assert (fit.added, fit.rows) == ("model.", ())
    assert fit.name_of("head.weight") == "model.head.weight"


def test_the_prefix_of_one_name_only_is_removed_there() -> None:
    given = {"module.body.fc.weight": (4, 3), "body.fc.bias": (4,), "head.weight": (2, 4)}
    assert fit_tensors(MODEL, given).rows == ()


def test_rows_say_what_is_missing_unexpected_and_of_another_shape() -> None:
    given = {"body.fc.weight": (4, 5), "head.weight": (2, 4), "extra": ()}
    fit = fit_tensors(MODEL, given)
    assert fit.matched == 1
    assert fit.rows == (
        TensorRow("body.fc.weight", OTHER_SHAPE, (4, 3), (4, 5)),
        TensorRow("body.fc.bias", MISSING, (4,), None),
        TensorRow("extra", UNEXPECTED, None, ()),
    )
    assert fit.of(MISSING) == fit.rows[1:2]


@pytest.mark.parametrize("wanted", [{}, MODEL])
def test_nothing_fits_nothing(wanted: dict[str, tuple[int, ...]]) -> None:
    fit = fit_tensors(wanted, {})
    assert fit.matched == 0
    assert [row.name for row in fit.rows] == list(wanted)


@pytest.mark.parametrize(
    ("names", "common"),
    [(["a.b", "a.c"], "a."), (["ab", "ac"], ""), (["a.b.c", "a.b.d"], "a.b."), ([], ""),
     (["net.w1", "net.w2"], "net.")],
)  # fmt: skip
def test_a_common_prefix_ends_with_a_dot(names: list[str], common: str) -> None:
    assert common_prefix(names) == common


def test_shapes_are_cells_of_a_table() -> None:
    assert [shape_of(shape) for shape in ((4, 3), (), None)] == ["[4, 3]", "[]", "-"]
