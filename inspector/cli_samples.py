"""Options of `compare` about sample data: kinds of generated values, pictures, padding."""

from __future__ import annotations

import argparse

from inspector.core.failures import InspectorError
from inspector.core.image_settings import ImageSettings, parse_image_settings
from inspector.core.kinds import parse_kind
from inspector.core.layout import parse_layout

DEFAULT_COUNT = 16
"""Random samples where only their kind was said."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--kind", type=_kind, action="append", default=[], metavar="[INPUT=]KIND",
        help="how random values are drawn: normal(mean,deviation), uniform(low,high), "
        "integers(low,high), mask(share), zeros, ones, or edges: zeros, ones, the largest, the "
        "smallest, tiny and huge values, with edges(nan,inf) also those",
    )  # fmt: skip
    parser.add_argument(
        "--images", type=parse_image_settings, default=ImageSettings(), metavar="SETTINGS",
        help="how pictures become numbers: plain, bytes, imagenet, or settings such as "
        "'resize=256,crop=224,scale=1/255,mean=0.5,std=0.5,order=BGR,layout=NHWC'",
    )  # fmt: skip
    parser.add_argument(
        "--pair-output", type=_outputs, action="append", default=[], metavar="REF=CAND",
        help="hold an output of the reference against this one of the candidate",
    )  # fmt: skip
    parser.add_argument(
        "--layout", type=parse_layout, action="append", default=[], metavar="NAME=ORDER",
        help="the candidate takes or gives this input or output in another order of axes: NHWC, "
        "NCHW, NLC, or '0,3,1,2'; for the reference 'reference:NAME=ORDER'",
    )  # fmt: skip
    parser.add_argument(
        "--pad", type=_whole, default=None, metavar="N",
        help="fill shorter lines of a .txt file with this number",
    )  # fmt: skip


def random_count(options: argparse.Namespace) -> int:
    """Number of random samples: as asked for, else what the kinds need.

    Raises:
        InspectorError: Kinds were asked for together with files.
    """
    count: int = options.random
    if not options.kind or count:
        return count
    if options.data:
        raise InspectorError(
            "--kind is for random data, and --data gives files.", "Leave one of the two out."
        )
    cases = max(len(parse_kind(text).cases) for _, text in options.kind)
    return cases or DEFAULT_COUNT


def require_plain_layout(options: argparse.Namespace) -> None:
    """Refuse another order of axes together with what is not prepared for it.

    Raises:
        InspectorError: Layers or execution providers were asked for too.
    """
    if options.layout and (options.layers or options.providers):
        raise InspectorError(
            "--layout does not go together with --layers or --providers.",
            "Compare with the layout first, then look further without it.",
        )


def _kind(text: str) -> tuple[str, str]:
    name, _, kind = text.rpartition("=")
    parse_kind(kind)
    return name.strip(), kind.strip()


def _outputs(text: str) -> tuple[str, str]:
    reference, equals, candidate = text.partition("=")
    if not (reference and equals and candidate):
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form REF=CAND")
    return reference, candidate


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number") from error
