"""Prove to a customer that what was recorded about them is in the signed record (A8, design decision 5).

Each attempt and event comes with its text, the hashes of its batch, and the path from the batch's leaf to the root of a
signed checkpoint. ``docs/verify_proof.py`` checks it with nothing of ours. Hashes of other rows tell nothing: each row
has a salt. Keys that signed after the one the reader has come signed by those before (core.succession). Who of the
operator's staff acted stands in an event's text; hand the proof to whom it is due.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from werda.core.audit import FIRST_LINK, AttemptRow, EventKind, EventRow, Log, attempt_line, event_line, line_hash
from werda.core.merkle import paths

Connection = psycopg.Connection[Any]

_ATTEMPT: Final = (
    "id, at, brand_id, customer_id, person_id, own_line, channel, method, outcome, failures, level, line_id, call_id,"
    " tries, calling_number, trunk, agent_id, api_key_id, idempotency_key, request_mac, salt"
)
_EVENT: Final = "id, at, txid, kind, brand_id, customer_id, call_id, actor, detail::text, salt"


@dataclass(frozen=True, slots=True)
class _Batch:
    """A sealed batch: its number, the link it was chained to, the hashes of its rows and their ids, its leaf."""

    log: Log
    number: int
    before: bytes
    ids: list[int]
    hashes: list[bytes]
    leaf: int


def prove(connection: Connection, customer_id: int) -> dict[str, Any]:
    """The proof as one JSON object; `records` that are not sealed yet are counted in `unsealed`.

    The connection must not be in a transaction.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        note = connection.execute("select note, size from sealed_checkpoint order by size desc limit 1").fetchone()
        keys = _announcements(connection)
        records, unsealed = [], 0
        for log, id_, line in _lines(connection, customer_id):
            batch = _attempts(connection, id_) if log is Log.ATTEMPTS else _events(connection, id_)
            if batch is None or note is None or batch.leaf >= note[1]:
                unsealed += 1
                continue
            records.append((line, id_, batch))
        wanted = sorted({batch.leaf for *_, batch in records})
        found = {}
        if wanted:
            with connection.cursor("leaves") as leaves:
                leaves.itersize = 10_000
                leaves.execute("select hash from seal_leaf where leaf < %s order by leaf", (note[1] if note else 0,))
                found = paths((bytes(row[0]) for row in leaves), wanted)
    return {
        "checkpoint": note[0] if note else None,
        "unsealed": unsealed,
        "keys": keys,
        "records": [
            {
                "line": line,
                "log": batch.log.value,
                "batch": batch.number,
                "before": _text(batch.before),
                "rows": [_text(hash_) for hash_ in batch.hashes],
                "row": batch.ids.index(id_),
                "path": [["left" if step.left else "right", _text(step.hash)] for step in found[batch.leaf]],
            }
            for line, id_, batch in records
        ],
    }


def _announcements(connection: Connection) -> list[dict[str, str]]:
    """How to get from a key that somebody has to the one that signed: each new key, signed by the one before."""
    events = connection.execute(
        "select detail ->> 'public', detail ->> 'signature' from event"
        " where kind = %s and detail ? 'signature' order by id",
        (EventKind.KEY_ADDED.value,),
    ).fetchall()
    return [{"public": public, "signature": signature} for public, signature in events]


def _lines(connection: Connection, customer_id: int) -> Iterator[tuple[Log, int, str]]:
    with connection.cursor(row_factory=class_row(AttemptRow)) as cursor:
        attempts = cursor.execute(
            f"select {_ATTEMPT} from attempt where customer_id = %s order by at, id".encode(),  # noqa: S608
            (customer_id,),
        ).fetchall()
    yield from ((Log.ATTEMPTS, attempt.id, attempt_line(attempt)) for attempt in attempts)
    events = connection.execute(
        f"select {_EVENT} from event where customer_id = %s order by at, id".encode(),  # noqa: S608
        (customer_id,),
    ).fetchall()
    yield from ((Log.EVENTS, event[0], event_line(EventRow(*event))) for event in events)


def _attempts(connection: Connection, attempt_id: int) -> _Batch | None:
    row = connection.execute(
        "select b.first_id, b.last_id, l.leaf, (select p.hash from attempt_batch p where p.first_id < b.first_id"
        "  and p.first_id >> 32 = b.first_id >> 32 order by p.first_id desc limit 1)"
        " from (select * from attempt_batch where first_id <= %s order by first_id desc limit 1) b"
        " left join seal_leaf l on l.log = %s and l.batch = b.first_id",
        (attempt_id, Log.ATTEMPTS.value),
    ).fetchone()
    if row is None or row[2] is None:
        return None
    first, last, leaf, before = row
    with connection.cursor(row_factory=class_row(AttemptRow)) as cursor:
        there = cursor.execute(
            f"select {_ATTEMPT} from attempt where id between %s and %s".encode(),  # noqa: S608
            (first, last),
        ).fetchall()
    hashes = {attempt.id: line_hash(attempt_line(attempt)) for attempt in there} | _erased(
        connection, Log.ATTEMPTS, "record_id between %s and %s", (first, last)
    )
    return _batch(Log.ATTEMPTS, first, before, hashes, leaf)


def _events(connection: Connection, event_id: int) -> _Batch | None:
    row = connection.execute(
        "select s.batch_id, l.leaf, (select hash from event_batch p where p.id = s.batch_id - 1) from event_seal s"
        " join seal_leaf l on l.log = %s and l.batch = s.batch_id where s.event_id = %s",
        (Log.EVENTS.value, event_id),
    ).fetchone()
    if row is None:
        return None
    number, leaf, before = row
    there = connection.execute(
        f"select {_EVENT} from event join event_seal on event_id = id where batch_id = %s".encode(),  # noqa: S608
        (number,),
    ).fetchall()
    hashes = {event[0]: line_hash(event_line(EventRow(*event))) for event in there} | _erased(
        connection, Log.EVENTS, "record_id in (select event_id from event_seal where batch_id = %s)", (number,)
    )
    return _batch(Log.EVENTS, number, before, hashes, leaf)


def _erased(connection: Connection, log: Log, which: str, values: tuple[int, ...]) -> dict[int, bytes]:
    rows = connection.execute(
        f"select record_id, hash from erased_record where log = %s and {which}".encode(),  # noqa: S608
        (log.value, *values),
    )
    return {record: bytes(hash_) for record, hash_ in rows}


def _batch(log: Log, number: int, before: bytes | None, hashes: dict[int, bytes], leaf: int) -> _Batch:
    ids = sorted(hashes)
    return _Batch(log, number, bytes(before) if before else FIRST_LINK, ids, [hashes[id_] for id_ in ids], leaf)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
