"""Whether somebody is who they say, by password and TOTP (surfaces, "The portal and app").

An unknown name costs as much time as a wrong password, and the answer is the same. A TOTP code counts once. The pages
limit how often anybody may try (`limit_tries`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.contrib.auth.hashers import check_password, make_password

from werda.core.secret import Secret
from werda.keys.custody import Custody, Kind
from werda.usecases.open_session import Connection

TOTP_SECONDS: Final = 30
TOTP_DIGITS: Final = 6
TOTP_BYTES: Final = 20
"""RFC 6238, as every authenticator app knows it: SHA-1, six digits, thirty seconds."""


@dataclass(frozen=True, slots=True)
class KnownLogin:
    """The password was right. With `has_totp` a code of their authenticator app must follow."""

    login_id: int
    has_totp: bool
    totp_since: datetime | None


@dataclass(frozen=True, slots=True)
class UnknownLogin:
    """Name or password is wrong; nobody says which."""


def fold(name: str) -> str:
    """A sign-in name as it is kept and compared."""
    return name.strip().casefold()[:200]


def check_login(connection: Connection, brand_id: int, name: str, password: Secret) -> KnownLogin | UnknownLogin:
    """Compare a password with that of the login of this name (e-mail or customer number)."""
    row = connection.execute("select * from portal_login_named(%s, %s)", (brand_id, fold(name))).fetchone()
    kept = row[1] if row is not None and row[1] else _of_nobody()
    right = check_password(password.reveal(), kept)
    if row is None or not row[1] or not right:
        return UnknownLogin()
    return KnownLogin(row[0], row[2], row[3])


@cache
def _of_nobody() -> str:
    return make_password("a password that nobody has")


def totp_of(key: bytes) -> TOTP:
    """The authenticator app with this key."""
    return TOTP(key, TOTP_DIGITS, SHA1(), TOTP_SECONDS, enforce_key_length=False)  # noqa: S303 - RFC 6238


def check_totp(connection: Connection, custody: Custody, login_id: int, code: Secret, *, now: datetime) -> bool:
    """Whether this is the code of now, or of half a minute ago or ahead, and was not used before.

    The transaction at hand is of the login's session, or of the step in which its password was right.
    """
    row = connection.execute(
        "select totp, totp_step from customer_login where id = %s for no key update", (login_id,)
    ).fetchone()
    if row is None or row[0] is None:
        return False
    app = totp_of(bytes.fromhex(custody.open(Kind.LOGIN_TOTP, login_id, 0, row[0]).reveal()))
    step = matching_step(app, code, now)
    if step is None or step <= row[1]:
        return False
    connection.execute("update customer_login set totp_step = %s where id = %s", (step, login_id))
    return True


def matching_step(app: TOTP, code: Secret, now: datetime) -> int | None:
    """The time step whose code this is, of the one at hand and its neighbours; None for none of them."""
    digits = "".join(code.reveal().split())
    if len(digits) != TOTP_DIGITS or not digits.isascii():
        return None
    for ahead in (0, -1, 1):
        moment = int((now + timedelta(seconds=ahead * TOTP_SECONDS)).timestamp())
        try:
            app.verify(digits.encode(), moment)
        except InvalidToken:
            continue
        return moment // TOTP_SECONDS
    return None


def check_password_again(connection: Connection, login_id: int, password: Secret) -> bool:
    """Whether this is the password of the login whose session or step the transaction at hand is of."""
    row = connection.execute("select password from customer_login where id = %s", (login_id,)).fetchone()
    return row is not None and bool(row[0]) and check_password(password.reveal(), row[0])
