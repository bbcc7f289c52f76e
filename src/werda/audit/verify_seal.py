"""Check everything that was recorded: attempts in their lanes, events in their batches, the tree over both, and every
signed root, those that lie outside the database too (design decision 5).

Nothing of the database is believed but its rows: lines and hashes are computed here. What lies outside tells what the
database must have held then: whoever cuts the record off or writes it anew, with whatever rights, no longer fits it.
What a restore lost is told from that by a signature (core.resumption).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from werda.audit.verify_lanes import Broken, Whole, verify_lanes_at_hand
from werda.core.audit import FIRST_LINK, EventRow, Log, batch_hash, event_line, line_hash
from werda.core.checkpoint import FIRST, Signed, key_hash, leaf_of, read_note
from werda.core.merkle import Frontier
from werda.core.resumption import Resumed, Resumption, resumed_by
from werda.core.succession import Announced, Reign, Succession, Verifies, announced_by

_AT_ONCE: Final = 2_000

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything is as it was recorded. `unsealed` events are too young; of `erased` rows their hashes are left.

    `keys` are those that signed, in their order. `resumed` says what restores lost, `missing` are the checkpoints from
    outside that are of what was lost; as of a restore that was not resumed, those of what is not there.
    """

    attempts: Whole
    events: int
    unsealed: int
    erased: int
    leaves: int
    checkpoints: int
    outside: int
    keys: tuple[Reign, ...]
    resumed: tuple[Resumption, ...]
    missing: tuple[Signed, ...]


@dataclass(frozen=True, slots=True)
class BrokenSeal:
    """The first place that is not as it was recorded, in words such as ``event 17``."""

    place: str
    reason: str


def verify_record(
    connection: Connection,
    believed: Sequence[bytes],
    verifies: Verifies,
    outside: Sequence[Signed | None] = (),
    progress: Callable[[str, int], None] = lambda _what, _done: None,
    *,
    restored: bool = False,
) -> Checked | Broken | BrokenSeal:
    """Check what the database holds, as of one moment; `outside` are checkpoints that were kept elsewhere.

    `believed` are public keys; those that follow from them are found in the record (core.succession).

    `restored`: just after a restore events were counted anew, and checkpoints from outside may know more than is there.

    The connection must not be in a transaction. What is recorded meanwhile is not part of the check.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        attempts = verify_lanes_at_hand(connection, lambda done: progress("attempts", done))
        if isinstance(attempts, Broken):
            return attempts
        events = _events(connection, lambda done: progress("events", done), restored=restored)
        if isinstance(events, BrokenSeal):
            return events
        signers = _signers(connection, believed, verifies, events.announced)
        tree = _tree(connection, signers, outside)
        if isinstance(tree, BrokenSeal):
            return tree
        if (doubted := signers.succession.doubted(believed)) is not None:
            return BrokenSeal(f"checkpoint {doubted.since}", _DOUBTED)
        resumed = tuple(said.resumption for said in events.resumed if signers.signed(said))
        missing = _unfit(tree, resumed, restored=restored)
        if isinstance(missing, BrokenSeal):
            return missing
        return Checked(
            attempts=attempts,
            events=events.count,
            unsealed=_count(connection, "select count(*) from event e where not exists (select from event_seal s"
                            " where s.event_id = e.id)"),
            erased=_count(connection, "select count(*) from erased_record"),
            leaves=tree.leaves,
            checkpoints=tree.checkpoints,
            outside=len(outside),
            keys=tuple(signers.succession.reigns),
            resumed=resumed,
            missing=missing,
        )  # fmt: skip


_DOUBTED: Final = (
    "it is not signed with this key, nor with one that was announced under it; if the key was lost, give its successor,"
    " as it was published then"
)


@dataclass(frozen=True, slots=True)
class _Signers:
    """Every key that may have signed, by the hash that a note names it with, and who followed whom."""

    candidates: dict[bytes, list[bytes]]
    succession: Succession
    verifies: Verifies

    def of(self, note: Signed) -> bytes | None:
        """Who signed a note."""
        data = note.checkpoint.text.encode()
        candidates = self.candidates.get(note.key_hash, ())
        return next((key for key in candidates if self.verifies(key, data, note.signature)), None)

    def signed(self, said: Resumed) -> bool:
        """Whether a resumption is signed by who signed checkpoints then."""
        keys = self.succession.around(said.leaf)
        return any(self.verifies(key, said.resumption.text, said.signature) for key in keys)


def _signers(
    connection: Connection, believed: Sequence[bytes], verifies: Verifies, announced: Sequence[Announced]
) -> _Signers:
    """What the database holds as public keys is not believed for that; it says where to look for signatures."""
    stored = connection.execute("select value from key_canary where ring = 'audit'").fetchall()
    candidates: dict[bytes, list[bytes]] = {}
    for key in dict.fromkeys([*believed, *(bytes(value) for (value,) in stored), *(a.public_key for a in announced)]):
        candidates.setdefault(key_hash(key), []).append(key)
    by_key: dict[bytes, list[Announced]] = {}
    for said in announced:
        by_key.setdefault(said.public_key, []).append(said)
    return _Signers(candidates, Succession(by_key, verifies), verifies)


def _count(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A sealed event, or what is left of it."""

    batch: int
    event: EventRow | None
    event_id: int
    erased: bytes | None

    @property
    def hash(self) -> bytes | None:
        """Its hash; None when it is gone, or there beside its hash."""
        if (self.event is None) == (self.erased is None):
            return None
        return line_hash(event_line(self.event)) if self.event else self.erased


