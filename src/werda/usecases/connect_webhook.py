"""Say where messages for the operator's systems go, and with which secret they are signed (decision 10).

One receiver for each brand, or one for all brands without their own: a message has exactly one. The secret is made
here, shown once, and lies sealed with the custody ring, bound to its row (B5). Its form is that of Standard Webhooks.
"""

import base64
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.keys.custody import Custody

PREFIX: Final = "whsec_"
_BYTES: Final = (24, 64)
"""How long a secret may be (Standard Webhooks, "Signature scheme"); ours have 32."""
BOTH_FOR: Final = timedelta(hours=24)
"""How long messages are signed with the former secret too, so that the receiver can change over in peace."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The endpoint and its secret, to be shown once."""

    endpoint_id: int
    secret: Secret


def place_of(endpoint_id: int) -> str:
    """What an endpoint's sealed secrets are bound to."""
    return f"webhook|{endpoint_id}"


def make_secret() -> Secret:
    """A fresh secret of 256 bits."""
    return Secret(PREFIX + base64.b64encode(secrets.token_bytes(32)).decode())


def read_secret(text: str) -> Secret | Malformed:
    """A secret that the receiver chose: ``whsec_`` and the base64 of 24 to 64 bytes."""
    try:
        size = len(base64.b64decode(text.removeprefix(PREFIX), validate=True)) if text.startswith(PREFIX) else 0
    except ValueError:
        size = 0
    if not _BYTES[0] <= size <= _BYTES[1]:
        return Malformed(f"a webhook secret is {PREFIX} and the base64 of {_BYTES[0]} to {_BYTES[1]} bytes")
    return Secret(text)


def read_url(text: str) -> str | Malformed:
    """An address that may be sent to: https, or http on this machine; no login in it, which would reach logs."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"https", "http"} or not text.isascii() or not text.isprintable():
        return Malformed("the address is no URL such as https://orders.example.org/werda")
    if parts.username is not None or parts.password is not None or parts.fragment:
        return Malformed("the address holds a login or a fragment; messages are signed, leave it out")
    if parts.scheme == "http" and not _is_loopback(host):
        return Malformed("the address must begin with https://; plain http is for this machine only")
    return text


def connect_webhook(
    connection: psycopg.Connection[Any], custody: Custody, *, brand_id: int | None, url: str, secret: Secret,
    now: datetime,
) -> Connected:  # fmt: skip
    """Send a brand's messages (None: those of all brands without a receiver of their own) to `url` from now on.

    What was connected there before is replaced, with its secrets; messages that wait go to the new one.
    """
    row = connection.execute(
        "select nextval(pg_get_serial_sequence('webhook_endpoint', 'id')) from ("
        " select pg_advisory_xact_lock(hashtextextended('werda:webhook', 0))) l"
    ).fetchone()
    assert row is not None
    endpoint_id: int = row[0]
    connection.execute("delete from webhook_endpoint where brand_id is not distinct from %s", (brand_id,))
    connection.execute(
        "insert into webhook_endpoint (id, brand_id, url, key_id, secret, created_at) values (%s, %s, %s, %s, %s, %s)",
        (endpoint_id, brand_id, url, custody.key_id, custody.seal_for(place_of(endpoint_id), secret), now),
    )
    _record(connection, endpoint_id, brand_id, "connected", now)
    return Connected(endpoint_id, secret)


def rotate_secret(
    connection: psycopg.Connection[Any], custody: Custody, endpoint_id: int, secret: Secret, *, at_once: bool,
    now: datetime,
) -> bool:  # fmt: skip
    """Sign with another secret, and for `BOTH_FOR` with the former one too, unless `at_once`. False: no such one."""
    row = connection.execute(
        "update webhook_endpoint set former_secret = case when %(at_once)s then null else secret end,"
        " former_until = case when %(at_once)s then null else %(until)s end, secret = %(secret)s, key_id = %(key)s"
        " where id = %(id)s returning brand_id",
        {
            "id": endpoint_id,
            "at_once": at_once,
            "until": now + BOTH_FOR,
            "secret": custody.seal_for(place_of(endpoint_id), secret),
            "key": custody.key_id,
        },
    ).fetchone()
    if row is not None:
        _record(connection, endpoint_id, row[0], "secret rotated", now)
    return row is not None


def resume_webhook(connection: psycopg.Connection[Any], endpoint_id: int, *, now: datetime) -> bool:
    """Send again to a receiver that had answered 410 Gone. False: there is no such one, or it gets messages."""
    row = connection.execute(
        "update webhook_endpoint set gone_at = null where id = %s and gone_at is not null returning brand_id",
        (endpoint_id,),
    ).fetchone()
    if row is not None:
        _record(connection, endpoint_id, row[0], "resumed", now)
    return row is not None


def remove_webhook(connection: psycopg.Connection[Any], endpoint_id: int, *, now: datetime) -> bool:
    """End a receiver and destroy its secrets; messages wait for another. False: there is no such one."""
    row = connection.execute("delete from webhook_endpoint where id = %s returning brand_id", (endpoint_id,)).fetchone()
    if row is not None:
        _record(connection, endpoint_id, row[0], "removed", now)
    return row is not None


def _record(
    connection: psycopg.Connection[Any], endpoint_id: int, brand_id: int | None, what: str, now: datetime
) -> None:
    connection.execute(
        "insert into event (at, kind, brand_id, actor, detail) values (%s, %s, %s, 'operator', %s)",
        (now, EventKind.WEBHOOK_CHANGED.value, brand_id, Jsonb({"webhook": endpoint_id, "what": what})),
    )
    connection.execute("select pg_notify('werda_outbox', '')")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
