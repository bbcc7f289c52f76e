"""Change how somebody signs in: password, authenticator app, passkeys. It is recorded, and they are told (C8).

Whoever asks is freshly signed in (the pages see to that). What is added is theirs from now on and gives no second proof
until it has cooled (A3); a password that changes ends every other session. The last way in is not taken away.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.hashers import make_password

from werda.core.audit import EventKind
from werda.core.notice import NoticeKind
from werda.core.portal import Session
from werda.core.secret import Secret
from werda.keys.custody import Custody, Kind
from werda.usecases.check_login import TOTP_BYTES, matching_step, totp_of
from werda.usecases.end_sessions import end_other_sessions
from werda.usecases.open_session import Connection
from werda.usecases.sim_change import record
from werda.usecases.tell_customer import tell_customer


class Change(StrEnum):
    """What became of it."""

    DONE = "done"
    WRONG_CODE = "wrong_code"
    """The app shows something else: it was not set up with this key, or its clock is wrong."""
    LAST_WAY_IN = "last_way_in"
    """Without it nobody could sign in any more."""
    NOT_THERE = "not_there"


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What an authenticator told of a new passkey, verified; `name` is how people call it."""

    credential_id: bytes
    public: bytes
    uses: int
    name: str


def set_password(connection: Connection, session: Session, password: Secret, *, now: datetime) -> None:
    """A new password; every other session of the login ends. What is wrong with it was said before."""
    connection.execute(
        "update customer_login set password = %s, password_since = %s where id = %s",
        (make_password(password.reveal()), now, session.login_id),
    )
    end_other_sessions(connection, session, now=now)
    _changed(connection, session, EventKind.LOGIN_PASSWORD_SET, {}, now)


def add_totp(
    connection: Connection, custody: Custody, session: Session, key: bytes, code: Secret, *, now: datetime
) -> Change:
    """An authenticator app with this key, once it shows the right code; the one before counts no longer."""
    step = matching_step(totp_of(key), code, now)
    if step is None or len(key) != TOTP_BYTES:
        return Change.WRONG_CODE
    connection.execute(
        "update customer_login set totp = %s, totp_key_id = %s, totp_since = %s, totp_step = %s where id = %s",
        (
            *(custody.seal(Kind.LOGIN_TOTP, session.login_id, 0, Secret(key.hex())), custody.key_id),
            *(now, step, session.login_id),
        ),
    )
    _changed(connection, session, EventKind.LOGIN_FACTOR_ADDED, {"factor": "totp"}, now)
    return Change.DONE


def remove_totp(connection: Connection, session: Session, *, now: datetime) -> Change:
    """No authenticator app any more: the password alone signs in, and gives no second proof."""
    removed = connection.execute(
        "update customer_login set totp = null, totp_key_id = null, totp_since = null"
        " where id = %s and totp is not null",
        (session.login_id,),
    )
    if not removed.rowcount:
        return Change.NOT_THERE
    _changed(connection, session, EventKind.LOGIN_FACTOR_REMOVED, {"factor": "totp"}, now)
    return Change.DONE


def add_passkey(connection: Connection, session: Session, passkey: NewPasskey, *, now: datetime) -> None:
    """One more passkey."""
    connection.execute(
        "insert into passkey (login_id, customer_id, credential_id, public, uses, name, enrolled_at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            *(session.login_id, session.customer_id, passkey.credential_id, passkey.public),
            *(passkey.uses, passkey.name[:60], now),
        ),
    )
    _changed(connection, session, EventKind.LOGIN_FACTOR_ADDED, {"factor": "passkey"}, now)


def remove_passkey(connection: Connection, session: Session, passkey_id: int, *, now: datetime) -> Change:
    """One passkey less, unless it is the last way in."""
    ways = connection.execute(
        "select password <> '', (select count(*) from passkey where login_id = l.id) from customer_login l"
        " where id = %s for no key update",
        (session.login_id,),
    ).fetchone()
    assert ways is not None, "a session has its login"
    if not ways[0] and ways[1] <= 1:
        return Change.LAST_WAY_IN
    removed = connection.execute("delete from passkey where id = %s and login_id = %s", (passkey_id, session.login_id))
    if not removed.rowcount:
        return Change.NOT_THERE
    _changed(connection, session, EventKind.LOGIN_FACTOR_REMOVED, {"factor": "passkey"}, now)
    return Change.DONE


def _changed(
    connection: Connection, session: Session, kind: EventKind, detail: dict[str, object], now: datetime
) -> None:
    record(
        connection, kind, brand_id=session.brand_id, customer_id=session.customer_id, actor=session.actor, now=now,
        detail=detail,
    )  # fmt: skip
    tell_customer(
        connection, NoticeKind.LOGIN_CHANGED, brand_id=session.brand_id, customer_id=session.customer_id, now=now
    )
