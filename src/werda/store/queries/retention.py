"""What is kept of each kind of record, from when its period counts, and what is due or held (A9, A7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import psycopg

from werda.core.retention import Record, kinds_of

Connection = psycopg.Connection[Any]

COUNTED: Final[Mapping[Record, tuple[str, str]]] = MappingProxyType(
    {
        Record.ATTEMPTS: ("attempt", "at"),
        Record.CALLS: ("call", "arrived_at"),
        Record.NOTICES: ("notice", "coalesce(told_at, created_at)"),
        Record.LETTERS: ("letter", "printed_at"),
        Record.MESSAGES: ("outbox_message", "coalesce(delivered_at, dead_at)"),
        Record.ORDERS: ("operator_order", "order_kept_from(x)"),
        Record.IMPORT_RUNS: ("import_run", "coalesce(finished_at, started_at)"),
        Record.INCIDENTS: ("incident", "closed_at"),
    }
)
"""The table of each record `x` that is no event, and from when its period counts; null is a record that still waits."""

_OF_INCIDENTS: Final = frozenset({"attempt", "event", "call", "operator_order"})
"""The tables of which an incident holds what belongs to it (store/sql/57_holds.sql)."""

_KEPT: Final = (
    "select count(*), min(counts), count(*) filter (where due and held is null), count(*) filter (where held),"
    " count(*) filter (where not held) from (select {counts} as counts, {counts} < %(before)s as due,"
    " case when {counts} < %(before)s then {held} end as held from {table} x"
    " where brand_id = %(brand)s and {which}) kept"
)
_HELD: Final = "(select bool_or(i.closed_at is null) from incident i where i.id in (select h from incidents_of(x) h))"


@dataclass(frozen=True, slots=True)
class Kept:
    """How much there is of a kind of record, and from when the oldest one's period counts.

    `due` is what the next run erases. Past their period, too, are those that belong to an open incident, and those of
    closed incidents whose own period goes on. Without a policy in force there is no period and nothing is due.
    `last_erased` is the last run that erased any.
    """

    record: Record
    period: timedelta | None
    rows: int
    oldest: datetime | None
    due: int
    held_by_open: int
    held_by_closed: int
    last_erased: datetime | None


def kept(
    connection: Connection, brand_id: int, periods: Mapping[Record, timedelta] | None, now: datetime
) -> list[Kept]:
    """Every kind of record of a brand, counted row by row."""
    erased: dict[str, datetime] = dict(
        connection.execute(
            "select record, max(at) from event, jsonb_object_keys(detail -> 'erased') record"
            " where kind = 'record:expired' and brand_id = %s group by record",
            (brand_id,),
        ).fetchall()
    )
    found = []
    for record in Record:
        kinds = kinds_of(record)
        table, counts = ("event", "at") if kinds else COUNTED[record]
        statement = _KEPT.format(
            table=table,
            counts=counts,
            held=_HELD if table in _OF_INCIDENTS else "null::boolean",
            which="kind = any(%(kinds)s)" if kinds else "true",
        )
        period = periods[record] if periods is not None else None
        values = {"brand": brand_id, "kinds": kinds, "before": None if period is None else now - period}
        row = connection.execute(statement.encode(), values).fetchone()
        assert row is not None
        rows, oldest, due, held_by_open, held_by_closed = row
        found.append(Kept(record, period, rows, oldest, due, held_by_open, held_by_closed, erased.get(record.value)))
    return found
