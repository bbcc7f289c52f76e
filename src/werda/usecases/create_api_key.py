"""Create, list and revoke the keys with which integrators and our own pages ask the gate.

A key is shown once, when it is made: ``wk_<id>_<secret>``. Kept is a SHA-256 of the secret part, which has 256 random
bits and needs no slow hash.
"""

import hashlib
import secrets
from collections.abc import Collection
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.secret import Secret


class Scope(StrEnum):
    """What a key may do."""

    VERIFY = "verify"  # offer digits
    AGENT = "agent"  # our pages', who vouch for an agent's login: redeem, offer what the agent typed, learn *locked*
    CALLS = "calls"  # report who answered
    CALL_CODES = "call_codes"  # the operator's own app, which vouches for its customers' sessions: give call codes
    CONFIRM = "confirm"  # our portal's, which vouches that a customer said yes to "is it you?"
    OPERATOR = "operator"  # the operator's systems: bring customers, lines and SIMs in, settle orders


def hash_of(secret: str) -> bytes:
    """What is kept of a key's secret part."""
    return hashlib.sha256(secret.encode()).digest()


def create_api_key(
    owner: psycopg.Connection[Any], *, name: str, scopes: Collection[Scope], brands: Collection[int], asserts: bool
) -> Secret:
    """Make a key; `brands` are ids, empty for all; `asserts` believes its word about calling numbers (C3)."""
    secret = secrets.token_urlsafe(32)
    row = owner.execute(
        "insert into api_key (name, secret_hash, scopes, brands, asserts, created_at)"
        " values (%s, %s, %s, %s, %s, now()) returning id",
        (name, hash_of(secret), sorted(scope.value for scope in scopes), sorted(brands), asserts),
    ).fetchone()
    assert row is not None
    _record(owner, EventKind.API_KEY_CREATED, row[0], name)
    return Secret(f"wk_{row[0]}_{secret}")


def revoke_api_key(owner: psycopg.Connection[Any], key_id: int) -> bool:
    """End a key; every gate refuses it within a second. False when there is no such living key."""
    row = owner.execute(
        "update api_key set revoked_at = now() where id = %s and revoked_at is null returning name", (key_id,)
    ).fetchone()
    if row is None:
        return False
    _record(owner, EventKind.API_KEY_REVOKED, key_id, row[0])
    owner.execute("select pg_notify('werda_config', 'api_key')")
    return True


def _record(owner: psycopg.Connection[Any], kind: EventKind, key_id: int, name: str) -> None:
    owner.execute(
        "insert into event (at, kind, actor, detail) values (now(), %s, 'operator', %s)",
        (kind.value, Jsonb({"api_key": key_id, "name": name})),
    )
