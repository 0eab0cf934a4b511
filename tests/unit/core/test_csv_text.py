import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.csv_text import csv_lines, safe_cell

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=6))
def test_what_is_written_is_read_back(rows):
    written = io.StringIO("".join(csv_lines(rows)), newline="")
    assert list(csv.reader(written)) == [[safe_cell(cell) for cell in row] for row in rows]


@given(TEXT)
def test_no_cell_begins_a_formula_unless_it_is_a_number(text):
    cell = safe_cell(text)
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        float(cell)


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2+3", "+cmd", "--1", "-1e5x", "\t=1"])
def test_formulas_become_text(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "+2.5", "-1e-05", "-.5", "1,000", "-inf"])
def test_numbers_stay_numbers(text):
    assert safe_cell(text) == text


def test_rows_end_as_the_standard_says():
    assert list(csv_lines([(1, 'a "b"'), (None, "c,d\ne")])) == [
        '1,"a ""b"""\r\n',
        ',"c,d\ne"\r\n',
    ]
