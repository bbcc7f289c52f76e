"""The operator's own app, signed in by OAuth 2.1: which apps there are, what they may ask for, and how they prove it.

An app is a public client: it has no secret, since everybody who has the app would have it. What binds an answer to the
app that asked is its exact redirect URI and PKCE.
"""

import base64
import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from werda.core.secret import Secret

CODE_LIFETIME: Final = timedelta(seconds=60)
"""How long an authorization code waits for the app."""

ACCESS_LIFETIME: Final = timedelta(minutes=15)
"""How long an access token counts."""

_LOOPBACK: Final = "127.0.0.1"
"""A page can name this one in its Content-Security-Policy, and not that of IPv6."""
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CLIENT_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]{2,63}")


class Scope(StrEnum):
    """What an app may be allowed. The set is closed."""

    STATUS = "status"
    SECRETS = "secrets"
    OPTIONS = "options"


class BadClients(ValueError):
    """The list of apps cannot be used; the message says what it takes."""


@dataclass(frozen=True, slots=True)
class Client:
    """An app that the operator registered."""

    id: str
    name: str
    redirect_uris: Sequence[str]
    brands: frozenset[str] = frozenset()

    def is_of(self, brand: str) -> bool:
        """Whether customers of this brand may use it; it is every brand's where none is named."""
        return not self.brands or brand in self.brands

    def may_return_to(self, uri: str) -> bool:
        """Whether this is a redirect URI of its own, letter by letter but for the port of this device (RFC 8252)."""
        return uri in self.redirect_uris or any(
            _is_loopback(known) and _is_loopback(uri) and _without_port(known) == _without_port(uri)
            for known in self.redirect_uris
        )


def read_clients(text: str) -> Mapping[str, Client]:
    """The apps that a TOML file names, each a table ``[clients."id"]``: `name`, `redirect_uris`, perhaps `brands`."""
    try:
        tables = tomllib.loads(text).get("clients", {})
        clients = [
            Client(
                client_id, str(table["name"]), tuple(map(str, table["redirect_uris"])), _brands(table.get("brands", []))
            )
            for client_id, table in tables.items()
        ]
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError, RecursionError):
        raise BadClients('each app is a table [clients."its-id"] with name, redirect_uris and perhaps brands') from None
    for place, client in enumerate(clients, 1):
        if not _CLIENT_ID.fullmatch(client.id) or not 0 < len(client.name) <= 60 or not client.redirect_uris:
            raise BadClients(f"app {place} needs an id of a-z, 0-9, dot and dash, a name, and a redirect URI")
        for uri in client.redirect_uris:
            if not _is_redirect_uri(uri):
                raise BadClients(
                    f"app {place}: a redirect URI is https, a private-use scheme with a dot in it such as"
                    " org.example.app:/signed-in, or http://127.0.0.1/… and has no fragment"
                )
    return {client.id: client for client in clients}


def _brands(names: object) -> frozenset[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError
    return frozenset(names)


def read_scopes(text: str) -> frozenset[Scope] | None:
    """The scopes that a request names; None when it names none, or one that there is not."""
    names = text.split()
    return frozenset(map(Scope, names)) if names and set(names) <= set(Scope) else None


def written(scopes: frozenset[Scope]) -> str:
    """Scopes as OAuth writes them."""
    return " ".join(sorted(scopes))


def is_challenge(text: str) -> bool:
    """Whether it has the form of an S256 code challenge."""
    return _CHALLENGE.fullmatch(text) is not None


def challenge_of(verifier: Secret) -> str | None:
    """The S256 challenge that this code verifier answers; None when it has not the form of one (RFC 7636)."""
    if _VERIFIER.fullmatch(verifier.reveal()) is None:
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.reveal().encode()).digest()).rstrip(b"=").decode()


def _is_redirect_uri(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if not uri.isascii() or not uri.isprintable() or any(sign in uri for sign in " #\"'<>;,"):
        return False
    if parts.scheme == "https":
        return bool(parts.hostname) and parts.username is None
    if parts.scheme == "http":
        return _is_loopback(uri)
    return "." in parts.scheme and not parts.netloc


def _is_loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return parts.scheme == "http" and parts.hostname == _LOOPBACK and parts.username is None and parts.port != 0
    except ValueError:
        return False


def _without_port(uri: str) -> tuple[str | None, str, str, str]:
    parts = urlsplit(uri)
    return parts.hostname, parts.path, parts.query, parts.fragment
