"""Incidents as they stand, and which attempts a query marks (A7)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import psycopg

from werda.core.incident import Incident, Recipient
from werda.core.incident_query import Where

Connection = psycopg.Connection[Any]

_INCIDENTS: Final = (
    "select i.id, b.slug::text, i.reason, i.known_at, i.since, i.opened_at, i.opened_by, i.closed_at,"
    " (select coalesce(jsonb_object_agg(e.recipient, e.at) filter (where e.recipient is not null), '{}')"
    "  from incident_entry e where e.incident_id = i.id),"
    " (select count(*) from incident_attempt a where a.incident_id = i.id),"
    " (select count(*) from incident_customer c where c.incident_id = i.id)"
    " from incident i join brand b on b.id = i.brand_id"
    " where (%(id)s::bigint is null or i.id = %(id)s) and (%(brand)s::bigint is null or i.brand_id = %(brand)s)"
    " and (%(closed)s or i.closed_at is null) order by i.id"
)

_MATCHING: Final = (
    " from attempt a where a.brand_id = %(brand)s and a.at >= %(begin)s and a.at < %(end)s"
    " and (%(trunk)s::text is null or a.trunk = %(trunk)s)"
    " and (%(number)s::text is null or a.calling_number = %(number)s)"
    " and (%(block)s::text is null or starts_with(a.calling_number, %(block)s))"
    " and (%(agent)s::bigint is null or a.agent_id = %(agent)s)"
    " and (%(api_key)s::bigint is null or a.api_key_id = %(api_key)s)"
    " and (%(method)s::int is null or a.method = %(method)s)"
    " and (%(outcome)s::int is null or a.outcome = %(outcome)s)"
)


def incidents(
    connection: Connection, *, brand_id: int | None = None, incident_id: int | None = None, closed: bool = True
) -> list[Incident]:
    """The incidents in the order they were opened; without `closed` only those that go on."""
    rows = connection.execute(_INCIDENTS, {"id": incident_id, "brand": brand_id, "closed": closed}).fetchall()
    return [_incident(row) for row in rows]


def _incident(row: Sequence[Any]) -> Incident:
    incident_id, brand, reason, known_at, since, opened_at, opened_by, closed_at, told, attempts, customers = row
    return Incident(
        *(incident_id, brand, reason, known_at, since, opened_at, opened_by, closed_at),
        told={Recipient(recipient): datetime.fromisoformat(at) for recipient, at in told.items()},
        attempts=attempts,
        customers=customers,
    )


def count_matching(connection: Connection, brand_id: int, where: Where) -> tuple[int, int]:
    """How many attempts of a brand a query finds, and of how many customers. Unknown numbers are of nobody."""
    row = connection.execute(
        "select count(*), count(distinct a.customer_id) filter (where a.customer_id > 0)" + _MATCHING,
        _values(brand_id, where),
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def matching(connection: Connection, brand_id: int, where: Where, chunk: int) -> Iterator[list[int]]:
    """The ids of these attempts, so many at a time, within the transaction at hand."""
    with connection.cursor(name="matching") as cursor:
        cursor.execute("select a.id" + _MATCHING, _values(brand_id, where))
        while rows := cursor.fetchmany(chunk):
            yield [attempt for (attempt,) in rows]


def _values(brand_id: int, where: Where) -> dict[str, Any]:
    return {
        "brand": brand_id,
        **{name: getattr(where, name) for name in ("begin", "end", "trunk", "number", "block", "agent", "api_key")},
        "method": None if where.method is None else int(where.method),
        "outcome": None if where.outcome is None else int(where.outcome),
    }
