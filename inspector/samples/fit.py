"""Whether one array fits one input of a model: sizes, the batch axis, the type of number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inspector.core.model import Shape, Value, is_compound
from inspector.samples.held import WrittenArray
from inspector.samples.stored import COMPOUND, SampleArray, dtype_name

AS_IS, WIDENED, NARROWED, UNFIT, MISSING = "as-is", "widened", "narrowed", "unfit", "missing"


_BATCH_NAMES = ("batch", "batch_size", "batchsize", "n_batch", "bs")


class Fit(NamedTuple):
    """How an array goes into an input.

    Attributes:
        status: As in `Bound`.
        axis: The axis that samples count along; -1 where every run gets the whole array.
        samples: Size along that axis; 0 where there is none.
        note: What happens, or why it cannot.
        hint: What to do where it cannot.
    """

    status: str
    axis: int
    samples: int
    note: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class BatchRule:
    """What counts as the batch axis of a model.

    Attributes:
        dynamic: True where the model takes any number of samples.
        symbol: Name of the dynamic batch dimension; empty where it has none.
        size: Samples per run where it is fixed; 0 where it is dynamic.
        lead: Number of the input that decides; -1 where no input has an axis.
    """

    dynamic: bool
    symbol: str
    size: int
    lead: int

    def axis_of(self, shape: Shape) -> int:
        """The batch axis that the model declares for a shape, -1 where it declares none."""
        if shape is None:
            return 0 if self.lead >= 0 else -1
        if self.dynamic and self.symbol and self.symbol in shape:
            return shape.index(self.symbol)
        if not shape:
            return -1
        fixed = isinstance(shape[0], int)
        if self.dynamic:
            return -1 if fixed else 0
        return 0 if shape[0] == self.size else -1


WHOLE = BatchRule(False, "", 0, -1)
"""Nothing is cut: what is given is what one run takes."""


def batch_rule(inputs: tuple[Value, ...]) -> BatchRule:
    """Find the batch axis.

    A dynamic dimension that is named for it, on whatever axis (sequence models have it second);
    else axis 0 of the first input whose axis 0 is open, else of the first.
    """
    for place, value in enumerate(inputs):
        for dim in value.shape or ():
            if isinstance(dim, str) and dim.lower() in _BATCH_NAMES:
                return BatchRule(True, dim, 0, place)
    for place, value in enumerate(inputs):
        if value.shape is None and not is_compound(value.dtype):
            return BatchRule(True, "", 0, place)
        if value.shape and not isinstance(value.shape[0], int):
            return BatchRule(True, value.shape[0] or "", 0, place)
    for place, value in enumerate(inputs):
        if value.shape and isinstance(value.shape[0], int) and value.shape[0] > 0:
            return BatchRule(False, "", value.shape[0], place)
    return BatchRule(False, "", 1, -1)


def fit(value: Value, array: SampleArray, rule: BatchRule, samples: int) -> Fit:
    """Hold one array against one input.

    Args:
        value: The input.
        array: The array.
        rule: The model's batch axis.
        samples: Samples that the deciding input has; 0 while that is not known.
    """
    status, note, hint = fit_dtype(value, array)
    if status == UNFIT:
        return Fit(UNFIT, -1, 0, note, hint)
    if is_compound(value.dtype):
        return Fit(status, -1, 0, note)
    if value.shape is None:
        axis = rule.axis_of(None) if array.shape else -1
        return Fit(status, axis, array.shape[0] if axis >= 0 else 0, note)
    if len(array.shape) != len(value.shape):
        return _wrong_rank(value, array, rule)
    axis = _axis(value, array, rule, samples)
    wrong = [
        place
        for place, (dim, size) in enumerate(zip(value.shape, array.shape, strict=True))
        if place != axis and isinstance(dim, int) and dim != size
    ]
    if wrong:
        return _wrong_size(value, array, wrong[0])
    return Fit(status, axis, array.shape[axis] if axis >= 0 else 0, note)


def _axis(value: Value, array: SampleArray, rule: BatchRule, samples: int) -> int:
    assert value.shape is not None
    axis = rule.axis_of(value.shape)
    if not rule.dynamic:
        fixed = [dim for dim in value.shape if isinstance(dim, int)]
        if axis < 0 and len(fixed) == len(value.shape):
            differ = [k for k, dim in enumerate(fixed) if dim != array.shape[k]]
            if len(differ) == 1 and fixed[differ[0]] == rule.size:
                return differ[0]
        return axis
    other = axis >= 0 and value.shape[axis] != (rule.symbol or None)
    if other and samples and array.shape[axis] != samples:
        return -1  # another open dimension, such as the number of boxes: not split
    return axis


def _wrong_rank(value: Value, array: SampleArray, rule: BatchRule) -> Fit:
    assert value.shape is not None
    takes, has = len(value.shape), len(array.shape)
    note = (
        f"'{value.name}' takes {count(takes, 'dimension')} {shape_text(value.shape)}, "
        f"and the array '{array.name}' has {count(has, 'dimension')} {shape_text(array.shape)}."
    )
    hint = "Save the array with the sizes that the model takes."
    if has == takes - 1 and rule.axis_of(value.shape) == 0 and fits(value.shape[1:], array.shape):
        hint = (
            "It looks like a single sample without a batch axis: "
            "save it with one more axis in front, array[None]."
        )
    elif has == takes + 1 and fits(value.shape, array.shape[1:]):
        merged = (array.shape[0] * array.shape[1], *array.shape[2:]) if takes else (1,)
        hint = f"It has one axis too many: save it as array.reshape{merged}."
        if not takes:
            hint = "The model takes a single number: save one number, not a list of them."
    return Fit(UNFIT, -1, 0, note, hint)


def _wrong_size(value: Value, array: SampleArray, axis: int) -> Fit:
    assert value.shape is not None
    note = (
        f"'{value.name}' takes size {value.shape[axis]} along axis {axis}, and the array "
        f"'{array.name}' has {array.shape[axis]}: {shape_text(value.shape)} against "
        f"{shape_text(array.shape)}."
    )
    hint = f"Use data of shape {shape_text(value.shape)}, or another array for this input."
    swapped = _channels_last(value.shape, array.shape)
    if swapped:
        hint = f"The axes seem to be in another order: try array.transpose{swapped}."
    return Fit(UNFIT, -1, 0, note, hint)


def _channels_last(shape: tuple[object, ...], sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The transposition that turns height x width x channels into what the model takes."""
    if len(shape) != 4:
        return ()
    for order in ((0, 3, 1, 2), (0, 2, 3, 1)):
        if fits(shape[1:], tuple(sizes[k] for k in order[1:])):
            return order
    return ()


