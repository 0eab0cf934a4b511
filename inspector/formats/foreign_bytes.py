"""Kinds of file that their first bytes tell: models of other programs, archives, data."""

from __future__ import annotations

import re

from inspector.formats.foreign_kind import (
    AGAIN,
    AS_DATA,
    NO_MODEL,
    OTHER,
    TF2ONNX,
    UNPACK,
    Foreign,
    magic,
    member,
    named,
)
from inspector.formats.sniff import (
    Head,
    is_npy,
    is_npz,
    is_onnx_start,
    is_picture,
    is_sound,
    is_tensor_proto,
    is_torch_tar,
    is_zip,
    protobuf_fields,
)

_TABLE_END = bytes.fromhex("57fb808b247547db")
"""Last bytes of a LevelDB table, which TensorFlow uses as the index of a checkpoint."""


def _is_lfs_pointer(head: Head) -> bool:
    return head.data.startswith(b"version https://git-lfs.github.com/spec/")


def _is_web_page(head: Head) -> bool:
    start = head.data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _is_zeros(head: Head) -> bool:
    return not head.data.strip(b"\0")


def _is_tar(head: Head) -> bool:
    return head.data[257:262] == b"ustar" and not is_torch_tar(head)


def _is_part(head: Head) -> bool:
    return head.path.suffix == ".distcp" and is_zip(head)


def _is_table_file(head: Head) -> bool:
    if not head.path.name.endswith(".index"):
        return False
    with head.path.open("rb") as file:
        file.seek(max(head.size - len(_TABLE_END), 0))
        return file.read() == _TABLE_END


def _is_openvino_weights(head: Head) -> bool:
    """They have no mark of their own: the graph of the same name lies beside them."""
    return head.path.suffix == ".bin" and head.path.with_suffix(".xml").is_file()


def _is_zlib(head: Head) -> bool:
    return head.data[:1] == b"\x78" and head.data[1:2] in (b"\x01", b"\x5e", b"\x9c", b"\xda")


_FOUND: tuple[Foreign, ...] = (
    Foreign(
        lambda head: head.size == 0,
        "{name} is empty: it holds 0 bytes.",
        "Download or export it again.",
    ),
    Foreign(
        _is_zeros,
        "{name} begins with zeros only, which no model file does.",
        "Copy or download it again.",
    ),
    Foreign(
        _is_lfs_pointer,
        "{name} is a git-lfs pointer: a note of a few lines in place of the model.",
        "Fetch the real file with 'git lfs pull' in its repository, then open it again.",
    ),
    Foreign(
        _is_web_page,
        "{name} is a web page, not a model.",
        "The download led to a page, often a log-in or a notice; download the file itself.",
    ),
    Foreign(is_npy, "{name} is a numpy array: sample data, not a model.", AS_DATA),
    Foreign(is_npz, "{name} holds numpy arrays: sample data, not a model.", AS_DATA),
    Foreign(is_sound, "{name} is a sound: sample data, not a model.", AS_DATA),
    Foreign(is_picture, "{name} is a picture: sample data, not a model.", AS_DATA),
)

