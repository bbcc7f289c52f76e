"""Announce the key that will sign checkpoints next, under the one that signs them now (core.succession).

Whoever believes the former key, from wherever they have it, can so believe the next one. The event is sealed before the
next key signs anything.
"""

import base64
from datetime import datetime
from typing import Any

import psycopg

from werda.core.audit import EventKind, Log
from werda.core.checkpoint import key_hash, read_note
from werda.core.succession import announcement
from werda.keys.ring import RingName
from werda.keys.signer import Signer
from werda.usecases.seal_record import seal

Connection = psycopg.Connection[Any]


def announced_as(signer: Signer, key_id: int) -> dict[str, str]:
    """What the event says of one of the ring's keys: its public half, signed under the key that signs now."""
    public_key = signer.canaries()[key_id]
    said = {"public": base64.b64encode(public_key).decode()}
    if key_id != signer.key_id:
        said["signature"] = base64.b64encode(signer.sign(announcement(public_key))).decode()
    return said


def announcement_is_sealed(owner: Connection, signer: Signer, key_id: int, now: datetime) -> bool:
    """Whether the announcement of a key is sealed under the present one; what is not sealed yet is sealed, if it can
    be. Raises `werda.usecases.seal_record.CounterWentBack`.
    """
    for _ in range(2):
        row = owner.execute(
            "select exists (select from event e join event_seal s on s.event_id = e.id"
            " join seal_leaf l on l.log = %s and l.batch = s.batch_id"
            " where e.kind = %s and e.detail ->> 'public' = %s)",
            (Log.EVENTS.value, EventKind.KEY_ADDED, announced_as(signer, key_id)["public"]),
        ).fetchone()
        if row is not None and row[0]:
            return True
        seal(owner, signer, now)
    return False


def signs_already(owner: Connection, signer: Signer, public_key: bytes, now: datetime) -> bool:
    """Whether the newest checkpoint is signed under this key; if not, one is made where it can be.

    Nobody may write under another. Raises `werda.usecases.seal_record.CounterWentBack`.
    """
    for _ in range(2):
        row = owner.execute("select note from sealed_checkpoint order by size desc limit 1").fetchone()
        signed = read_note(row[0]) if row else None
        if signed is not None and signed.key_hash == key_hash(public_key):
            return True
        seal(owner, signer, now)
    return False


def public_keys(connection: Connection) -> list[tuple[bytes, str, datetime]]:
    """Every key that ever signed or may sign: its public half, its state, since when; the newest first."""
    rows = connection.execute(
        "select value, state, since from key_canary where ring = %s"
        " order by array_position('{primary,added,former,retired}', state), since desc",
        (RingName.AUDIT.value,),
    )
    return [(bytes(value), state, since) for value, state, since in rows]
