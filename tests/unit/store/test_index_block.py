"""tracer.store.index_block"""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from tracer.store.index_block import Columns, Page

NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(0, (1 << 31) - 1), NUMBERS)))
def test_columns_come_back(records: list[tuple[int, int, int, int]]) -> None:
    """All of them, each in its own."""
    columns = Columns.empty(5)
    for record in records:
        for column, value in zip(columns[1:], record, strict=True):
            column.append(value)
    assert Columns.unpack(5, columns.pack()) == columns


def test_two_clocks_are_kept() -> None:
    """The wall clock may be set; the other one goes on, to a microsecond."""
    columns = Columns.empty(7)
    columns.add(1_790_000_000_000_000, 5_000_123_999, 1, 0)
    columns.add(1_700_000_000_000_000, 6_000_123_999, 1, 9)
    assert [columns.boottime_ns(sequence) for sequence in (7, 8)] == [5_000_123_000, 6_000_123_000]


@given(
    st.lists(
        st.tuples(
            NUMBERS, st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1)
        )
    )
)
def test_a_page_comes_back(rows: list[tuple[int, str]]) -> None:
    """Rows of any text, one or none."""
    page = Page(array("q", [number for number, _ in rows]), [row for _, row in rows])
    if rows:
        assert Page.unpack(page.pack()) == page


def test_a_page_tells_what_it_holds_while_it_is_packed() -> None:
    """In any case of letters."""
    data = Page(array("q", [7, 8]), ["One row", "ÄNOTHER"]).pack()
    assert all(Page.holds(data, text) for text in ("one row", "änother", "r"))
    assert not any(Page.holds(data, text) for text in ("two", "row ä", "\x07"))
