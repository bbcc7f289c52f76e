"""Seal what was recorded: batches of events, a leaf for every batch, and a signed root over all leaves (decision 5).

Events are plain rows, so that no use case waits for another. They are sealed once all transactions as old as theirs
have ended: then nothing can still appear among them. Attempts come in batches of their own lanes already. The worker
appends a leaf for each batch that is new, and signs the root, chained to the one before; nothing new, no checkpoint.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from werda.core.audit import FIRST_LINK, EventRow, Log, batch_hash, event_line, line_hash
from werda.core.checkpoint import FIRST, Checkpoint, key_hash, leaf_of, read_note
from werda.core.merkle import Frontier
from werda.keys.known import KeyState
from werda.keys.signer import Signer
from werda.store.queries.transactions import horizon

Connection = psycopg.Connection[Any]

_MOST: Final = 20_000
"""So many events, and batches of attempts, are sealed at a time; more may wait."""


class CounterWentBack(RuntimeError):
    """The database counts transactions from a smaller number than it did: it was restored from a dump."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a piece of work sealed. `checkpoint` is the new one, None when nothing was new."""

    events: int
    batches: int
    checkpoint: Checkpoint | None


def seal(connection: Connection, signer: Signer, now: datetime) -> Sealed:
    """Seal what is new, in one transaction; of two workers one seals. Raises `CounterWentBack`."""
    with connection.transaction():
        row = connection.execute("select pg_try_advisory_xact_lock(hashtextextended('werda:seal', 0))").fetchone()
        if row is None or not row[0]:
            return Sealed(0, 0, None)
        frontier, previous, named = _last(connection)
        if not _may_sign(connection, signer, named):
            return Sealed(0, 0, None)
        events = _seal_events(connection)
        leaves = [*_new_events(connection), *_new_attempts(connection)]
        if not leaves:
            return Sealed(0, 0, None)
        with connection.cursor() as cursor, cursor.copy("copy seal_leaf (leaf, log, batch, hash) from stdin") as copy:
            for log, batch, hash_ in leaves:
                leaf = leaf_of(log, batch, hash_)
                copy.write_row((frontier.size, log.value, batch, leaf))
                frontier.append(leaf)
        checkpoint = Checkpoint(frontier.size, frontier.root, now, previous)
        connection.execute(
            "insert into sealed_checkpoint (size, at, note, frontier) values (%s, %s, %s, %s)",
            (
                *(checkpoint.size, now),
                checkpoint.note(signer.public_key, signer.sign(checkpoint.text.encode())),
                frontier.to_bytes(),
            ),
        )
    return Sealed(events, len(leaves), checkpoint)


def _may_sign(connection: Connection, signer: Signer, named: bytes) -> bool:
    """The primary key signs; a former one goes on until the primary one has signed, and never after it.

    Of two workers one may learn of a rotation later. `named` is the key of the last checkpoint, as a note names it.
    """
    row = connection.execute(
        "select state from key_canary where ring = %s and key_id = %s", (signer.name.value, signer.key_id)
    ).fetchone()
    state = row[0] if row else None
    return state == KeyState.PRIMARY or (state == KeyState.FORMER and named == key_hash(signer.public_key))


def _last(connection: Connection) -> tuple[Frontier, bytes, bytes]:
    """The tree as the last checkpoint left it, that checkpoint's hash, and by which hash it names its key."""
    row = connection.execute("select size, note, frontier from sealed_checkpoint order by size desc limit 1").fetchone()
    if row is None:
        return Frontier(), FIRST, b""
    signed = read_note(row[1])
    if signed is None:
        raise ValueError("the last checkpoint is damaged; `werda audit verify` says what else is")
    return Frontier.from_bytes(row[0], bytes(row[2])), signed.checkpoint.hash, signed.key_hash


def counter_went_back(connection: Connection) -> bool:
    """Whether transactions are counted from below what is sealed, or were when an event was written that is not."""
    last = connection.execute(
        "select to_txid, (select coalesce(max(event_id), 0) from event_seal) from event_batch order by id desc limit 1"
    ).fetchone()
    if last is None:
        return False
    ends, newest = last
    if horizon(connection) < ends:
        return True
    # The count may have come up to the old one meanwhile. Ids go on in a restore, so what was written before shows.
    row = connection.execute("select exists (select from event where id > %s and txid < %s)", (newest, ends)).fetchone()
    return row is not None and bool(row[0])


def _seal_events(connection: Connection) -> int:
    """One batch of all events whose transactions, and all as old, have ended. Gives how many."""
    if counter_went_back(connection):
        raise CounterWentBack(
            "events cannot be sealed: the database counts transactions anew, as after a restore from a dump; run"
            " `werda audit resume`, which checks what was restored and lets sealing go on"
        )
    ended = horizon(connection)
    last = connection.execute("select id, to_txid, hash from event_batch order by id desc limit 1").fetchone()
    number, begins, link = (last[0], last[1], bytes(last[2])) if last else (0, 0, FIRST_LINK)
    # No more than a chunk at a time, but always whole transactions.
    chunk = connection.execute(
        "select max(txid) + 1 from (select txid from event where txid >= %s and txid < %s order by txid limit %s) e",
        (begins, ended, _MOST),
    ).fetchone()
    if chunk is None or chunk[0] is None:
        return 0
    ends: int = chunk[0]
    events = connection.execute(
        "select id, at, txid, kind, brand_id, customer_id, call_id, actor, detail::text, salt from event"
        " where txid >= %s and txid < %s order by id",
        (begins, ends),
    ).fetchall()
    hashes = (line_hash(event_line(EventRow(*event))) for event in events)
    connection.execute(
        "insert into event_batch (id, from_txid, to_txid, hash) values (%s, %s, %s, %s)",
        (number + 1, begins, ends, batch_hash(link, hashes)),
    )
    with connection.cursor() as cursor, cursor.copy("copy event_seal (event_id, batch_id) from stdin") as copy:
        for event in events:
            copy.write_row((event[0], number + 1))
    return len(events)


def _new_events(connection: Connection) -> Iterable[tuple[Log, int, bytes]]:
    rows = connection.execute(
        "select id, hash from event_batch b where id > coalesce("
        " (select max(batch) from seal_leaf where log = %s), 0) order by id",
        (Log.EVENTS.value,),
    )
    return [(Log.EVENTS, batch, bytes(hash_)) for batch, hash_ in rows]


def _new_attempts(connection: Connection) -> Iterable[tuple[Log, int, bytes]]:
    """Batches behind the last sealed one of each lane: a lane's commits are one after the other."""
    rows = connection.execute(
        "select b.first_id, b.hash from lane l"
        " cross join lateral (select max(batch) as last from seal_leaf"
        "  where log = %s and batch >= l.id << 32 and batch < (l.id + 1) << 32) sealed"
        " cross join lateral (select first_id, hash from attempt_batch"
        "  where first_id < (l.id + 1) << 32 and first_id > greatest(l.id << 32, sealed.last)"
        "  order by first_id limit %s) b order by b.first_id limit %s",
        (Log.ATTEMPTS.value, _MOST, _MOST),
    )
    return [(Log.ATTEMPTS, batch, bytes(hash_)) for batch, hash_ in rows]