def _sealed(rows: Iterable[tuple[Any, ...]]) -> Iterator[_Sealed]:
    for batch, event_id, erased, *event in rows:
        yield _Sealed(batch, EventRow(*event) if event[0] is not None else None, event_id, erased)


@dataclass(frozen=True, slots=True)
class _Events:
    """So many events are sealed; these announce a key, and these say that the record was resumed."""

    count: int
    announced: list[Announced]
    resumed: list[Resumed]


def _events(connection: Connection, progress: Callable[[int], None], *, restored: bool = False) -> _Events | BrokenSeal:
    """Every batch of events: its rows, its hash, its place in the chain, its leaf."""
    batches = connection.execute(
        "select b.id, b.from_txid, b.to_txid, b.hash, l.hash, l.leaf from event_batch b full join"
        " (select * from seal_leaf where log = %s) l on l.batch = b.id order by coalesce(b.id, l.batch)",
        (Log.EVENTS.value,),
    ).fetchall()
    number, ends, link, count = 0, 0, FIRST_LINK, 0
    announced: list[Announced] = []
    resumed: list[Resumed] = []
    with connection.cursor("sealed_events", row_factory=tuple_row) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(
            "select s.batch_id, s.event_id, r.hash, e.id, e.at, e.txid, e.kind, e.brand_id, e.customer_id, e.call_id,"
            " e.actor, e.detail::text, e.salt from event_seal s left join event e on e.id = s.event_id"
            " left join erased_record r on r.log = %s and r.record_id = s.event_id order by s.batch_id, s.event_id",
            (Log.EVENTS.value,),
        )
        rows = _sealed(cursor)
        ahead = next(rows, None)
        for batch, from_txid, to_txid, hash_, leaf, leaf_number in batches:
            if batch != number + 1 or from_txid != ends or leaf is None:
                return BrokenSeal(f"batch {number + 1} of events", "it is not there as it was sealed")
            number, ends = batch, to_txid
            hashes: list[bytes] = []
            while ahead is not None and ahead.batch == batch:
                if ahead.hash is None or (ahead.event and not from_txid <= ahead.event.txid < to_txid):
                    return BrokenSeal(f"event {ahead.event_id}", "it is gone, or not where it was sealed")
                hashes.append(ahead.hash)
                if ahead.event and (said := announced_by(ahead.event, leaf_number)):
                    announced.append(said)
                if ahead.event and (gone := resumed_by(ahead.event, leaf_number)):
                    resumed.append(gone)
                last, ahead = ahead.event_id, next(rows, None)
            link = batch_hash(link, hashes)
            if link != bytes(hash_):
                where = f"event {last}" if hashes else f"batch {batch} of events"
                return BrokenSeal(where, f"a row of batch {batch} of events, up to it, is not as it was sealed")
            if leaf_of(Log.EVENTS, batch, link) != bytes(leaf):
                return BrokenSeal(f"batch {batch} of events", "its leaf is not the one that was sealed")
            count += len(hashes)
            progress(count)
        if ahead is not None:
            return BrokenSeal(f"event {ahead.event_id}", "it is sealed in a batch that is not there")
    slipped = connection.execute(
        "select id from event e where txid < %s and not exists (select from event_seal s where s.event_id = e.id)"
        " and not (%s and e.id > (select max(event_id) from event_seal)"
        "  and e.at >= (select at from sealed_checkpoint order by size desc limit 1)) order by id limit 1",
        (ends, restored),
    ).fetchone()
    if slipped:
        return BrokenSeal(f"event {slipped[0]}", "it was slipped in after its time was sealed")
    return _Events(count, announced, resumed)


