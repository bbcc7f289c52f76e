"""The set of events is closed, and each event says who, when and about whom (D4, design decision 5)."""

import re

import psycopg
import pytest

from tests.database import TestDatabase
from werda.core.audit import EventKind
from werda.store.schema import files


def test_an_event_of_an_unknown_kind_cannot_be_written(database: TestDatabase) -> None:
    with database.connect() as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("insert into event (at, kind, actor, detail) values (now(), 'something:else', 'nobody', '{}')")


def test_every_kind_of_event_can_be_written(database: TestDatabase) -> None:
    with database.connect() as owner:
        for kind in EventKind:
            owner.execute(
                "insert into event (at, kind, actor, detail) values (now(), %s, 'somebody', '{}')", (kind.value,)
            )
    [(count, transactions)] = database.rows("select count(*), count(distinct txid) from event where actor = 'somebody'")
    assert count == transactions == len(EventKind)  # each row knows its transaction, for sealing


def test_the_sql_functions_write_known_kinds_only() -> None:
    written = {kind for text in files().values() for kind in re.findall(r"'([a-z_]+:[a-z_]+)'", text)}
    assert {"grant:given", "grant:lifted", "call:wrapped_up"} <= written
    assert written <= {kind.value for kind in EventKind}
