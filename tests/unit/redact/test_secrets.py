"""tracer.redact.secrets"""

from __future__ import annotations

import pytest

from tracer.errors import BadConfig
from tracer.redact.secrets import Masked, Secrets
from tracer.settings import RedactSettings, SecretPattern

KEY = b"key of a test"


def secrets_of(
    *patterns: SecretPattern, without: tuple[str, ...] = (), key: bytes = KEY
) -> Secrets:
    return Secrets(RedactSettings(patterns, without), key)


def mask(*argv: bytes, **settings) -> Masked | None:
    return secrets_of(**settings).mask(argv, b"x", False)


def test_a_mask_says_where_how_much_and_which():
    """The argument by its number; the size is the true one."""
    found = mask(b"x", b"--password=hunter2", b"--token", b"hunter2", b"--secret=other")
    assert [(m.argument, m.size) for m in found.masks] == [(1, 7), (3, 7), (4, 5)]
    first, second, third = (m.digest for m in found.masks)
    assert first == second != third
    assert len(first) == 16


def test_the_hash_is_keyed():
    """Another run has another key, and tells nothing of this one's secrets."""
    argv = b"x", b"--password=hunter2"
    assert mask(*argv).masks != mask(*argv, key=b"another").masks


def test_quotes_are_not_part_of_a_secret():
    """The same password, quoted and not, is seen to be the same."""
    plain, quoted = mask(b"x", b"--token", b"a1").masks, mask(b"x", b"-c", b"x --token 'a1'").masks
    assert plain[0].digest == quoted[0].digest


def test_bytes_that_are_not_utf8_are_masked_as_they_are():
    """And those around them stay."""
    found = mask(b"caf\xe9", b"--password=\xff\xfe\x00"[:-1])
    assert found.argv == (b"caf\xe9", b"--password=[masked 2 bytes]")


def test_overlapping_finds_are_one_mask():
    """A token behind --token is not masked twice."""
    found = mask(b"x", b"--token=ghp_" + b"a" * 20)
    assert found.argv == (b"x", b"--token=[masked 24 bytes]")
    assert len(found.masks) == 1


def test_nothing_to_mask_is_none():
    """So that the process stays the same object."""
    assert mask(b"ls", b"-l") is None
    assert mask() is None


def test_a_url_that_was_cut_in_its_password_is_masked():
    """The @ behind it was cut off too."""
    argv = b"x", b"https://bob:hunt"
    assert secrets_of().mask(argv, b"x", False) is None
    assert secrets_of().mask(argv, b"x", True).argv == (b"x", b"https://bob:[masked 4 bytes]")


@pytest.mark.parametrize(
    ("regex", "told"),
    [
        ("acme_([0-9]+)", b"acme_[masked 2 bytes]z"),
        ("acme_[0-9]+", b"[masked 7 bytes]z"),
        ("(?i)(AC)me_(4)", b"[masked 2 bytes]me_[masked 1 bytes]2z"),
        ("e_\\d*", b"acm[masked 4 bytes]z"),
        ("(nothing)?acme", b"[masked 4 bytes]_42z"),
    ],
)
def test_a_pattern_can_be_added(regex, told):
    """What its groups match is masked; all of it where it has none, or none took part."""
    found = secrets_of(SecretPattern("acme", regex)).mask((b"x", b"acme_42z"), b"x", False)
    assert found.argv == (b"x", told)


def test_a_pattern_over_arguments_masks_in_each():
    """The NUL between them stays."""
    found = secrets_of(SecretPattern("p", "a\\x00b")).mask((b"xa", b"by"), b"x", False)
    assert found.argv == (b"x[masked 1 bytes]", b"[masked 1 bytes]y")
    assert [m.argument for m in found.masks] == [0, 1]


@pytest.mark.parametrize(
    ("argv", "program", "is_masked"),
    [
        ((b"acme", b"put", b"k1"), b"busybox", True),
        ((b"sudo", b"/opt/acme", b"put", b"k1"), b"sudo", True),
        ((b"sh", b"-c", b"true; acme  put k1"), b"sh", True),
        ((b"acme", b"get", b"k1"), b"busybox", False),
        ((b"k1", b"acme", b"put"), b"busybox", False),
        ((b"other", b"k1"), b"tool", True),
    ],
)
def test_a_pattern_can_be_for_programs(argv, program, is_masked):
    """Behind the word, or anywhere if that is the program file, whatever it was called by."""
    pattern = SecretPattern("acme", "k[0-9]", ("acme put", "tool"))
    assert (secrets_of(pattern).mask(argv, program, False) is not None) == is_masked


def test_a_built_in_pattern_can_be_switched_off():
    """By its name, and the others stay."""
    argv = b"x", b"Cookie: a=b", b"--password=c"
    assert mask(*argv, without=("cookie",)).argv == (*argv[:2], b"--password=[masked 1 bytes]")


def test_an_unknown_name_is_an_error():
    """Who switches one off must not believe that it is off when it isn't, nor the other way."""
    with pytest.raises(BadConfig, match=r"redact\.without: .*cokie; the nearest is cookie"):
        secrets_of(without=("cokie",))
