"""Keep what happened between two steps of signing in, for whoever has the step's secret, for ten minutes.

A step ends when it is used, and a new one begins for whatever comes next: nobody goes on from where somebody else was.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from werda.core.portal import STEP_LIFETIME
from werda.core.secret import Secret
from werda.usecases.open_session import Connection


@dataclass(frozen=True, slots=True)
class Step:
    """Where somebody is. `what` must come next, such as ``totp``; `login_id` is None while nobody is known."""

    id: int
    brand_id: int
    login_id: int | None
    what: str
    state: Mapping[str, Any]


def begin_step(
    connection: Connection, brand_id: int, what: str, *, now: datetime, login_id: int | None = None,
    state: Mapping[str, Any] | None = None,
) -> Secret:  # fmt: skip
    """Begin one, in the transaction at hand; gives its secret. `state` holds nothing secret."""
    secret = Secret(secrets.token_urlsafe(32))
    take_step(connection, secret)
    connection.execute(
        "insert into sign_in_step (secret_hash, brand_id, login_id, what, state, expires_at)"
        " values (%s, %s, %s, %s, %s, %s)",
        (
            *(hashlib.sha256(secret.reveal().encode()).digest(), brand_id, login_id, what, Jsonb(dict(state or {}))),
            now + STEP_LIFETIME,
        ),
    )
    return secret


def take_step(connection: Connection, secret: Secret) -> None:
    """Let the transaction at hand be of the step with this secret."""
    connection.execute("select set_config('werda.step', %s, true)", (secret.reveal(),))


def find_step(connection: Connection, brand_id: int, what: str) -> Step | None:
    """The step of the transaction at hand, locked, when it waits for `what` in this brand."""
    row = connection.execute(
        "select id, brand_id, login_id, what, state from sign_in_step where brand_id = %s and what = %s"
        " for no key update",
        (brand_id, what),
    ).fetchone()
    return Step(*row) if row else None


def end_step(connection: Connection, step: Step) -> None:
    """It was used."""
    connection.execute("delete from sign_in_step where id = %s", (step.id,))