@dataclass(frozen=True, slots=True)
class _Tree:
    """So many leaves and checkpoints there are; `unfit` are the checkpoints from outside that do not fit, in order."""

    leaves: int
    checkpoints: int
    unfit: list[Signed]


def _tree(connection: Connection, signers: _Signers, outside: Sequence[Signed | None]) -> _Tree | BrokenSeal:
    """The tree over all leaves, and every signed root."""
    there: dict[int, list[Signed]] = {}
    for place, note in enumerate(outside, start=1):
        if note is None or signers.of(note) is None:
            return BrokenSeal(f"checkpoint {place} of the file", "it is damaged, or not signed with this key")
        there.setdefault(note.checkpoint.size, []).append(note)
    frontier, previous, count, signed_up_to = Frontier(), FIRST, 0, 0
    unfit: list[Signed] = []
    with connection.cursor("tree") as leaves, connection.cursor("checkpoints") as checkpoints:
        leaves.itersize = checkpoints.itersize = _AT_ONCE
        leaves.execute("select leaf, log, hash from seal_leaf order by leaf")
        checkpoints.execute("select size, at, note, frontier from sealed_checkpoint order by size")
        rows = iter(checkpoints)
        ahead = next(rows, None)
        for leaf, log, hash_ in leaves:
            if leaf != frontier.size or log not in set(Log):
                return BrokenSeal(f"leaf {frontier.size}", "it is not there any more")
            frontier.append(bytes(hash_))
            unfit += [note for note in there.get(frontier.size, ()) if note.checkpoint.root != frontier.root]
            if ahead is None or ahead[0] > frontier.size:
                continue
            signed = _follows(ahead, previous, frontier, signers)
            if isinstance(signed, BrokenSeal):
                return signed
            previous, count, signed_up_to = signed, count + 1, frontier.size
            ahead = next(rows, None)
    if ahead is not None:
        return _cut_off(frontier.size, ahead[0])
    if signed_up_to != frontier.size:
        return BrokenSeal(f"leaf {signed_up_to}", "it and what follows was never signed")
    unfit += [note for size in sorted(there) if size > frontier.size for note in there[size]]
    return _Tree(frontier.size, count, unfit)


def _unfit(tree: _Tree, resumed: Sequence[Resumption], *, restored: bool) -> tuple[Signed, ...] | BrokenSeal:
    """The checkpoints from outside that are of what a restore lost; any other that does not fit is a breach."""
    for note in tree.unfit:
        size = note.checkpoint.size
        if any(gap.excuses(note.checkpoint) for gap in resumed) or (restored and size > tree.leaves):
            continue
        if size > tree.leaves:
            return _cut_off(tree.leaves, tree.unfit[-1].checkpoint.size)
        return BrokenSeal(f"checkpoint {size}", "what was recorded before it is not what it signed")
    return tuple(tree.unfit)


def _cut_off(leaves: int, signed: int) -> BrokenSeal:
    return BrokenSeal(f"leaf {leaves}", f"the record was cut off here: a checkpoint signed {signed} leaves")


def _follows(
    stored: tuple[int, datetime, str, bytes], previous: bytes, frontier: Frontier, signers: _Signers
) -> bytes | BrokenSeal:
    """Whether a stored checkpoint is good, follows the one before, and signs the tree so far; its hash."""
    size, at, text, peaks = stored
    place = f"checkpoint {size}"
    note = read_note(text)
    by = signers.of(note) if note else None
    if note is None or by is None or (note.checkpoint.size, note.checkpoint.at) != (size, at):
        return BrokenSeal(place, "it is damaged, or not signed with this key")
    if wrong := signers.succession.signs(size, by):
        return BrokenSeal(place, wrong)
    if note.checkpoint.previous != previous:
        return BrokenSeal(place, "it does not follow the one before it")
    if (size, note.checkpoint.root) != (frontier.size, frontier.root):
        return BrokenSeal(place, "what was recorded before it is not what it signed")
    if bytes(peaks) != frontier.to_bytes():
        return BrokenSeal(place, "the tree it would go on with is another")
    return note.checkpoint.hash
