"""Sends what is due, message by message (decision 10).

A message is locked in its row while it is sent, and only the first unsettled one of a stream can be taken: whatever
the number of workers, nothing is sent by two of them at once, and nothing overtakes in its stream. What became of a
try is written by the transaction that holds the lock. A worker that is killed in between leaves the message as it
was: it is sent again under the same id, by which the receiver knows it (at least once).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import psycopg
from psycopg.rows import class_row

from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.outbox.delays import Delays
from werda.outbox.delivery import Delivered, Failed, Gone, client, deliver, signed
from werda.usecases.connect_webhook import place_of

log = logging.getLogger(__name__)

CHANNEL: Final = "werda_outbox"
_LONGEST_PAUSE: Final = timedelta(seconds=30)
"""So long at most a receiver is left alone that could not be reached: its other messages would only use up their tries,
and keep lanes from other receivers."""
_TAKE: Final = """
    select m.id, m.message_id, m.body, m.tries, e.id as endpoint_id, e.url, e.secret, e.former_secret, e.former_until
    from outbox_message m
    join lateral (select * from webhook_endpoint w where w.brand_id = m.brand_id or w.brand_id is null
                  order by w.brand_id nulls last limit 1) e
      on e.gone_at is null and (e.paused_until is null or e.paused_until <= %(now)s)
    where m.delivered_at is null and m.dead_at is null and m.next_try_at <= %(now)s
      and exists (select from webhook_endpoint w  -- asked once: without one there is nothing to look through
                  where w.gone_at is null and (w.paused_until is null or w.paused_until <= %(now)s))
      and not exists (select from outbox_message earlier where earlier.stream = m.stream and earlier.id < m.id
                      and earlier.delivered_at is null and earlier.dead_at is null)
    order by m.next_try_at, m.id limit 1 for update of m skip locked
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A message that may leave now, and where to. The secrets are still sealed."""

    id: int
    message_id: str
    body: str
    tries: int
    endpoint_id: int
    url: str
    secret: bytes
    former_secret: bytes | None
    former_until: datetime | None


def _clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Sender:
    """Several threads may share one; each brings its own connection (role custody). Keys rotate, so `custody`
    is asked for each message."""

    custody: Callable[[], Custody]
    delays: Delays
    now: Callable[[], datetime] = _clock
    http: httpx.Client = field(default_factory=client)

    def send_one(self, connection: psycopg.Connection[Any]) -> bool:
        """Send one message that is due, and write down what became of it. False: none is due."""
        with connection.transaction(), connection.cursor(row_factory=class_row(Due)) as cursor:
            message = cursor.execute(_TAKE, {"now": self.now()}).fetchone()
            if message is None:
                return False
            headers = signed(self._secrets(message), message.message_id, message.body, self.now())
            match deliver(self.http, message.url, headers, message.body):
                case Delivered():
                    cursor.execute(
                        "update outbox_message set delivered_at = %s, tries = tries + 1, last_problem = ''"
                        " where id = %s",
                        (self.now(), message.id),
                    )
                case Gone():
                    log.error("webhook %s answered 410 Gone and gets no more messages", message.endpoint_id)
                    cursor.execute(
                        "update webhook_endpoint set gone_at = %s where id = %s", (self.now(), message.endpoint_id)
                    )
                    cursor.execute(
                        "update outbox_message set last_problem = 'answered 410' where id = %s", (message.id,)
                    )
                case Failed() as failed:
                    self._try_later(cursor, message, failed)
        return True

    def _secrets(self, message: Due) -> list[Secret]:
        sealed = [message.secret]
        if message.former_secret and message.former_until and message.former_until > self.now():
            sealed.append(message.former_secret)
        custody = self.custody()
        return [custody.open_for(place_of(message.endpoint_id), value) for value in sealed]

    def _try_later(self, cursor: psycopg.Cursor[Any], message: Due, failed: Failed) -> None:
        tries = message.tries + 1
        delay = None if failed.for_good else self.delays.after(tries, asked=failed.asked)
        now = self.now()
        if delay is None:
            log.error("message %s is dead after %s tries: its receiver %s", message.id, tries, failed.problem)
        else:
            log.warning("message %s will be tried again: its receiver %s", message.id, failed.problem)
        if failed.unreachable and delay is not None:
            cursor.execute(
                "update webhook_endpoint set paused_until = %s where id = %s",
                (now + min(delay, _LONGEST_PAUSE), message.endpoint_id),
            )
        cursor.execute(
            "update outbox_message set tries = %s, last_problem = %s, next_try_at = %s, dead_at = %s where id = %s",
            (tries, failed.problem, now + delay if delay else now, None if delay else now, message.id),
        )
