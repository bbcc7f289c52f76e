"""Mark an authentication, a call, a customer or all attempts of a query as an incident (A7).

Whatever is marked, the row, the set and the event are written in one transaction. An agent reports the call they hold
through `store/sql/62_incidents.sql`, under the grant of that call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg

from werda.core.incident_query import Where
from werda.store.queries.incident import count_matching, matching

Connection = psycopg.Connection[Any]

CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True)
class OfCall:
    """The call with the switch's own id of it."""

    ref: str


@dataclass(frozen=True, slots=True)
class OfAttempt:
    """One attempt, by its number in the log."""

    attempt_id: int


@dataclass(frozen=True, slots=True)
class OfCustomer:
    """A customer, by customer number."""

    number: str


Subject = OfCall | OfAttempt | OfCustomer | Where


@dataclass(frozen=True, slots=True)
class Opened:
    """The incident stands, with so many attempts and customers. `incident_id` is None in a dry run."""

    incident_id: int | None
    attempts: int
    customers: int


@dataclass(frozen=True, slots=True)
class NothingThere:
    """Nothing was opened: what was named is not there, or the query finds no attempt."""

    what: str


def open_incident(
    connection: Connection, subject: Subject, *, brand_id: int, reason: str, known_at: datetime, actor: str,
    now: datetime, dry_run: bool = False, progress: Callable[[int], None] = lambda _: None,
) -> Opened | NothingThere:  # fmt: skip
    """Open it, all or nothing; a dry run says how much it would hold and changes nothing."""
    with connection.transaction(force_rollback=dry_run):
        found = _found(connection, brand_id, subject)
        if isinstance(found, NothingThere):
            return found
        if isinstance(subject, Where) and dry_run:  # to count writes nothing, be it millions
            return Opened(None, *count_matching(connection, brand_id, subject))
        incident_id = _one(
            connection,
            "select open_incident(%s, %s, %s, %s, %s, %s)",
            (brand_id, reason, known_at, found if isinstance(subject, OfCall) else None, actor, now),
        )
        _mark(connection, brand_id, incident_id, subject, found, progress)
        attempts = _one(connection, "select count(*) from incident_attempt where incident_id = %s", (incident_id,))
        customers = _one(connection, "select count(*) from incident_customer where incident_id = %s", (incident_id,))
    return Opened(None if dry_run else incident_id, attempts, customers)


def _found(connection: Connection, brand_id: int, subject: Subject) -> int | NothingThere:
    """The id of what was named; for a query, how many attempts it finds."""
    name: str | int
    match subject:
        case OfCall(ref):
            statement, name, what = "select id from call where brand_id = %s and ref = %s", ref, "call with this id"
        case OfAttempt(attempt_id):
            statement, name, what = "select id from attempt where brand_id = %s and id = %s", attempt_id, "attempt"
        case OfCustomer(number):
            statement, name = "select id from customer where brand_id = %s and customer_number = %s", number
            what = "customer with this number"
        case Where():
            count, _ = count_matching(connection, brand_id, subject)
            return count or NothingThere("attempt that this query finds")
    row = connection.execute(statement, (brand_id, name)).fetchone()
    return NothingThere(what) if row is None else int(row[0])


def _mark(
    connection: Connection, brand_id: int, incident_id: int, subject: Subject, found: int,
    progress: Callable[[int], None],
) -> None:  # fmt: skip
    match subject:
        case OfCall():
            connection.execute("select mark_call(%s, %s)", (incident_id, found))
        case OfAttempt():
            connection.execute("select mark_attempts(%s, %s)", (incident_id, [found]))
        case OfCustomer():
            connection.execute(
                "insert into incident_customer (incident_id, customer_id) values (%s, %s)", (incident_id, found)
            )
        case Where():
            done = 0
            for attempts in matching(connection, brand_id, subject, CHUNK):
                connection.execute("select mark_attempts(%s, %s)", (incident_id, attempts))
                done += len(attempts)
                progress(done)


def _one(connection: Connection, statement: LiteralString, values: tuple[Any, ...]) -> int:
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return int(row[0])
