"""What the outbox holds, for people who run it. Bodies hold no secret (B9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

STATES: Final = {
    "waiting": "m.delivered_at is null and m.dead_at is null",
    "dead": "m.dead_at is not null",
    "delivered": "m.delivered_at is not null",
}
"""What a message can be, and the condition that says so."""


@dataclass(frozen=True, slots=True)
class BrandTraffic:
    """A brand's messages. `gone`: its receiver answered 410. `failing` are those that wait after a try that failed."""

    brand: str
    url: str | None
    gone: bool
    waiting: int
    failing: int
    oldest_waiting: datetime | None
    dead: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message with what became of it so far."""

    id: int
    message_id: str
    brand: str
    stream: str
    type: str
    created_at: datetime
    tries: int
    next_try_at: datetime
    delivered_at: datetime | None
    dead_at: datetime | None
    last_problem: str
    body: str

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return "delivered" if self.delivered_at else "dead" if self.dead_at else "waiting"


def traffic(connection: psycopg.Connection[Any]) -> list[BrandTraffic]:
    """Every brand, with its receiver and what waits for it."""
    with connection.cursor(row_factory=class_row(BrandTraffic)) as cursor:
        return cursor.execute(
            "select b.slug::text as brand, e.url, e.gone_at is not null as gone,"
            " count(m.id) filter (where m.dead_at is null) as waiting,"
            " count(m.id) filter (where m.dead_at is null and m.tries > 0) as failing,"
            " min(m.created_at) filter (where m.dead_at is null) as oldest_waiting,"
            " count(m.id) filter (where m.dead_at is not null) as dead"
            " from brand b left join lateral (select url, gone_at from webhook_endpoint w"
            " where w.brand_id = b.id or w.brand_id is null order by w.brand_id nulls last limit 1) e on true"
            " left join outbox_message m on m.brand_id = b.id and m.delivered_at is null"
            " group by b.slug, e.url, e.gone_at order by b.slug"
        ).fetchall()


def messages(
    connection: psycopg.Connection[Any], *, state: str | None = None, stream: str | None = None, limit: int = 50
) -> list[Message]:
    """The newest messages, of one of `STATES` and of a stream where that is said; the newest first."""
    condition = STATES[state] if state else "true"
    return _read(
        connection,
        f"where {condition} and (%(stream)s::text is null or m.stream = %(stream)s) order by m.id desc limit %(limit)s",
        {"stream": stream, "limit": limit},
    )


def message(connection: psycopg.Connection[Any], message_id: int) -> Message | None:
    """One message by its number."""
    found = _read(connection, "where m.id = %(id)s", {"id": message_id})
    return found[0] if found else None


def _read(connection: psycopg.Connection[Any], which: str, said: dict[str, Any]) -> list[Message]:
    columns = (
        "m.id, m.message_id, coalesce(b.slug, '') as brand, m.stream, m.type, m.created_at, m.tries, m.next_try_at,"
        " m.delivered_at, m.dead_at, m.last_problem, m.body"
    )
    statement = f"select {columns} from outbox_message m left join brand b on b.id = m.brand_id {which}"  # noqa: S608
    with connection.cursor(row_factory=class_row(Message)) as cursor:
        return cursor.execute(statement.encode(), said).fetchall()
