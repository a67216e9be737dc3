"""Names of users, cached.

Invariant: never raises, never keeps more than CACHED names, and asks again for a uid that had none,
since an account may be made while we run.
"""

from __future__ import annotations

import pwd
from functools import lru_cache
from typing import Final

CACHED: Final = 4096


def user_name(uid: int | None) -> str | None:
    """The login name of a uid; None where it has none, or there is no uid."""
    if uid is None:
        return None
    try:
        return _lookup(uid)
    except (KeyError, OverflowError):  # OverflowError: no uid_t, so nobody's
        return None


# lru_cache keeps what is returned, and nothing for what is raised.
@lru_cache(CACHED)
def _lookup(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name
