"""Sizes that do not add up, and sizes that nobody means."""

import pytest

from inspector.core.findings import check_model
from inspector.core.model import (
    Attribute,
    Graph,
    Model,
    Node,
    OpsetImport,
    Payload,
    Tensor,
    Value,
)
from inspector.core.size_rules import bits_of, stored_bytes


def model(*nodes, initializers=()):
    values = (Value("x", "float32", (4,)),), (Value("y", "float32", (4,)),)
    graph = Graph("g", *values, nodes, tuple(initializers))
    imports = (OpsetImport("ai.onnx", 18),)
    return Model("m.onnx", 9, 8, "tests", "1", "", 0, "", imports, (), graph, (), ())


def node(op_type, *inputs, **attributes):
    stated = tuple(Attribute(name, "", value) for name, value in attributes.items())
    return Node(f"my_{op_type}", op_type, "", inputs, ("y",), stated)


def shape(*sizes):
    return Tensor("s", "int64", (len(sizes),), 8 * len(sizes), None, sizes)


def found(one, rule):
    return [finding for finding in check_model(one) if finding.rule == rule]


@pytest.mark.parametrize(
    ("dtype", "bits"),
    [("float32", 32), ("bfloat16", 16), ("float8e4m3fn", 8), ("float4e2m1", 4), ("uint2", 2),
     ("int4", 4), ("float6e2m3", 6), ("complex128", 128), ("bool", 8), ("string", 0), ("", 0)],
)  # fmt: skip
def test_a_type_takes_the_bits_in_its_name(dtype, bits):
    assert bits_of(dtype) == bits


def test_astronomic_sizes_do_not_overflow():
    assert stored_bytes("float32", (2**62, 2**62)) == 2**126
    assert stored_bytes("int4", (3,)) == 2
    assert stored_bytes("float32", (-1, 5)) == 0


@pytest.mark.parametrize(("length", "count"), [(16, 0), (15, 1), (17, 1), (0, 1)])
def test_a_tensor_with_other_bytes_than_its_shape_takes_is_remarked(length, count):
    tensor = Tensor("w", "float32", (4,), length, Payload("", 100, length))
    remarks = found(model(node("Relu", "x"), initializers=[tensor]), "wrong-sizes")
    assert len(remarks) == count
    if count:
        assert remarks[0].severity == "must"
        assert f"has {length} bytes where its shape and type take 16" in remarks[0].sentence
        assert remarks[0].where == ("w",)


def test_constants_are_looked_at_too():
    value = Tensor("c", "float32", (4,), 8, Payload("w.bin", 0, 8))
    one = model(node("Constant", value=value))
    assert [remark.where for remark in found(one, "wrong-sizes")] == [("c",)]


def test_tensors_in_typed_fields_and_small_ones_are_left_alone():
    typed = Tensor("w", "float32", (4,), 99, Payload("", 0, 99, message=True))
    assert found(model(initializers=[typed, shape(1, 2)]), "wrong-sizes") == []


@pytest.mark.parametrize(
    ("one", "size"),
    [
        (model(node("ConstantOfShape", "s"), initializers=[shape(40000, 40000)]), 6_400_000_000),
        (model(node("Expand", "x", "s"), initializers=[shape(2**40)]), 2**42),
        (model(node("RandomNormal", shape=(2**20, 2**20))), 2**42),
        (
            model(
                node("ConstantOfShape", "s", value=Tensor("", "float64", (1,), 8)),
                initializers=[shape(40000, 20000)],
            ),
            6_400_000_000,
        ),
    ],
    ids=["ConstantOfShape", "Expand", "RandomNormal", "float64"],
)
def test_a_node_that_asks_for_gigabytes_is_remarked(one, size):
    (remark,) = found(one, "huge-tensors")
    assert f"makes a tensor of {size:,} bytes" in remark.sentence


def test_sizes_that_are_usual_or_not_known_are_not_remarked():
    usual = model(node("ConstantOfShape", "s"), initializers=[shape(64, 64)])
    assert found(usual, "huge-tensors") == []
    assert found(model(node("ConstantOfShape", "x")), "huge-tensors") == []
