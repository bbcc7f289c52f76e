"""Let the seal go on after a restore from a dump, with the gap said in the record itself (design decision 14).

PostgreSQL counts transactions anew then, and events are sealed by that count: they would never come, or seem to be
slipped in. So a number is added to the count (store.queries.transactions). Whoever resumes has checked what was
restored (`audit.verify_seal`, as of a restore) and says what is missing; that is an event, signed by the key of
checkpoints.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.checkpoint import Signed
from werda.core.resumption import Resumption
from werda.keys.signer import Signer
from werda.store.queries.transactions import add, added
from werda.usecases.seal_record import counter_went_back

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Gap:
    """The record ends behind `kept` batches, whose checkpoint is of `kept_at`; `known` ones were signed outside.

    `since` events were recorded after the restore and are not sealed.
    """

    kept: int
    kept_at: datetime
    known: int
    known_at: datetime
    since: int


def gap_of(owner: Connection, outside: Sequence[Signed] = ()) -> Gap | None:
    """What a restore left; `outside` are checkpoints that are believed. None: sealing goes on by itself."""
    if not counter_went_back(owner):
        return None
    row = owner.execute("select size, at from sealed_checkpoint order by size desc limit 1").fetchone()
    assert row is not None, "there is no batch of events without a checkpoint"
    kept, kept_at = row
    newest = max(
        (note.checkpoint for note in outside if note.checkpoint.size > kept), key=lambda found: found.size, default=None
    )
    known, known_at = (newest.size, newest.at) if newest else (kept, kept_at)
    since = owner.execute(f"select count(*) from event where {_SINCE}".encode(), {"kept_at": kept_at}).fetchone()  # noqa: S608
    return Gap(kept, kept_at, known, known_at, since[0] if since else 0)


def resume_record(owner: Connection, signer: Signer, gap: Gap, *, actor: str, now: datetime) -> None:
    """Count on behind what is sealed, take in what was recorded since the restore, and record the gap; at once."""
    resumption = Resumption(gap.kept, gap.kept_at, gap.known, gap.known_at, now)
    with owner.transaction():
        owner.execute("lock table event in access exclusive mode")  # nobody is writing under the former count any more
        row = owner.execute(
            "select greatest((select max(txid) from event), (select max(to_txid) from event_batch))"
        ).fetchone()
        assert row is not None
        more = row[0] - added(owner)
        taken = owner.execute(
            f"update event set txid = txid + %(more)s where {_SINCE}".encode(),  # noqa: S608
            {"more": more, "kept_at": gap.kept_at},
        ).rowcount
        add(owner, row[0])
        signature = base64.b64encode(signer.sign(resumption.text)).decode()
        detail = {**resumption.detail(), "signature": signature, "events_since": taken}
        owner.execute(
            "insert into event (at, kind, actor, detail) values (%s, %s, %s, %s)",
            (now, EventKind.RECORD_RESUMED.value, actor, Jsonb(detail)),
        )


_SINCE: Final = (
    "txid < (select max(to_txid) from event_batch) and id > (select max(event_id) from event_seal)"
    " and at >= %(kept_at)s and not exists (select from event_seal s where s.event_id = event.id)"
)
"""Recorded after the restore: not sealed, counted lower than what is, and later than the last checkpoint."""
