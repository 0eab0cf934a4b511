"""All cases, and the few that are quick enough for the ordinary suite."""

from __future__ import annotations

from tests.benchmarks.verdict_cases import (
    corpus,
    defects_modes,
    defects_operators,
    defects_outputs,
    defects_weights,
    healthy_files,
    healthy_sequence,
    healthy_values,
    healthy_vision,
    held_out,
    redteam,
)
from tests.benchmarks.verdict_cases.workshop import Case

HEALTHY: tuple[Case, ...] = (
    *healthy_vision.CASES,
    *healthy_sequence.CASES,
    *healthy_values.CASES,
    *healthy_files.CASES,
    *corpus.HEALTHY,
    *held_out.HEALTHY,
    *redteam.HEALTHY,
)
DEFECTS: tuple[Case, ...] = (
    *defects_weights.CASES,
    *defects_operators.CASES,
    *defects_outputs.CASES,
    *defects_modes.CASES,
    *corpus.DEFECTS,
    *held_out.DEFECTS,
    *redteam.DEFECTS,
)

QUICK = (
    "convolutions_by_torchscript", "convolutions_in_half", "detector_in_two_tensors",
    "delicate_normalisation", "best_five_with_ties", "masks_of_infinity", "large_ids", "digits",
    "weights_in_half_in_a_transformer", "classes_swapped", "one_of_many_outputs",
    "infinity_of_the_other_sign", "all_not_a_number", "smallest_channel_scaled",
    "large_ids_off_by_one", "outputs_in_another_order", "dropout_still_active",
    "number_of_samples_baked",
)  # fmt: skip
"""Cases of every kind that take a tenth of a second each."""
