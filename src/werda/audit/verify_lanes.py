"""Check the log of attempts offline: every row is in its batch, every batch in its lane's chain (design decision 5).

A lane is one database connection of a gate. Its attempts carry ids ``lane << 32 | seq``; each batch keeps a hash over
all columns of its rows and over the hash before it, so a row that was changed, removed or slipped in is found, and so
is a batch. Of an erased attempt its hash is left and stands in its place (A9). What this cannot see is the end of a
lane: somebody with the owner's rights can cut it off, or compute all of its later hashes anew. Against that each batch
is a leaf of a tree whose roots are signed and kept outside (audit.verify_seal).
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from werda.core.audit import FIRST_LINK, AttemptRow, Log, attempt_line, batch_hash, line_hash
from werda.core.checkpoint import leaf_of

_SEQ: Final = (1 << 32) - 1
_AT_ONCE: Final = 2_000  # rows the server sends at a time


@dataclass(frozen=True, slots=True)
class Batch:
    """A stored batch: the ids it covers, both included, and its hash of 32 bytes."""

    first_id: int
    last_id: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Whole:
    """Every row is as it was written."""

    lanes: int
    batches: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place, in the order of ids, that is not as it was written.

    `attempt_id` names the attempt, or the first one of the batch that does not fit: a batch has one hash for all its
    rows, at most 128. `reason` says what is wrong.
    """

    attempt_id: int
    reason: str

    @property
    def lane(self) -> int:
        """The lane it is in."""
        return self.attempt_id >> 32


def verify_lanes(
    batches: Iterable[Batch],
    attempts: Iterable[tuple[int, bytes]],
    leaves: Iterable[tuple[int, bytes]] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Whole | Broken:
    """Check all lanes in one pass; batches, the ids and hashes of attempts, and of sealed batches the first ids and
    leaves, all in the order of ids. Memory holds one batch at a time.
    """  # fmt: skip
    rows, sealed = _Ahead(attempts), _Ahead(leaves)
    open_lane = -1  # the lane in which a batch is not sealed yet: then no later one of it is
    lanes = batch_count = attempt_count = 0
    end, link = 0, FIRST_LINK
    for batch in batches:
        if batch.first_id >> 32 != end >> 32 or not end:
            lanes += 1
            end, link = batch.first_id & ~_SEQ, FIRST_LINK
        if (row := rows.before(batch.first_id)) is not None:
            return Broken(row, "an attempt that no batch covers")
        if batch.first_id != end + 1 or batch.last_id < batch.first_id or batch.last_id >> 32 != end >> 32:
            return Broken(batch.first_id, "its batch does not follow the one before it")
        covered = list(rows.up_to(batch.last_id))
        if not covered:
            return Broken(batch.first_id, "its batch has no attempts")
        link = batch_hash(link, (row_hash for _, row_hash in covered))
        if link != batch.hash:
            return Broken(covered[0][0], f"a row of its batch, up to {batch.last_id}, is not as it was written")
        if (gone := sealed.before(batch.first_id)) is not None:
            return Broken(gone, "a sealed batch that is not there any more")
        leaf = dict(sealed.up_to(batch.first_id)).get(batch.first_id)
        if leaf is None:
            open_lane = batch.first_id >> 32
        elif open_lane == batch.first_id >> 32 or leaf != leaf_of(Log.ATTEMPTS, batch.first_id, batch.hash):
            return Broken(batch.first_id, "its batch is not the one that was sealed")
        end, batch_count, attempt_count = batch.last_id, batch_count + 1, attempt_count + len(covered)
        progress(attempt_count)
    if rows.next is not None:
        return Broken(rows.next[0], "an attempt that no batch covers")
    if sealed.next is not None:
        return Broken(sealed.next[0], "a sealed batch that is not there any more")
    return Whole(lanes, batch_count, attempt_count)


def verify_stored_lanes(connection: psycopg.Connection[Any]) -> Whole | Broken:
    """Check what the database holds, as of one moment.

    The connection must not be in a transaction. Attempts counted meanwhile are not part of the check.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        return verify_lanes_at_hand(connection)


def verify_lanes_at_hand(
    connection: psycopg.Connection[Any], progress: Callable[[int], None] = lambda _: None
) -> Whole | Broken:
    """The same within a transaction that is a repeatable read.

    The connection reads `attempt`, `attempt_batch`, `seal_leaf` and `erased_record`.
    """
    with (
        connection.cursor("batches", row_factory=class_row(Batch)) as batches,
        connection.cursor("attempts", row_factory=class_row(AttemptRow)) as attempts,
        connection.cursor("erased") as erased,
        connection.cursor("leaves") as leaves,
    ):
        batches.itersize = attempts.itersize = erased.itersize = leaves.itersize = _AT_ONCE
        batches.execute("select first_id, last_id, hash from attempt_batch order by first_id")
        attempts.execute(
            "select id, at, brand_id, customer_id, person_id, own_line, channel, method, outcome, failures, level,"
            " line_id, call_id, tries, calling_number, trunk, agent_id, api_key_id, idempotency_key, request_mac,"
            " salt from attempt order by id"
        )
        erased.execute("select record_id, hash from erased_record where log = %s order by record_id", (Log.ATTEMPTS,))
        leaves.execute("select batch, hash from seal_leaf where log = %s order by batch", (Log.ATTEMPTS,))
        hashes = ((row.id, line_hash(attempt_line(row))) for row in attempts)
        return verify_lanes(batches, heapq.merge(hashes, erased), leaves, progress)


class _Ahead:
    """A stream of ids and hashes that shows the next one before it is taken."""

    def __init__(self, rows: Iterable[tuple[int, bytes]]) -> None:
        self._rows = iter(rows)
        self.next = next(self._rows, None)

    def before(self, attempt_id: int) -> int | None:
        """The id of the next row if it comes before this one."""
        return self.next[0] if self.next is not None and self.next[0] < attempt_id else None

    def up_to(self, attempt_id: int) -> Iterator[tuple[int, bytes]]:
        """Take the rows up to this id."""
        while self.next is not None and self.next[0] <= attempt_id:
            yield self.next
            self.next = next(self._rows, None)
