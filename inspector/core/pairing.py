"""Which node of one graph is which node of another: by name, by output, by place."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence

from inspector.core.model import Node

_ROUNDS = 3
"""How far around a node is looked, in steps along its inputs and outputs."""

_LONGEST = 2_000
"""Nodes that are compared as sequences; the time grows with the square."""


def pair_nodes(first: Sequence[Node], second: Sequence[Node]) -> dict[int, int]:
    """Positions of nodes of `first` to those of the same nodes in `second`.

    Nodes are the same that have a name of their own and the op type in common; then those that
    make a value of the same name; then those whose op types agree some steps around, in their
    order; then those that stand at the same place in the sequence of the rest; at last those of one
    name whatever their op types.
    """
    pairs: dict[int, int] = {}
    left, right = set(range(len(first))), set(range(len(second)))

    def take(found: Iterable[tuple[int, int]]) -> None:
        for one, other in found:
            if one in left and other in right:
                pairs[one] = other
                left.discard(one)
                right.discard(other)

    take(_unique([_name(node) for node in first], [_name(node) for node in second]))
    take(_unique([_output(node) for node in first], [_output(node) for node in second]))
    sides = _surroundings(first), _surroundings(second)
    for level in range(_ROUNDS, 0, -1):
        take(_in_order(sides[0][level], sides[1][level], left, right))
    take(_as_sequences(first, second, left, right))
    take(_unique([node.name or None for node in first], [node.name or None for node in second]))
    return pairs


def _name(node: Node) -> Hashable:
    return (node.name, node.op_type, node.domain) if node.name else None


def _output(node: Node) -> Hashable:
    return (node.outputs[0], node.op_type, node.domain) if node.outputs else None


def _unique(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of keys that occur once on each side."""
    counts = Counter(first), Counter(second)
    places = {key: index for index, key in enumerate(second)}
    return [
        (index, places[key])
        for index, key in enumerate(first)
        if key is not None and counts[0][key] == counts[1][key] == 1
    ]


def _surroundings(nodes: Sequence[Node]) -> list[list[int]]:
    """By round, a number per node that tells its op type and those around it."""
    makers = {name: index for index, node in enumerate(nodes) for name in node.outputs if name}
    users: dict[int, list[int]] = defaultdict(list)
    for index, node in enumerate(nodes):
        for name in node.inputs:
            if name in makers:
                users[makers[name]].append(index)
    keys = [hash((node.domain, node.op_type, len(node.inputs))) for node in nodes]
    found = [keys]
    for _ in range(_ROUNDS):
        before = found[-1]
        found.append(
            [
                hash(
                    (
                        before[index],
                        tuple(before[makers[n]] if n in makers else 0 for n in node.inputs),
                        tuple(sorted(before[user] for user in users[index])),
                    )
                )
                for index, node in enumerate(nodes)
            ]
        )
    return found


def _in_order(
    first: Sequence[int], second: Sequence[int], left: set[int], right: set[int]
) -> list[tuple[int, int]]:
    """Pairs of equal keys where both sides have as many of them left."""
    groups: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for index in sorted(left):
        groups[first[index]][0].append(index)
    for index in sorted(right):
        groups[second[index]][1].append(index)
    return [
        pair
        for ones, others in groups.values()
        if len(ones) == len(others)
        for pair in zip(ones, others, strict=True)
    ]


def _as_sequences(
    first: Sequence[Node], second: Sequence[Node], left: set[int], right: set[int]
) -> list[tuple[int, int]]:
    """Pairs along the sequence of op types: equal ends first, then the longest equal runs."""
    ones, others = sorted(left), sorted(right)
    kinds = [first[one].op_type for one in ones], [second[other].op_type for other in others]
    most = min(len(ones), len(others))
    head = next((at for at in range(most) if kinds[0][at] != kinds[1][at]), most)
    rest = range(1, most - head + 1)
    tail = next((at for at in rest if kinds[0][-at] != kinds[1][-at]), most - head + 1) - 1
    ends = [(at, at) for at in range(head)]
    ends += [(len(ones) - at, len(others) - at) for at in range(1, tail + 1)]
    inner = [side[head : len(side) - tail][:_LONGEST] for side in kinds]
    matcher = difflib.SequenceMatcher(None, inner[0], inner[1], autojunk=False)
    runs = [
        (head + block.a + step, head + block.b + step)
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    ]
    return [(ones[one], others[other]) for one, other in (*ends, *runs)]
