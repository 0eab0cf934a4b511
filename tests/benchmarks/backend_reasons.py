"""Why a backend case does not simply agree, for each that does not."""

from __future__ import annotations

import re

_BOTH_NAN = (
    "its recorded outputs hold NaN where they should, and ONNX Runtime gives NaN there too; "
    "NaN on both sides is for a person by the rule of the verdict"
)
_EMPTY = "its output has no elements, as recorded, so that there is nothing to compare"
_DRAWN = (
    "dropout draws random numbers: the recorded ones come from numpy's generator with this seed, "
    "ONNX Runtime's from its own"
)

REASONS: tuple[tuple[str, str], ...] = (
    (r"test_training_dropout.*", _DRAWN),
    (r"test_bernoulli.*", "it draws random numbers, which no two generators draw alike"),
    (
        r"test_attention_4d_with_past_and_present_qk_matmul_bias_[34]d_mask_causal.*",
        "masked scores are minus infinity in the recording; ONNX Runtime writes the lowest float32 "
        "there, which gives the same attention",
    ),
    (
        r"test_averagepool_2d_ceil_last_window_starts_on_pad",
        "its recorded outputs are rounded to four digits",
    ),
    (
        r"test_maxunpool_export_with_output_shape",
        "the recording takes the indices as places in the 4 x 4 output that there would be without "
        "output_shape, ONNX Runtime as places in the 5 x 5 output that there is",
    ),
    (
        r"test_resize_downsample_scales_(cubic|linear)_align_corners",
        "align_corners with scales: the recording takes the size before rounding for the scale, "
        "ONNX Runtime the size of the output",
    ),
    (r"test_castlike_.*|test_cast_.*", _BOTH_NAN),
    (r"test_operator_(sqrt|pow)", _BOTH_NAN + " (roots and powers of negative numbers)"),
    (
        r"test_(constantofshape_int_shape_zero|reduce_sum_empty_set_non_reduced_axis_zero|"
        r"regex_full_match_empty|reshape_allowzero_reordered|shape_start_greater_than_end|"
        r"slice_start_out_of_bounds|split_zero_size_splits_opset1[38]|string_split_empty_tensor|"
        r"tri[lu]_zero)",
        _EMPTY,
    ),
    (
        r"test_(gru|lstm|simple_rnn)_batchwise",
        "ONNX Runtime has no recurrent layers with layout 1, the batch first",
    ),
    (
        r"test_(strnormalizer_|strnorm_model_).*",
        "ONNX Runtime asks the system for the locale en_US.UTF-8, which is not installed here",
    ),
    (
        r"test_attention.*_(local|bidirectional)_window.*",
        "ONNX Runtime's Attention lacks the attribute left_window_size, which the onnx package's "
        "has",
    ),
    (
        r"test_convinteger_with_padding",
        "ONNX Runtime takes only one zero point for all of the filters",
    ),
    (
        r"test_reduce_max_empty_set.*",
        "ONNX Runtime has no largest value of an empty set of truth values",
    ),
    (
        r"test_attention_4d_diff_heads_mask4d_padded_kv",
        "the mask is shorter than the keys, which ONNX Runtime refuses",
    ),
    (
        r"test_causal_conv_with_state_kernel_size_one_expanded",
        "one of its outputs, the state of a kernel of size one, has no elements",
    ),
)
"""Pattern of a case's name to the reason, the first that fits."""


def reason_for(name: str) -> str:
    """Why a case does not simply agree; empty where nobody knows."""
    return next((why for pattern, why in REASONS if re.fullmatch(pattern, name)), "")
