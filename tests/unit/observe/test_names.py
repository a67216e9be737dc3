"""tracer.observe.names"""

from __future__ import annotations

import pwd

import pytest

from tracer.observe.names import user_name


def test_a_uid_has_the_name_of_the_account():
    """As getpwuid says."""
    assert user_name(0) == "root"
    assert user_name(pwd.getpwnam("nobody").pw_uid) == "nobody"


@pytest.mark.parametrize("uid", [None, 3_999_999_999, 2**32, 2**70, -2])
def test_a_uid_without_an_account_has_no_name(uid):
    """Not set, unused, and numbers that are no uid."""
    assert user_name(uid) is None