_MODELS: tuple[Foreign, ...] = (
    Foreign(
        magic(b"TFL3", at=4),
        "{name} is a TensorFlow Lite model, which is not read here.",
        "Open the model that it was made from, or convert it to ONNX with tf2onnx --tflite.",
    ),
    Foreign(
        magic(b"ORTM", at=4),
        "{name} is a model in ONNX Runtime's own format, which is not read here.",
        "Open the .onnx file that it was made from.",
    ),
    Foreign(
        lambda head: re.match(rb"ET\d\d", head.data[4:8]) is not None,
        "{name} is an ExecuTorch program, which is not read here.",
        "Open the PyTorch module or the exported program (.pt2) that it was made from.",
    ),
    Foreign(
        magic(b"\x89HDF\r\n"),
        "{name} is an HDF5 file, as Keras writes it, which is not read here.",
        TF2ONNX,
    ),
    Foreign(
        magic(b"lmgg", b"fmgg", b"tjgg", b"algg", b"ggml", b"ggjt"),
        "{name} is a GGML model, an older form of GGUF, which is not read here.",
        OTHER,
    ),
    Foreign(magic(b"7767517"), "{name} is an ncnn model, which is not read here.", OTHER),
    Foreign(
        magic(b"ptrt", b"ftrt"),
        "{name} is a TensorRT engine: native code for one kind of graphics card.",
        "It cannot be turned back: open the ONNX file that it was built from.",
    ),
    Foreign(
        lambda head: named(".engine", ".plan", ".trt")(head) and not is_zip(head),
        "{name} is named like a TensorRT engine: native code for one kind of graphics card.",
        "It cannot be turned back: open the ONNX file that it was built from.",
    ),
    Foreign(magic(b"RKNN"), "{name} is a model for Rockchip processors.", OTHER),
    Foreign(magic(b"ML\xefR"), "{name} is a program of MLIR, such as StableHLO.", OTHER),
    Foreign(
        magic(b"\x12\x01\0\0\0\0\0\0"),
        "{name} holds the weights of an MXNet model, which is not read here.",
        "Export the model to ONNX with MXNet, and open the .onnx file.",
    ),
    Foreign(
        lambda head: _is_openvino_weights(head) and not is_zip(head),
        "{name} holds the weights of an OpenVINO model, which is not read here.",
        OTHER,
    ),
    Foreign(
        named(".pdmodel", ".pdiparams", ".pdparams"),
        "{name} is a part of a PaddlePaddle model, which is not read here.",
        "Convert the model to ONNX with paddle2onnx, and open the .onnx file.",
    ),
    Foreign(
        magic(b"CBM1"),
        "{name} is a CatBoost model, which is not read here.",
        "Save it with model.save_model(..., format='onnx'), and open that.",
    ),
    Foreign(
        lambda head: (
            _is_table_file(head) or re.search(r"\.data-\d{5}-of-\d{5}$", head.path.name) is not None
        ),
        "{name} is a part of a TensorFlow checkpoint, which is not read here.",
        TF2ONNX,
    ),
    Foreign(
        _is_part,
        "{name} is a part of a distributed PyTorch checkpoint.",
        "Open the folder that it lies in.",
    ),
)

_ARCHIVES: tuple[Foreign, ...] = (
    Foreign(
        _is_tar,
        "{name} is a tar archive, and none that PyTorch wrote.",
        "Unpack it, then open the model that is in it.",
    ),
    Foreign(magic(b"\x1f\x8b"), "{name} is compressed with gzip.", UNPACK),
    Foreign(magic(b"BZh"), "{name} is compressed with bzip2.", UNPACK),
    Foreign(magic(b"\xfd7zXZ", b"\x5d\0\0"), "{name} is compressed with xz.", UNPACK),
    Foreign(magic(b"\x28\xb5\x2f\xfd"), "{name} is compressed with Zstandard.", UNPACK),
    Foreign(magic(b"\x04\x22\x4d\x18"), "{name} is compressed with LZ4.", UNPACK),
    Foreign(magic(b"7z\xbc\xaf"), "{name} is a 7-Zip archive.", UNPACK),
    Foreign(magic(b"Rar!"), "{name} is a RAR archive.", UNPACK),
    Foreign(
        _is_zlib,
        "{name} is compressed with zlib, as joblib writes pickles.",
        "Load it with joblib in the program that wrote it, and save the model as ONNX, for "
        "example with skl2onnx.",
    ),
    Foreign(
        member(r"^(config|metadata)\.json$|model\.weights\.h5"),
        "{name} is a Keras model, which is not read here.",
        TF2ONNX,
    ),
    Foreign(member(r"^MAR-INF/"), "{name} is an archive for TorchServe.", UNPACK),
    Foreign(
        member(r"\.mlpackage/|^Manifest\.json$|com\.apple\.CoreML"),
        "{name} is a packed Core ML model, which is not read here.",
        OTHER,
    ),
    Foreign(
        member(r"(^|/)(saved_model\.pb|variables/)"),
        "{name} is a packed TensorFlow SavedModel, which is not read here.",
        TF2ONNX,
    ),
    Foreign(
        member(r"^(\[Content_Types\]\.xml|_rels/|word/|xl/|META-INF/|mimetype)|\.dist-info/"),
        "{name} is a document or a program package, not a model.",
        NO_MODEL,
    ),
    Foreign(
        member(r"\.(onnx|pth?|ckpt|safetensors|bin|gguf|h5)$"),
        "{name} is an archive of files.",
        UNPACK,
    ),
)