def fits(shape: tuple[object, ...], sizes: tuple[int, ...]) -> bool:
    """Whether sizes agree with a shape wherever that is fixed."""
    pairs = zip(shape, sizes, strict=False)
    return len(shape) == len(sizes) and all(
        dim == size or not isinstance(dim, int) for dim, size in pairs
    )


def fit_dtype(value: Value, array: SampleArray) -> tuple[str, str, str]:
    """Status, note and hint for the type of number alone."""
    wanted, given = value.dtype, dtype_name(array.dtype)
    if wanted in ("", given):
        return AS_IS, "", ""
    unfit = f"'{value.name}' takes {wanted}, and the array '{array.name}' holds {given}."
    if given == COMPOUND or is_compound(wanted):
        # An optional, and a list of one, may also come as the tensor that it holds.
        fitting = is_compound(wanted) and (given == COMPOUND or not wanted.startswith("map("))
        return (AS_IS, "", "") if fitting else (UNFIT, unfit, f"Use data of type {wanted}.")
    if wanted == "bfloat16" and array.dtype.kind == "f":
        return NARROWED, f"{given} is rounded to bfloat16.", ""
    try:
        target = np.dtype(wanted)
    except TypeError:
        return UNFIT, unfit, f"Use data of type {wanted}."
    if isinstance(array, WrittenArray) and array.can_be(target):
        return AS_IS, f"Read from text as {wanted}.", ""
    if array.dtype.kind == "U" or target.kind in "UO":
        return UNFIT, unfit, f"Use data of type {wanted}."
    if np.can_cast(array.dtype, target, "safe"):
        return WIDENED, f"{given} becomes {wanted}; every value stays exactly the same.", ""
    if np.can_cast(array.dtype, target, "same_kind") or array.dtype.kind == target.kind:
        return NARROWED, f"{given} becomes {wanted}; {_loss(array.dtype, target)}", ""
    if array.dtype.kind in "iu" and target.kind in "iu":
        return NARROWED, f"{given} becomes {wanted}; {_loss(array.dtype, target)}", ""
    return UNFIT, unfit, f"Save it as {wanted}, for example array.astype('{wanted}')."


def _loss(given: np.dtype[np.generic], wanted: np.dtype[np.generic]) -> str:
    if wanted.kind in "iu":
        return "values outside its range stop the run."
    return "values are rounded."


def shape_text(shape: tuple[object, ...]) -> str:
    """Sizes as people read them: `[batch, 3, 224, 224]`."""
    return "[" + ", ".join("?" if dim is None else str(dim) for dim in shape) + "]"


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 dimension`, `1,000 samples`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
