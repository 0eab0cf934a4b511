"""Regions between known values, against a walk of every path."""

from hypothesis import given
from hypothesis import strategies as st

from inspector.core.layer_graph import Wiring, topological, used_by
from inspector.core.model import Attribute, Graph, Node, Value


def node(kind, inputs, outputs, *attributes):
    return Node("", kind, "", tuple(inputs), tuple(outputs), tuple(attributes))


DIAMOND = (
    node("Conv", ["x", "w"], ["a"]),
    node("Relu", ["a"], ["b"]),
    node("Shape", ["a"], ["s"]),
    node("Reshape", ["b", "s"], ["c"]),
    node("Add", ["c", "a"], ["y"]),
)


def test_a_region_ends_at_known_values():
    wiring = Wiring(DIAMOND)
    assert wiring.region("y", {"a", "c"}) == ((4,), ("c", "a"))
    assert wiring.region("y", {"a"}) == ((1, 2, 3, 4), ("a",))
    assert wiring.region("y", {"y"}) == ((0, 1, 2, 3, 4), ())
    assert wiring.region("x", {"a"}) == ((), ())


def test_a_cut_holds_the_regions_of_all_that_is_wanted():
    assert Wiring(DIAMOND).cut(["b", "y"], {"a", "b"}) == ((1, 2, 3, 4), ("a", "b"))


def test_what_a_branch_takes_from_outside_is_taken_by_its_node():
    branch = Graph(
        "then", (), (Value("z", "float32", None),),
        (node("Add", ["outer", "own"], ["z"]), node("Relu", ["z"], ["own"])), (),
    )  # fmt: skip
    one = node("If", ["cond"], ["y"], Attribute("then_branch", "GRAPH", branch))
    assert used_by(one) == ("cond", "outer")
    wiring = Wiring((node("Relu", ["x"], ["outer"]), one))
    assert wiring.region("y", set()).nodes == (0, 1)
    assert wiring.takers["outer"] == [1]


def test_constants_and_what_follows_from_them_do_not_move():
    nodes = (
        node("Constant", [], ["k"]),
        node("Add", ["k", "w"], ["folded"]),
        node("Mul", ["x", "folded"], ["y"]),
        node("RandomNormal", [], ["noise"]),
    )
    assert Wiring(nodes).constant({"x"}) == {"k", "folded"}


def test_values_come_in_the_order_of_the_nodes():
    assert topological(DIAMOND, {"y": 0, "a": 0, "c": 0}) == ("a", "c", "y")


@given(st.lists(st.sets(st.integers(0, 9), max_size=3), min_size=1, max_size=10), st.sets(
    st.integers(0, 9)))  # fmt: skip
def test_a_region_computes_its_value_from_what_it_lists_and_from_the_inputs(takes, known):
    nodes = [
        node("Op", [f"v{j}" if j < i else "x" for j in sorted(one)] or ["x"], [f"v{i}"])
        for i, one in enumerate(takes)
    ]
    names = {f"v{i}" for i in known if i < len(nodes)}
    value = f"v{len(nodes) - 1}"
    region = Wiring(nodes).region(value, names)
    there = {"x", *region.inputs}
    for index in region.nodes:
        assert set(nodes[index].inputs) <= there
        there.update(nodes[index].outputs)
    assert value in there
    assert set(region.inputs) <= names - {value}
    for other in set(region.nodes) - {len(nodes) - 1}:
        assert f"v{other}" not in names