_OTHERS: tuple[Foreign, ...] = (
    Foreign(magic(b"%PDF"), "{name} is a PDF document, not a model.", NO_MODEL),
    Foreign(
        magic(
            b"\x7fELF",
            b"MZ",
            b"\xcf\xfa\xed\xfe",
            b"\xce\xfa\xed\xfe",
            b"\xca\xfe\xba\xbe",
            b"\0asm",
        ),
        "{name} is a program or a library, not a model.",
        "A model that was compiled to native code cannot be turned back: open what it was made "
        "from.",
    ),
    Foreign(magic(b"SQLite format 3"), "{name} is a database, not a model.", NO_MODEL),
    Foreign(
        magic(b"PAR1", b"ARROW1"),
        "{name} is a table of data in the Parquet or Arrow form, not a model.",
        "Save its columns as .npz or .csv to use them as sample data.",
    ),
    Foreign(
        magic(b"ID3", b"fLaC", b"OggS"),
        "{name} is a sound file, not a model.",
        "Save it as .wav to use it as sample data.",
    ),
    Foreign(
        lambda head: head.data[4:8] == b"ftyp" or head.data[:4] == b"\x1aE\xdf\xa3",
        "{name} is a film, not a model.",
        "Save its frames as pictures or as .npz to use them as sample data.",
    ),
)

BYTES: tuple[Foreign, ...] = (*_FOUND, *_MODELS, *_ARCHIVES, *_OTHERS)
"""What is told apart before any format is tried."""


def _is_saved_model(head: Head) -> bool:
    return head.data[:1] == b"\x08" and protobuf_fields(head) == {1, 2}


def _is_graph_def(head: Head) -> bool:
    """A TensorFlow graph: nodes as field 1, in each a name and an operator."""
    known = re.search(rb"\x12.(Const|Placeholder|NoOp|VarHandleOp|Identity)", head.data, re.DOTALL)
    return head.data[:1] == b"\x0a" and known is not None and protobuf_fields(head) <= {1, 2, 3, 4}


def _is_core_ml(head: Head) -> bool:
    return head.data[:1] == b"\x08" and max(protobuf_fields(head), default=0) >= 200


def _is_caffe(head: Head) -> bool:
    return head.data[:1] == b"\x0a" and 100 in protobuf_fields(head)


PROTOBUFS: tuple[Foreign, ...] = (
    Foreign(is_onnx_start, "{name} is cut short: it ends before the model does.", AGAIN),
    Foreign(is_tensor_proto, "{name} is a single tensor: sample data, not a model.", AS_DATA),
    Foreign(
        _is_saved_model,
        "{name} is a TensorFlow SavedModel, which is not read here.",
        TF2ONNX,
    ),
    Foreign(
        _is_graph_def,
        "{name} is a frozen TensorFlow graph, which is not read here.",
        TF2ONNX,
    ),
    Foreign(_is_core_ml, "{name} is a Core ML model, which is not read here.", OTHER),
    Foreign(_is_caffe, "{name} is a Caffe model, which is not read here.", OTHER),
)
"""What is told apart by the fields of a protobuf message, once no format has claimed the file."""
