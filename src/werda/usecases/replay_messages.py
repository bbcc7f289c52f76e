"""Send dead messages once more, each under the id it always had (decision 10).

A replayed message takes its old place in its stream: before those that still wait, after those that have left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Replayed:
    """The ids of the messages that will leave, and those of the ones asked for that are not dead."""

    ids: tuple[int, ...]
    not_dead: tuple[int, ...]


def replay_messages(
    connection: psycopg.Connection[Any], ids: Sequence[int] | None, *, now: datetime, dry_run: bool = False
) -> Replayed:
    """Bring dead messages back to life, with all their tries; `ids` None means all of them."""
    dead = [
        row[0]
        for row in connection.execute(
            "select id from outbox_message where dead_at is not null and (%(ids)s::bigint[] is null"
            " or id = any(%(ids)s)) order by id for update",
            {"ids": None if ids is None else list(ids)},
        )
    ]
    if not dry_run and dead:
        connection.execute(
            "update outbox_message set dead_at = null, tries = 0, next_try_at = %s where id = any(%s)", (now, dead)
        )
        connection.execute("select pg_notify('werda_outbox', '')")
    return Replayed(tuple(dead), tuple(sorted(set(ids or ()) - set(dead))))
