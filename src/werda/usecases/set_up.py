"""Set up an installation, or bring it to this version: schema, roles, key rings and their canaries, our own API key.

Safe to repeat: what is there stays. Keys are made only together with a database that knows none, so that a lost ring
is never replaced by a new one in silence (B5).
"""

from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from werda.keys import ring
from werda.keys.custody import Custody
from werda.keys.known import KeyState, KnownKey
from werda.keys.ring import RingName
from werda.keys.second_factor import SecondFactors
from werda.keys.signer import Signer
from werda.keys.verifier import Verifier
from werda.store import schema
from werda.store.roles import Database, Role
from werda.usecases.create_api_key import Scope, create_api_key

AnyRing = Verifier | Custody | SecondFactors | Signer
AUTHENTICATOR: Final = "authenticator"
"""What a sealed second factor is bound to (`keys.second_factor`)."""


def set_up(database: Database, keys: Path) -> None:
    """Make or upgrade everything. Raises `werda.keys.ring.BadKeyRing` when rings and database do not fit."""
    schema.install(database)
    with database.connect(Role.OWNER) as owner:
        _settle_canaries(owner, keys)
        _settle_second_factors(owner, keys)
        _settle_signer(owner, keys)
        _settle_key(owner, keys / "desk-api-key", "pages", {Scope.VERIFY, Scope.AGENT, Scope.CALLS})
        _settle_key(owner, keys / "portal-api-key", "portal", {Scope.VERIFY, Scope.CONFIRM})


def known_keys(connection: psycopg.Connection[Any], name: RingName) -> dict[int, KnownKey]:
    """What the database knows of a ring, by key id."""
    rows = connection.execute("select key_id, value, state from key_canary where ring = %s", (name.value,))
    return {key_id: KnownKey(bytes(value), KeyState(state)) for key_id, value, state in rows}


def begin_ring(owner: psycopg.Connection[Any], keys: Path, kind: type[AnyRing]) -> None:
    """Make a ring, unless it is there, and let the database know its keys; it must know none in use."""
    ring.create(keys, kind.name)
    made = kind(ring.load(keys, kind.name))
    with owner.cursor() as cursor:
        cursor.executemany(
            "insert into key_canary (ring, key_id, value, state) values (%s, %s, %s, %s)",
            [
                (kind.name.value, key_id, value, KeyState.PRIMARY if key_id == made.key_id else KeyState.FORMER)
                for key_id, value in made.canaries().items()
            ],
        )


def _settle_canaries(owner: psycopg.Connection[Any], keys: Path) -> None:
    known = {kind: known_keys(owner, kind.name) for kind in (Verifier, Custody)}
    for kind, there in known.items():
        if any(known.values()):
            kind.checked(ring.load(keys, kind.name), there)
        else:
            begin_ring(owner, keys, kind)


def _settle_second_factors(owner: psycopg.Connection[Any], keys: Path) -> None:
    """The desk's ring, made when the database knows none; what earlier versions kept in the clear is sealed."""
    if not known_keys(owner, RingName.SECOND_FACTOR):
        begin_ring(owner, keys, SecondFactors)
    second_factors = SecondFactors.checked(
        ring.load(keys, RingName.SECOND_FACTOR), known_keys(owner, RingName.SECOND_FACTOR)
    )
    in_the_clear = owner.execute(
        "select id, data from mfa_authenticator"
        " where coalesce(data ->> 'secret', data ->> 'seed', 'sealed:') not like 'sealed:%'"
    ).fetchall()
    for authenticator, data in in_the_clear:
        sealed = {
            **data,
            **{name: second_factors.seal(AUTHENTICATOR, data[name]) for name in ("secret", "seed") if name in data},
        }
        owner.execute("update mfa_authenticator set data = %s where id = %s", (Jsonb(sealed), authenticator))
    if in_the_clear:  # sessions of that time are in the clear, too, and may hold such a key
        owner.execute("delete from django_session where session_data not like 'sealed:%'")


def _settle_signer(owner: psycopg.Connection[Any], keys: Path) -> None:
    """The ring that signs checkpoints, made when the database knows none."""
    if not known_keys(owner, RingName.AUDIT):
        begin_ring(owner, keys, Signer)
    Signer.checked(ring.load(keys, RingName.AUDIT), known_keys(owner, RingName.AUDIT))


def _settle_key(owner: psycopg.Connection[Any], file: Path, name: str, scopes: set[Scope]) -> None:
    """Pages ask the gate with a key of their own: the desk's may type for an agent and redeem, the portal's not."""
    if file.exists():
        return
    key = create_api_key(owner, name=name, scopes=scopes, brands=[], asserts=False)
    file.touch(mode=0o600)
    file.write_text(key.reveal())
