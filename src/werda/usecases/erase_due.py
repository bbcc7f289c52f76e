"""Erase what has been kept for as long as the brand's policy says (A9), and the old way's secrets at its end (A1).

It works in chunks, each a transaction that reads and locks old rows only: verification never waits for it, and after a
crash the next run goes on, because what is gone is not found again. Of attempts and events the hash stays
(store/sql/58_retention.sql). What belongs to an incident stays until the incident itself goes, so many days after it
was closed. One event for each brand and run says how much is gone, and nothing of whom.

Drafts of orders, answers kept for repeats, one-time codes and counts of tries end by jobs of their own.
"""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from werda.core.audit import EventKind
from werda.core.method import Method
from werda.core.retention import Record, kinds_of
from werda.store.queries.policies import policy_in_force
from werda.store.queries.retention import COUNTED
from werda.usecases.sim_change import record

Connection = psycopg.Connection[Any]
Erased = Mapping[int, Counter[str]]
"""How much is gone of each kind of record, by brand."""

CHUNK: Final = 1_000
"""Rows in a transaction."""

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)

_DIRECTLY: Final = (
    "with gone as (delete from {table} where id in (select id from {table} x where brand_id = %(brand)s"
    " and {counts} < %(before)s order by id limit %(chunk)s for update skip locked) returning 1)"
    " select nullif(count(*), 0), count(*) from gone"
)
_STATEMENTS: Final = {
    Record.CALLS: "select o_last, o_erased from erase_calls(%(brand)s, %(after)s, %(before)s, %(chunk)s)",
    Record.MESSAGES: "select nullif(n, 0), n from erase_messages(%(brand)s, %(before)s, %(chunk)s) n",
    Record.ORDERS: "select o_last, o_erased from erase_orders(%(brand)s, %(after)s, %(before)s, %(chunk)s)",
    Record.INCIDENTS: "select i, 1 from erase_incident(%(brand)s, %(before)s) i",
    **{
        record: _DIRECTLY.format(table=COUNTED[record][0], counts=COUNTED[record][1])
        for record in (Record.NOTICES, Record.LETTERS, Record.IMPORT_RUNS)
    },
}
"""Each erases a chunk, and gives where the next one begins, null when nothing was due, and how many are gone."""

_EVENTS: Final = (
    "select o_from, o_erased from erase_events(%(brand)s, %(kind)s, %(after)s, %(before)s, %(chunk)s, %(now)s)"
)
_LEGACY: Final = (
    "with gone as (delete from credential k using customer c where c.id = k.customer_id and c.brand_id = %(brand)s"
    " and (k.customer_id, k.person_id, k.method, k.sim_id) in (select customer_id, person_id, method, sim_id"
    " from credential where until <= %(now)s and method = %(legacy)s limit %(chunk)s for update skip locked)"
    " returning 1) select count(*) from gone"
)


def erase_due(connection: Connection, *, actor: str, now: datetime, resting: float = 0.0) -> Erased:
    """Erase it for every brand with a policy in force. `connection` is in autocommit.

    After each chunk it rests `resting` times as long as the chunk took, and leaves the machine to verification.
    What was erased before something failed is told of all the same.
    """
    brands = [brand_id for (brand_id,) in connection.execute("select id from brand order by id").fetchall()]
    policies = {brand_id: policy_in_force(connection, brand_id, now) for brand_id in brands}
    periods = {brand_id: policy.retention for brand_id, policy in policies.items() if policy is not None}
    erased: dict[int, Counter[str]] = {brand_id: Counter() for brand_id in periods}
    try:
        for brand_id, kept in periods.items():  # first, so that what they held is due in the same run
            _records(connection, resting, brand_id, Record.INCIDENTS, kept[Record.INCIDENTS], erased[brand_id], now)
        _attempts(
            connection,
            resting,
            {brand_id: now - kept[Record.ATTEMPTS] for brand_id, kept in periods.items()},
            erased,
            now,
        )
        for brand_id, kept in periods.items():
            for what in Record:
                if what not in {Record.INCIDENTS, Record.ATTEMPTS}:
                    _records(connection, resting, brand_id, what, kept[what], erased[brand_id], now)
    finally:
        if not connection.closed and not connection.broken:
            for brand_id, gone in erased.items():
                if +gone:
                    record(
                        connection, EventKind.RECORD_EXPIRED, brand_id=brand_id, customer_id=None, actor=actor,
                        now=now, detail={"erased": dict(+gone)},
                    )  # fmt: skip
    return {brand_id: +gone for brand_id, gone in erased.items() if +gone}


def destroy_legacy(connection: Connection, *, actor: str, now: datetime) -> int:
    """Destroy the old way's verifiers whose end has come; gives how many."""
    total = 0
    for (brand_id,) in connection.execute("select id from brand order by id").fetchall():
        values = {"brand": brand_id, "now": now, "legacy": Method.LEGACY.value, "chunk": CHUNK}
        gone = 0
        while True:
            with connection.transaction():
                chunk = _count(connection, _LEGACY, values)
                if chunk:
                    record(
                        connection, EventKind.SECRETS_DESTROYED, brand_id=brand_id, customer_id=None, actor=actor,
                        now=now, detail={"destroyed": {"legacy": chunk}},
                    )  # fmt: skip
            gone += chunk
            if not chunk:
                break
        total += gone
    return total


def _attempts(
    connection: Connection,
    resting: float,
    before: Mapping[int, datetime],
    erased: dict[int, Counter[str]],
    now: datetime,
) -> None:
    """Lane by lane: within one, ids grow with time, so the first chunk with something young in it is the last."""
    if not before:
        return
    lanes = connection.execute("select id from lane where opened_at < %s order by id", (max(before.values()),))
    for (lane,) in lanes.fetchall():
        after: int | None = lane << 32
        while after is not None:
            began = time.monotonic()
            row = connection.execute(
                "select o_last, o_brands, o_erased from erase_attempts(%s, %s, %s, %s, %s)",
                (after, CHUNK, list(before), list(before.values()), now),
            ).fetchone()
            assert row is not None
            after, brands, counts = row
            for brand_id, count in zip(brands, counts, strict=True):
                erased[brand_id][Record.ATTEMPTS.value] += count
            time.sleep(resting * (time.monotonic() - began))


def _records(
    connection: Connection, resting: float, brand_id: int, what: Record, kept: timedelta, erased: Counter[str],
    now: datetime,
) -> None:  # fmt: skip
    """Everything of one kind of a brand, chunk after chunk."""
    values = {"brand": brand_id, "before": now - kept, "chunk": CHUNK, "now": now}
    kinds = kinds_of(what)
    for kind in kinds or [what.value]:
        after: object = _BEGINNING if kinds else 0
        while after is not None:
            began = time.monotonic()
            row = connection.execute(
                (_EVENTS if kinds else _STATEMENTS[what]).encode(), {**values, "kind": kind, "after": after}
            ).fetchone()
            assert row is not None
            after, gone = row
            if after is not None:
                erased[what.value] += gone
                time.sleep(resting * (time.monotonic() - began))


def _count(connection: Connection, statement: str, values: Mapping[str, object]) -> int:
    row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    count: int = row[0]
    return count
