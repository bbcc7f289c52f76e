"""Hand a push to the service of the browser's maker: locked for the browser (RFC 8291), in our name (RFC 8292).

The service learns when a push is sent and how urgent it is, and nothing of what it says: each is padded to one length.
What the service answers decides: 2xx is taken, 404 and 410 say that nobody waits there any more, 408, 429 and 5xx come
later, everything else never.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import http_ece  # type: ignore[import-untyped]  # no types
import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02  # type: ignore[import-untyped]  # no types

from werda.core.secret import Secret
from werda.push.subscription import HOSTS, Subscription

_SECONDS: Final = 10
_LATER: Final = frozenset({408, 429})
_GONE: Final = frozenset({404, 410})
_LENGTH: Final = 1_024
"""Bytes of every push before it is locked; the least that a service must take is 4096 after (RFC 8030)."""
_VALID: Final = timedelta(hours=12)
"""How long our word to a service counts; a day at most (RFC 8292)."""
_LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pushing:
    """`contact` is whom a service writes to when something is wrong, `mailto:` or https; `hosts` may be asked."""

    contact: str
    hosts: tuple[str, ...] = HOSTS


@dataclass(frozen=True, slots=True)
class Message:
    """What shows, where a tap leads (a path of the portal), and for how long it is worth anything."""

    title: str
    body: str
    path: str
    topic: str
    urgent: bool
    lives: timedelta


@dataclass(frozen=True, slots=True)
class Taken:
    """The service took it."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Nobody waits there any more."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not for now; `problem` quotes no content. `wait` is what the service asks for."""

    problem: str
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Never:
    """The service refuses it for good."""

    problem: str


def new_key() -> tuple[Secret, bytes]:
    """A key under which pushes are sent: the private half as PEM, the public one as browsers want it (65 bytes)."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return Secret(pem.decode()), point


def hand_over(
    pushing: Pushing, key: Secret, to: Subscription, message: Message, *, now: datetime
) -> Taken | Gone | Later | Never:
    """Hand one over, under the private key of `new_key`."""
    headers = {
        **_in_our_name(pushing, key, to, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(message.lives.total_seconds())),
        "Urgency": "high" if message.urgent else "normal",
        "Topic": message.topic,
    }
    try:
        answer = httpx.post(to.endpoint.reveal(), content=locked(to, message), headers=headers, timeout=_SECONDS)
    except httpx.InvalidURL:  # it would be tried again and again, ahead of all others
        return Never("the address is none")
    except httpx.HTTPError as problem:
        return Later(f"no way to the push service: {type(problem).__name__}")
    if answer.is_success:
        return Taken()
    if answer.status_code in _GONE:
        return Gone()
    told = f"the push service answered {answer.status_code}"
    if answer.status_code in _LATER or answer.status_code >= 500:
        return Later(told, _wait(answer.headers, now))
    return Never(told)


def locked(to: Subscription, message: Message) -> bytes:
    """The message as only that browser can read it."""
    said = json.dumps(
        {"title": message.title, "body": message.body, "path": message.path, "topic": message.topic},
        ensure_ascii=False,
    ).encode()
    own = ec.generate_private_key(ec.SECP256R1())
    sealed: bytes = http_ece.encrypt(
        said.ljust(_LENGTH), salt=os.urandom(16), private_key=own, dh=to.p256dh, auth_secret=to.auth_bytes
    )
    return sealed


def _in_our_name(pushing: Pushing, key: Secret, to: Subscription, now: datetime) -> dict[str, str]:
    url = urlsplit(to.endpoint.reveal())
    claims = {
        "aud": f"{url.scheme}://{url.netloc}",
        "exp": int((now + _VALID).timestamp()),
        "sub": pushing.contact,
    }
    signed: dict[str, str] = Vapid02.from_pem(key.reveal().encode()).sign(claims)
    return {name: signed[name] for name in ("Authorization",)}


def _wait(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """What Retry-After asks for, seconds or a date (RFC 9110), an hour at most."""
    text = headers.get("Retry-After", "")
    try:
        wait = timedelta(seconds=int(text)) if text.isascii() and text.isdigit() else parsedate_to_datetime(text) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)
