"""tracer.export.markup"""

from __future__ import annotations

import html

from hypothesis import given
from hypothesis import strategies as st

from tracer.export.markup import escape


@given(st.text())
def test_it_is_text(text):
    """As the standard library escapes it."""
    assert html.unescape(escape(text)) == html.unescape(html.escape(text))
    assert not set(escape(text)) & set("<>\"'")
