"""Healthy exports of networks on pictures."""

from __future__ import annotations

from dataclasses import replace

from tests.benchmarks.verdict_cases.workshop import BY_DYNAMO, Case, Exporting, Pair, Workshop


def convolutions_by_dynamo(w: Workshop) -> Pair:
    """A small classifier with batch normalisation, by the dynamo exporter."""
    return w.pair(w.net("vision.ConvNet"), {"image": w.normal(16, 3, 32, 32)}, BY_DYNAMO)


def convolutions_by_torchscript(w: Workshop) -> Pair:
    """The same kind of classifier, by the TorchScript exporter, with probabilities."""
    net = w.net("vision.ConvNet", final="softmax")
    return w.pair(net, {"image": w.normal(16, 3, 32, 32)}, Exporting(opset=13))


def convolutions_of_opset_9(w: Workshop) -> Pair:
    """The oldest opset that the TorchScript exporter writes sensibly."""
    net = w.net("vision.ConvNet", width=8, residual=False)
    return w.pair(net, {"image": w.normal(8, 3, 24, 24)}, Exporting(opset=9))


def convolutions_of_fixed_batch(w: Workshop) -> Pair:
    """A file that takes one picture at a time, and many pictures."""
    how = Exporting(symbols={}, example=1)
    return w.pair(w.net("vision.ConvNet"), {"image": w.normal(16, 3, 32, 32)}, how)


def convolutions_in_half(w: Workshop) -> Pair:
    """Weights and values in float16 on both sides."""
    net = w.net("vision.ConvNet", "float16")
    return w.pair(net, {"image": w.normal(16, 3, 32, 32).astype("float16")})


def unet_bilinear(w: Workshop) -> Pair:
    """Bilinear enlargement, half pixels."""
    return w.pair(w.net("vision.UNet"), {"image": w.normal(4, 3, 32, 32)}, BY_DYNAMO)


def unet_of_open_size(w: Workshop) -> Pair:
    """Pictures of any height and width, larger than in the example."""
    axes = {"image": {0: "batch", 2: "height", 3: "width"}}
    net = w.net("vision.UNet")
    return w.pair(net, {"image": w.normal(3, 3, 48, 64)}, Exporting(symbols=axes))


def unet_with_corners_aligned(w: Workshop) -> Pair:
    """Bilinear enlargement, corner on corner."""
    return w.pair(w.net("vision.UNet", align_corners=True), {"image": w.normal(4, 3, 32, 32)})


def unet_nearest(w: Workshop) -> Pair:
    """Enlargement by repeating pixels."""
    return w.pair(w.net("vision.UNet", mode="nearest"), {"image": w.normal(4, 3, 32, 32)})


def unet_bicubic_with_mirrored_edges(w: Workshop) -> Pair:
    """Bicubic enlargement, reflected borders in the convolutions."""
    net = w.net("vision.UNet", mode="bicubic", padding_mode="reflect")
    return w.pair(net, {"image": w.normal(4, 3, 32, 32)})


def unet_labels(w: Workshop) -> Pair:
    """A map of classes: whole numbers out of close scores."""
    return w.pair(w.net("vision.UNet", labels=True), {"image": w.normal(8, 3, 32, 32)})


def bilinear_to_odd_size(w: Workshop) -> Pair:
    """Interpolation by no whole factor."""
    return w.pair(w.net("vision.Resize"), {"image": w.normal(4, 3, 32, 32)}, BY_DYNAMO)


def nearest_by_half(w: Workshop) -> Pair:
    """Nearest pixels, half as many."""
    net = w.net("vision.Resize", mode="nearest", size=16)
    return w.pair(net, {"image": w.normal(4, 3, 32, 32)})


def detector_in_one_tensor(w: Workshop) -> Pair:
    """Coordinates from 0 to 640 beside scores from 0 to 1."""
    return w.pair(w.net("vision.Detector"), {"image": w.normal(8, 3, 64, 64)}, BY_DYNAMO)


def detector_in_two_tensors(w: Workshop) -> Pair:
    """Corners of boxes, and scores, as two outputs with names."""
    net = w.net("vision.Detector", apart=True, form="xyxy")
    how = Exporting(names=("boxes", "scores"))
    return w.pair(net, {"image": w.normal(8, 3, 64, 64)}, how)


def detector_in_half(w: Workshop) -> Pair:
    """Coordinates beside scores, in float16."""
    net = w.net("vision.Detector", "float16")
    return w.pair(net, {"image": w.normal(4, 3, 64, 64).astype("float16")})


def pools_at_edges(w: Workshop) -> Pair:
    """Average pooling that does not count the border, dilation, a transposed convolution."""
    return w.pair(w.net("vision.Pools"), {"image": w.normal(4, 3, 33, 35)})


def mirrored_border(w: Workshop) -> Pair:
    """A reflected border that is not the same on all sides."""
    net = w.net("vision.Padder", pads=(2, 1, 0, 3))
    return w.pair(net, {"image": w.normal(4, 3, 32, 32)})


def turned_grid(w: Workshop) -> Pair:
    """A picture looked at through a turned grid."""
    how = replace(BY_DYNAMO, opset=20)
    return w.pair(w.net("vision.Sampler"), {"image": w.normal(4, 3, 24, 24)}, how)


def photo_of_bytes(w: Workshop) -> Pair:
    """Bytes, made ready inside the model."""
    data = {"image": w.whole(0, 256, 8, 32, 32, 3, dtype="uint8")}
    return w.pair(w.net("vision.Photo"), data, BY_DYNAMO)


def super_resolution(w: Workshop) -> Pair:
    """Shuffled pixels, clamped to 0 to 255."""
    return w.pair(w.net("vision.Larger"), {"image": w.normal(4, 3, 24, 24)})


def super_resolution_of_bytes(w: Workshop) -> Pair:
    """The same, rounded to bytes: a rare value may round the other way."""
    return w.pair(w.net("vision.Larger", rounded=True), {"image": w.normal(4, 3, 48, 48)})


def several_normalisations(w: Workshop) -> Pair:
    """Instance, group and local response normalisation, and a standard deviation."""
    return w.pair(w.net("vision.Norms"), {"image": w.normal(4, 3, 24, 24)}, BY_DYNAMO)


def deep_and_growing(w: Workshop) -> Pair:
    """Thirty layers without normalisation: outputs of a hundred million."""
    return w.pair(w.net("vision.Deep"), {"image": w.normal(4, 3, 16, 16)})


CASES: tuple[Case, ...] = (
    convolutions_by_dynamo, convolutions_by_torchscript, convolutions_of_opset_9,
    convolutions_of_fixed_batch, convolutions_in_half, unet_bilinear, unet_of_open_size,
    unet_with_corners_aligned, unet_nearest, unet_bicubic_with_mirrored_edges, unet_labels,
    bilinear_to_odd_size, nearest_by_half, detector_in_one_tensor, detector_in_two_tensors,
    detector_in_half, pools_at_edges, mirrored_border, turned_grid, photo_of_bytes,
    super_resolution, super_resolution_of_bytes, several_normalisations, deep_and_growing,
)  # fmt: skip
