"""How some of the demo's customers sign in to the portal: shown on the demo's first page, made anew each time."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from werda.core.portal import BROWSER_LIFETIME
from werda.core.secret import Secret
from werda.keys.custody import Custody, Kind
from werda.store.roles import Database, Role
from werda.usecases.check_login import TOTP_BYTES
from werda.usecases.enrol_login import enrol_login

PEOPLE: Final = {"300100007": True, "300100042": False}
"""Customer numbers, and whether they have an authenticator app."""

SINCE: Final = timedelta(days=60)
"""How long ago they enrolled: longer than any policy lets an authenticator app cool."""


@dataclass(frozen=True, slots=True)
class PortalLogin:
    """A customer's password, and the hexadecimal key of their authenticator app."""

    number: str
    password: Secret
    totp: Secret | None

    @property
    def totp_for_apps(self) -> str:
        """The key as an authenticator app takes it; empty without one."""
        return base64.b32encode(bytes.fromhex(self.totp.reveal())).decode() if self.totp else ""


def portal_logins(keys: Path) -> list[PortalLogin]:
    """The logins, made on first use."""
    file = keys / "demo-portal-logins.json"
    if not file.exists():
        made = {
            number: {"password": secrets.token_urlsafe(12), "totp": secrets.token_hex(TOTP_BYTES) if app else ""}
            for number, app in PEOPLE.items()
        }
        file.touch(mode=0o600)
        file.write_text(json.dumps(made, indent=1))
    known = json.loads(file.read_text())
    return [
        PortalLogin(number, Secret(login["password"]), Secret(login["totp"]) if login["totp"] else None)
        for number, login in known.items()
    ]


def open_demo_session(database: Database, number: str, *, now: datetime) -> Secret | None:
    """A strong session of one of these customers, for the button on the demo's first page."""
    if number not in PEOPLE:
        return None
    secret = Secret(secrets.token_urlsafe(32))
    with database.connect(Role.PORTAL) as connection:
        connection.execute(
            "select open_portal_session(n.login_id, %s, 'passkey', 'portal', %s, 'Demo', %s, %s)"
            " from brand b, portal_login_named(b.id, %s) n where b.slug = 'nordfunk'",
            (hashlib.sha256(secret.reveal().encode()).digest(), now - SINCE, now, now + BROWSER_LIFETIME, number),
        )
    return secret


def give_login(connection: psycopg.Connection[Any], custody: Custody, login: PortalLogin, *, now: datetime) -> None:
    """Open the portal for this customer, unless that was done; role custody."""
    row = connection.execute(
        "select c.id, c.email, l.id from customer c left join customer_login l"
        " on l.customer_id = c.id and l.person_id = 0 where c.customer_number = %s",
        (login.number,),
    ).fetchone()
    assert row is not None, "the demo's customers are brought in"
    if row[2] is not None:
        return
    since = now - SINCE
    login_id = enrol_login(connection, row[0], name=row[1], password=login.password, actor="customer", now=since)
    if login.totp is not None:
        connection.execute(
            "update customer_login set totp = %s, totp_key_id = %s, totp_since = %s where id = %s",
            (custody.seal(Kind.LOGIN_TOTP, login_id, 0, login.totp), custody.key_id, since, login_id),
        )
