"""Tell customers of locks and of successes after failures (C8), from the log of attempts.

A lock is told for the attempt that reached the limit; whatever is refused afterwards is no news. A success is told
when the person's counted attempt before it failed, whatever secret, line or channel it was: the failures that an
attempt on a one-time code carries are those of a day, and would tell the same ones again. Nobody is told one kind twice
a day.

Each lane is read on from where it was left. A lane is one connection that writes one batch after the other, so whatever
is below a row that can be seen is there, too; how far it was read is kept in the transaction that tells. So everything
is told exactly once, after a crash and by several workers, and verification neither waits nor does more work.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from werda.core.budget import Limits
from werda.core.method import Method
from werda.core.notice import NoticeKind
from werda.core.one_time_code import ONE_TIME
from werda.core.verdict import Outcome
from werda.store.queries.policies import policy_in_force
from werda.usecases.order_from_operator import put_out
from werda.usecases.tell_customer import tell_customer

Connection = psycopg.Connection[Any]

CHUNK: Final = 2_000
"""Attempts that a transaction reads."""

MESSAGE: Final = "org.werda.notice.v1"

_LANES: Final = (
    "select l.id, coalesce(t.attempt_id, l.id << 32) from lane l left join told_up_to t on t.lane_id = l.id"
    " where exists (select from attempt a"
    "  where a.id > coalesce(t.attempt_id, l.id << 32) and a.id < (l.id + 1) << 32) order by l.id"
)
_ATTEMPTS: Final = (
    "select a.id, a.at, a.brand_id, a.customer_id, a.method, a.outcome, a.failures, before.outcome from ("
    "  select * from attempt where id > %(after)s and id < ((%(after)s >> 32) + 1) << 32 order by id limit %(chunk)s) a"
    " left join lateral (select p.outcome from attempt p where p.customer_id = a.customer_id"
    "  and p.person_id = a.person_id and p.outcome in (0, 1) and (p.at, p.id) < (a.at, a.id)"
    "  order by p.at desc, p.id desc limit 1) before on a.outcome = 0 and a.customer_id > 0"
    " order by a.id"
)


@dataclass(frozen=True, slots=True)
class _Attempt:
    id: int
    at: datetime
    brand_id: int
    customer_id: int
    method: int
    outcome: int
    failures: int
    before: int | None


def tell_of_attempts(connection: Connection) -> int:
    """Read on in every lane to its end; gives how many notices were written. `connection` is in autocommit."""
    told = 0
    for lane, _ in connection.execute(_LANES).fetchall():
        while True:
            with connection.transaction():
                read, written = _chunk(connection, lane)
            told += written
            if read < CHUNK:
                break
    return told


def _chunk(connection: Connection, lane: int) -> tuple[int, int]:
    """Of two workers one reads; the other leaves the lane to it."""
    lock = connection.execute(
        "select pg_try_advisory_xact_lock(hashtextextended('werda:tell', %s))", (lane,)
    ).fetchone()
    if lock != (True,):
        return 0, 0
    row = connection.execute("select attempt_id from told_up_to where lane_id = %s", (lane,)).fetchone()
    values = {"after": row[0] if row else lane << 32, "chunk": CHUNK}
    attempts = [_Attempt(*found) for found in connection.execute(_ATTEMPTS, values).fetchall()]
    if not attempts:
        return 0, 0
    written = sum(_tell(connection, attempt) for attempt in attempts)
    connection.execute(
        "insert into told_up_to (lane_id, attempt_id) values (%s, %s)"
        " on conflict (lane_id) do update set attempt_id = excluded.attempt_id",
        (lane, attempts[-1].id),
    )
    return len(attempts), written


def _tell(connection: Connection, attempt: _Attempt) -> bool:
    kind = _news(connection, attempt)
    if kind is None:
        return False
    customer = connection.execute(
        "select customer_number from customer c where id = %(customer)s and ended_at is null and not exists ("
        " select from notice n where n.customer_id = c.id and n.kind = %(kind)s"
        " and n.created_at > %(at)s - interval '1 day') for key share",
        {"customer": attempt.customer_id, "kind": kind.value, "at": attempt.at},
    ).fetchone()
    if customer is None:
        return False
    tell_customer(connection, kind, brand_id=attempt.brand_id, customer_id=attempt.customer_id, now=attempt.at)
    put_out(
        connection, MESSAGE, brand_id=attempt.brand_id, stream=f"customer:{attempt.customer_id}", subject=customer[0],
        data={"customer": customer[0], "kind": kind.value, "at": attempt.at.isoformat()}, now=attempt.at,
    )  # fmt: skip
    return True


def _news(connection: Connection, attempt: _Attempt) -> NoticeKind | None:
    """What the customer must hear of this attempt."""
    if attempt.customer_id <= 0:  # an unknown number is nobody's
        return None
    if attempt.outcome == Outcome.VERIFIED:
        return NoticeKind.VERIFIED_AFTER_FAILURES if attempt.before == Outcome.WRONG else None
    if attempt.outcome == Outcome.WRONG and Method(attempt.method) not in ONE_TIME:
        policy = policy_in_force(connection, attempt.brand_id, attempt.at)
        limit = (policy.limits if policy else Limits()).failures
        return NoticeKind.HOTLINE_LOCKED if attempt.failures == limit else None
    return None
