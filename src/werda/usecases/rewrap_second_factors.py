"""Seal agents' second factors and sessions anew under the primary key of the desk's ring (A10, B5).

As the owner and by a command, because no process but the desk has this ring, and the desk may change no authenticator.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from werda.keys.ring import BadKeyRing
from werda.keys.second_factor import SecondFactors
from werda.usecases.rewrap import Rewrapped, former_keys
from werda.usecases.set_up import AUTHENTICATOR

SESSION = "session"
"""What a sealed session is bound to."""


def rewrap_second_factors(owner: psycopg.Connection[Any], ring: SecondFactors) -> Rewrapped:
    """Seal anew; `owner` in autocommit. Who changes a row meanwhile seals it under the primary key themselves."""
    if not former_keys(owner, ring.name, ring.key_id):
        return Rewrapped()
    done = unlike = 0
    for authenticator, data in owner.execute("select id, data from mfa_authenticator order by id").fetchall():
        names = [name for name in ("secret", "seed") if ring.is_sealed(data.get(name, ""))]
        anew = _anew(ring, AUTHENTICATOR, [data[name] for name in names])
        if anew is None:
            unlike += 1
        elif names:
            done += owner.execute(
                "update mfa_authenticator set data = %s where id = %s and data = %s",
                (Jsonb({**data, **dict(zip(names, anew, strict=True))}), authenticator, Jsonb(data)),
            ).rowcount
    for key, data in owner.execute("select session_key, session_data from django_session").fetchall():
        anew = _anew(ring, SESSION, [data])
        if anew is None:  # it is no session to the desk either
            owner.execute("delete from django_session where session_key = %s and session_data = %s", (key, data))
        else:
            done += owner.execute(
                "update django_session set session_data = %s where session_key = %s and session_data = %s",
                (anew[0], key, data),
            ).rowcount
    return Rewrapped(done, unlike)


def _anew(ring: SecondFactors, place: str, sealed: Sequence[str]) -> list[str] | None:
    try:
        return [ring.seal(place, ring.open(place, text)) for text in sealed]
    except BadKeyRing:
        return None
