"""Take a former key out of its ring, when no row names it and no process writes under it any more (B5)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from werda.core.audit import EventKind
from werda.keys import ring
from werda.keys.known import KeyState
from werda.keys.ring import RingName
from werda.keys.signer import Signer
from werda.store.queries.keys import over_at, rows_under
from werda.usecases.announce_key import signs_already
from werda.usecases.answer_once import KEPT_FOR
from werda.usecases.hold_keys import CHANNEL
from werda.usecases.rotate_key import Behind, Connection, Early, Unsealed, finish, holders, record_key
from werda.usecases.set_up import known_keys


@dataclass(frozen=True, slots=True)
class Retired:
    """The key is gone from the ring. `by_hand`: from an environment variable people must take it."""

    key_id: int
    by_hand: bool


@dataclass(frozen=True, slots=True)
class StillNamed:
    """So many rows lie under it, nothing was done. `until`: when those that cannot be made anew are over."""

    key_id: int
    rows: Mapping[str, int]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class NothingFormer:
    """The ring has no key that another took the place of."""


def retire_key(
    owner: Connection, keys: Path, name: RingName, *, now: datetime
) -> Retired | StillNamed | Behind | Early | Unsealed | NothingFormer:
    """Retire the ring's former key. `owner` is in autocommit. Raises `BadKeyRing`."""
    known = known_keys(owner, name)
    text = finish(keys, name, known)
    former = [key_id for key_id, key in known.items() if key.state is KeyState.FORMER]
    if not former:
        return NothingFormer()
    key_id = former[0]
    since = owner.execute(
        "select since from key_canary where ring = %s and key_id = %s", (name.value, key_id)
    ).fetchone()
    assert since is not None
    if name is RingName.VERIFIER and now < since[0] + KEPT_FOR:
        # Tokens of calls that wait, and fingerprints of requests that may be repeated, have no row to be made anew.
        return Early(key_id, since[0] + KEPT_FOR)
    with owner.transaction():
        behind = Counter(role for role, _, writes in holders(owner, name) if key_id in writes)
        if behind:
            return Behind(key_id, behind)
        if name is RingName.AUDIT:
            # Else whoever is given the new key alone would find a record whose end it did not sign.
            [primary] = [key.canary for key in known.values() if key.state is KeyState.PRIMARY]
            if not signs_already(owner, Signer(ring.parse(text, ring.where_of(keys, name))), primary, now):
                return Unsealed(key_id)
        elif rows := rows_under(owner, name.value).get(key_id):
            return StillNamed(key_id, rows, over_at(owner) if name is RingName.VERIFIER else None)
        if name is RingName.VERIFIER:
            owner.execute("select forget_code_key(%s)", (key_id,))
        owner.execute(
            "update key_canary set state = %s, since = %s where ring = %s and key_id = %s",
            (KeyState.RETIRED, now, name.value, key_id),
        )
        record_key(owner, EventKind.KEY_RETIRED, name, key_id, now)
    finish(keys, name, known_keys(owner, name))
    owner.execute("select pg_notify(%s, '')", (CHANNEL,))
    return Retired(key_id, ring.in_environment(name))
