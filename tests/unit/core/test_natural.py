import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inspector.core.natural import natural_key


def test_numbers_in_names_are_ordered_as_numbers():
    names = ["layer10.w", "layer2.w", "Layer1.w", "layer2", "10", "9", "a", ""]
    expected = ["", "9", "10", "a", "Layer1.w", "layer2", "layer2.w", "layer10.w"]
    assert sorted(names, key=natural_key) == expected


def slow_key(text):
    """Its parts, one after the other."""
    parts = []
    for words, digits in re.findall(r"([^0-9]*)([0-9]*)", text.lower()):
        number = digits.lstrip("0")
        parts.append((words, len(number) if digits else -1, number))
    return parts


@given(st.lists(st.text(alphabet="aB\x01 0129.\u0663\U0001f600", max_size=12)))
def test_the_order_is_that_of_the_parts(names):
    ordered = sorted(names, key=natural_key)
    assert [slow_key(name) for name in ordered] == sorted(map(slow_key, names))


@given(st.lists(st.text(alphabet="a0123456789.\u0663", max_size=30)))
def test_any_names_can_be_ordered(names):
    keys = [natural_key(name) for name in sorted(names, key=natural_key)]
    assert all(first <= second for first, second in pairwise(keys))


def test_a_number_of_ten_thousand_digits_is_no_trouble():
    assert natural_key("9" * 10_000) < natural_key("1" + "0" * 10_000)
