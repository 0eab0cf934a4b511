"""Which node is which: pairs are one to one, and found in any graph."""

import time

from hypothesis import given
from hypothesis import strategies as st

from inspector.core.model import Node
from inspector.core.pairing import pair_nodes

NAMES = st.sampled_from(["", "a", "b", "c"])
NODES = st.lists(
    st.builds(
        lambda name, op, inputs, outputs: Node(name, op, "", tuple(inputs), tuple(outputs), ()),
        NAMES,
        st.sampled_from(["Add", "Mul", "Relu"]),
        st.lists(NAMES, max_size=3),
        st.lists(NAMES, max_size=2),
    ),
    max_size=12,
)


@given(NODES, NODES)
def test_pairs_are_one_to_one(first, second):
    pairs = pair_nodes(first, second)
    assert len(set(pairs.values())) == len(pairs)
    assert all(0 <= i < len(first) and 0 <= j < len(second) for i, j in pairs.items())


@given(NODES)
def test_a_graph_is_paired_with_itself_wholly(nodes):
    pairs = pair_nodes(nodes, nodes)
    assert len(pairs) == len(nodes)
    assert all(nodes[i].op_type == nodes[j].op_type for i, j in pairs.items())


def chain(prefix, count, skip=-1):
    ops = ("Conv", "Relu", "Add")
    return [
        Node("", ops[i % 3], "", (f"{prefix}{i - 1}",), (f"{prefix}{i}",), ())
        for i in range(count)
        if i != skip
    ]


def test_a_long_chain_without_names_is_paired_in_order():
    pairs = pair_nodes(chain("a", 900), chain("b", 900))
    assert pairs == {i: i for i in range(900)}


def test_forty_thousand_nodes_take_a_moment():
    began = time.perf_counter()
    pairs = pair_nodes(chain("a", 40_000), chain("b", 40_000, skip=20_000))
    assert len(pairs) == 39_999
    assert time.perf_counter() - began < 10.0
