"""tracer.codec.identity"""

from __future__ import annotations

import orjson
import pytest

from tests import samples
from tracer.codec.identity import Identities, audit, known, tty_fields
from tracer.model.context import Origin
from tracer.model.events import ProcessKey


@pytest.fixture
def identities() -> Identities:
    return Identities(samples.HOST, samples.names)


def test_a_process_without_a_start_time_has_no_entity_id(identities):
    """Its pid alone would name whoever had it before as well."""
    assert identities.process(ProcessKey(7, 0)) == {"pid": 7}
    assert identities.process(ProcessKey(7, 1)).keys() == {"pid", "entity_id"}


def test_an_account_has_a_name_where_there_is_one(identities):
    """Accounts may be gone."""
    assert identities.account(1000) == {"id": "1000", "name": "alice"}
    assert identities.account(77) == {"id": "77"}


def test_a_person_is_a_process_a_user_and_a_way_here(identities):
    """All that the kernel knows of an attached user who came by ssh."""
    assert identities.person(samples.ALICE) == {
        **identities.process(samples.ALICE.key),
        "role": "client",
        "user": {"id": "1000", "name": "alice"},
        "loginuid": 1000,
        "audit_session": 4,
        "tty": {"char_device": {"major": 136, "minor": 7}},
        "origin": {"type": "ssh"},
        "source": {"ip": "10.0.0.7", "port": 50022},
    }


def test_changes_of_user_on_the_way_are_listed(identities):
    """su, sudo and the tmux around this one; an unknown caller is no user."""
    fields = identities.person(samples.NESTED)
    assert fields["origin"] == {
        "type": "tmux",
        "server": {"pid": 901},
        "via": [{"program": "su", "user": {"id": "1000", "name": "alice"}}, {"program": "sudo"}],
    }
    assert fields["user"]["name"] == "root"


def test_what_is_not_known_of_a_person_is_absent(identities):
    """But for the audit identity, which is null, never 0."""
    assert identities.person(samples.STRANGER) == {
        **identities.process(samples.STRANGER.key),
        "role": "process",
        "loginuid": None,
        "audit_session": None,
    }


def test_names_on_the_way_are_valid_unicode(identities):
    """A program can bear any name."""
    origin = Origin("local", via=(("\udcffsu", 0),))
    orjson.dumps(identities.person(samples.ALICE._replace(origin=origin)))


def test_parts_that_all_events_share():
    """Audit identity with nulls, terminals by number, and known fields alone."""
    assert audit(samples.NOBODY) == {"loginuid": None, "audit_session": None}
    assert tty_fields(samples.PTS) == {"char_device": {"major": 136, "minor": 3}}
    assert known(a=None, b=0, c="\udcff") == {"b": 0, "c": "\ufffd"}
