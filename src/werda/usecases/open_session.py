"""Sign a customer in to the portal, and know them again by the session's secret (S7).

The secret is made here, told once, and kept as a hash. A session ends by itself at its end, after a week unused, when
the contract ends, or when somebody ends it (`end_sessions`).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from werda.core.notice import NoticeKind
from werda.core.portal import BROWSER_LIFETIME, IDLE, Place, Session, SignedInBy
from werda.core.secret import Secret
from werda.usecases.tell_customer import tell_customer

Connection = psycopg.Connection[Any]

_SEEN_SECONDS: Final = 60
"""How exactly is kept when a session was used last: a write for every page would be for nothing."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What proved who it is: the login, by which method, and since when a passkey or TOTP among it is theirs."""

    login_id: int
    method: SignedInBy
    strong_since: datetime | None = None


def open_session(connection: Connection, signed_in: SignedIn, *, place: Place, device: str, now: datetime) -> Secret:
    """Open one, in the transaction at hand, which is the session's from now on; gives its secret.

    `device` is how people call it, such as ``Firefox, Android``. A device that is new to the login is told of.
    """
    secret = Secret(secrets.token_urlsafe(32))
    row = connection.execute(
        "select * from open_portal_session(%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(signed_in.login_id, hashlib.sha256(secret.reveal().encode()).digest(), signed_in.method.value),
            *(place.value, signed_in.strong_since, device[:100], now, now + BROWSER_LIFETIME),
        ),
    ).fetchone()
    assert row is not None
    session_id, new_device = row
    if session_id is None:
        raise LookupError("this login's contract has ended")
    take_session(connection, secret)
    session = find_session(connection, now)
    assert session is not None, "it was just opened"
    if new_device:
        tell_customer(
            connection,
            NoticeKind.SIGNED_IN_ANEW,
            brand_id=session.brand_id,
            customer_id=session.customer_id,
            now=now,
        )
    return secret


def take_session(connection: Connection, secret: Secret) -> None:
    """Let the transaction at hand be of the session with this secret: the database shows its customer and no other."""
    connection.execute("select set_config('werda.session', %s, true)", (secret.reveal(),))


def find_session(connection: Connection, now: datetime) -> Session | None:
    """The session of the transaction at hand; None when it has ended, or never was."""
    row = connection.execute(
        "select s.id, s.login_id, s.brand_id, s.customer_id, s.person_id, s.method, s.place, s.strong_since,"
        " s.opened_at, s.fresh_at, l.hides_secrets, s.seen_at from portal_session s"
        " join customer_login l on l.id = s.login_id where s.id = portal_session_id()"
    ).fetchone()
    if row is None or row[-1] <= now - IDLE:
        return None
    if (now - row[-1]).total_seconds() > _SEEN_SECONDS:
        connection.execute("update portal_session set seen_at = %s where id = %s", (now, row[0]))
    names = ("id", "login_id", "brand_id", "customer_id", "person_id", "strong_since", "opened_at", "fresh_at")
    places = (0, 1, 2, 3, 4, 7, 8, 9)
    return Session(
        **{name: row[place] for name, place in zip(names, places, strict=True)},
        method=SignedInBy(row[5]),
        place=Place(row[6]),
        hides_secrets=row[10],
    )
