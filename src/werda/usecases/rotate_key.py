"""Put another key in the place of a ring's, while everything goes on (B5).

Two steps. A key is *added*: it is in the ring, and nobody writes under it. When every process that holds the ring has
it too - they say so by locks of their sessions, sql/42_key_rings.sql - it is *promoted*: what is written from now on
is under it. What lies under the former key is made anew (`usecases.rewrap`), and then that key is retired
(`usecases.retire_key`). Whatever was interrupted goes on with the same command.

Under the key that signs checkpoints nothing lies. Another one is announced under it, and that is sealed before it is
promoted (`usecases.announce_key`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import tink
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.secret import Secret
from werda.keys import keyset, ring
from werda.keys.custody import Custody
from werda.keys.known import KeyState, KnownKey
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.second_factor import SecondFactors
from werda.keys.signer import Signer
from werda.keys.verifier import Verifier
from werda.usecases.announce_key import announced_as, announcement_is_sealed
from werda.usecases.hold_keys import CHANNEL
from werda.usecases.set_up import AnyRing, known_keys

Connection = psycopg.Connection[Any]

KINDS: Final[Mapping[RingName, type[AnyRing]]] = {
    kind.name: kind for kind in (Verifier, Custody, SecondFactors, Signer)
}
SETTLE: Final = timedelta(seconds=5)
"""So long a key stays added: a process that lost its session to the database says again what it has within a second."""


@dataclass(frozen=True, slots=True)
class Added:
    """The ring has the key; processes learn it now."""

    key_id: int


@dataclass(frozen=True, slots=True)
class Promoted:
    """New values lie under this key. `by_hand`: the ring is in a variable, where people must make it primary."""

    key_id: int
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Early:
    """Not before `SETTLE` is over; nothing was done."""

    key_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Behind:
    """So many processes of these database roles have not followed yet; nothing was done."""

    key_id: int
    processes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The last rotation's key is still there; nothing was done."""

    key_id: int


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The record is not sealed as far as it must be for this step, since older work has not ended; nothing was done."""

    key_id: int


Step = Added | Promoted | Early | Behind | Unfinished | Unsealed


def rotate_step(owner: Connection, keys: Path, name: RingName, *, now: datetime) -> Step:
    """Do the next step. `owner` is in autocommit. Raises `BadKeyRing`."""
    known = known_keys(owner, name)
    text = finish(keys, name, known)
    for key_id, key in known.items():
        if key.state is KeyState.ADDED:
            return _promote(owner, keys, name, text, key_id, now)
    for key_id, key in known.items():
        if key.state is KeyState.FORMER:
            return Unfinished(key_id)
    return _add(owner, keys, name, text, known, now)


def finish(keys: Path, name: RingName, known: Mapping[int, KnownKey]) -> Secret:
    """Bring the ring to what the database says, where a command was interrupted between the two; gives its text."""
    text = ring.text_of(keys, name)
    KINDS[name].checked(ring.parse(text, ring.where_of(keys, name)), known)
    if ring.in_environment(name):
        return text
    there = text
    for key_id, key in known.items():
        if key.state is KeyState.PRIMARY and keyset.primary_of(text) != key_id:
            text = keyset.with_primary(text, key_id)
    for key_id, key in known.items():
        if key.state is KeyState.RETIRED and key_id in keyset.key_ids(text):
            text = keyset.without(text, key_id)
    if text != there:
        ring.write(keys, name, text)
    return text


def _add(
    owner: Connection, keys: Path, name: RingName, text: Secret, known: Mapping[int, KnownKey], now: datetime
) -> Added:
    """One that is in the ring and that the database does not know was brought by hand, or its adding interrupted."""
    unknown = [key_id for key_id in keyset.key_ids(text) if key_id not in known]
    if not unknown and ring.in_environment(name):
        raise BadKeyRing(
            f"the {name} ring comes from {ring.variable_of(name)}, which Werda cannot change; add an enabled key to the"
            " keyset that is not its primary one, start all processes anew with it, and repeat this command"
        )
    if not unknown:
        text = keyset.with_another(text, name)
        unknown = [key_id for key_id in keyset.key_ids(text) if key_id not in known]
        ring.write(keys, name, text)
    key_id = unknown[0]
    handle = ring.parse(text, ring.where_of(keys, name))
    alone = ring.parse(keyset.with_primary(text, key_id), ring.where_of(keys, name))
    with owner.transaction():
        owner.execute(
            "insert into key_canary (ring, key_id, value, state, since) values (%s, %s, %s, %s, %s)",
            (name.value, key_id, KINDS[name](alone).canaries()[key_id], KeyState.ADDED, now),
        )
        record_key(owner, EventKind.KEY_ADDED, name, key_id, now, said_of(name, handle, key_id))
    return Added(key_id)


def _promote(owner: Connection, keys: Path, name: RingName, text: Secret, key_id: int, now: datetime) -> Step:
    if key_id not in keyset.key_ids(text):
        raise BadKeyRing(f"the {name} ring has no key {key_id}, which was added; copy the ring here that has it")
    row = owner.execute("select since from key_canary where ring = %s and key_id = %s", (name.value, key_id)).fetchone()
    assert row is not None
    if now < row[0] + SETTLE:
        return Early(key_id, row[0] + SETTLE)
    if name is RingName.AUDIT:
        signer = Signer(ring.parse(text, ring.where_of(keys, name)))
        if not announcement_is_sealed(owner, signer, key_id, now):
            return Unsealed(key_id)
    with owner.transaction():
        behind = Counter(role for role, knows, _ in holders(owner, name) if key_id not in knows)
        if behind:
            return Behind(key_id, behind)
        for state, moved in ((KeyState.FORMER, "state = 'primary'"), (KeyState.PRIMARY, "key_id = %(key)s")):
            owner.execute(
                f"update key_canary set state = %(state)s, since = %(now)s where ring = %(ring)s and {moved}".encode(),  # noqa: S608
                {"state": state, "now": now, "ring": name.value, "key": key_id},
            )
        record_key(owner, EventKind.KEY_PROMOTED, name, key_id, now)
    finish(keys, name, known_keys(owner, name))
    owner.execute("select pg_notify(%s, '')", (CHANNEL,))
    return Promoted(key_id, ring.in_environment(name))


def holders(owner: Connection, name: RingName) -> list[tuple[str, list[int], list[int]]]:
    """Who holds the ring: role, keys, and under which they write. Nobody loads it until the transaction ends."""
    return owner.execute("select role, knows, writes from ring_holders(%s)", (name.value,)).fetchall()


def said_of(name: RingName, handle: tink.KeysetHandle, key_id: int) -> Mapping[str, str]:
    """What an event says of a new key beside its id: nothing, or the public half of one that signs."""
    return announced_as(Signer(handle), key_id) if name is RingName.AUDIT else {}


def record_key(
    owner: Connection,
    kind: EventKind,
    name: RingName,
    key_id: int,
    now: datetime,
    said: Mapping[str, str] | None = None,
) -> None:
    """Write the event of a step, and let the processes know."""
    owner.execute(
        "insert into event (at, kind, actor, detail) values (%s, %s, 'operator', %s)",
        (now, kind.value, Jsonb({"ring": name.value, "key": key_id, **(said or {})})),
    )
    owner.execute("select pg_notify(%s, '')", (CHANNEL,))
