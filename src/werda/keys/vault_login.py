"""Who Werda is to a vault: a token that somebody else keeps fresh, an AppRole, or a service account of Kubernetes.

HTTP API v1 as documented for Vault and OpenBao ("AppRole auth method", "Kubernetes auth method", "Token auth method"):
``POST /v1/auth/MOUNT/login`` answers ``auth.client_token`` with its `lease_duration` in seconds and whether it is
`renewable`; ``POST /v1/auth/token/renew-self`` answers the same anew. What proves who Werda is stands in files, never
in the environment, and is read at each login: Kubernetes puts another token of the service account there in time.

A token is kept in memory. When less than a third of its time is left it is renewed; when the vault does not renew it
any more, or it has ended or was revoked, Werda logs in anew.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from werda.core.secret import Secret
from werda.keys.vault import Vault, VaultFailed, VaultRefused

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
"""Where Kubernetes puts the token of a pod's service account."""


class Login(Protocol):
    """A way to get a token; equal ones share it."""

    def token(self, vault: Vault, tokens: "Tokens") -> Secret:
        """A token that is good now. Raises `VaultFailed`."""


@dataclass(frozen=True)
class TokenFile:
    """An agent of the vault keeps the token in this file fresh."""

    file: Path

    def token(self, vault: Vault, tokens: "Tokens") -> Secret:
        """As it is in the file now."""
        return _read(self.file)


@dataclass(frozen=True)
class AppRole:
    """A role id and a secret id."""

    role_id: Path
    secret_id: Path
    mount: str = "approle"

    def token(self, vault: Vault, tokens: "Tokens") -> Secret:
        """Kept or renewed, or of a login."""
        return tokens.token(vault, self)

    def log_in(self, vault: Vault) -> Any:
        """What the vault answers to the login."""
        body = {"role_id": _read(self.role_id).reveal(), "secret_id": _read(self.secret_id).reveal()}
        return vault.post(f"/v1/auth/{self.mount}/login", body, "log in by AppRole")


@dataclass(frozen=True)
class Kubernetes:
    """A role of the vault that is bound to the pod's service account."""

    role: str
    jwt: Path = SERVICE_ACCOUNT
    mount: str = "kubernetes"

    def token(self, vault: Vault, tokens: "Tokens") -> Secret:
        """Kept or renewed, or of a login."""
        return tokens.token(vault, self)

    def log_in(self, vault: Vault) -> Any:
        """What the vault answers to the login."""
        body = {"role": self.role, "jwt": _read(self.jwt).reveal()}
        return vault.post(f"/v1/auth/{self.mount}/login", body, f"log in by Kubernetes as {self.role}")


@dataclass(frozen=True)
class _Held:
    """A token, when it was got, how many seconds it lasts from then, and whether the vault said it may be renewed."""

    token: Secret
    since: float
    lasts: float
    renewable: bool

    def is_fresh(self, now: float) -> bool:
        return now - self.since < self.lasts * 2 / 3

    def has_ended(self, now: float) -> bool:
        return now - self.since >= self.lasts


@dataclass
class Tokens:
    """The tokens that this process has. `clock` is for tests."""

    clock: Callable[[], float] = time.monotonic
    _held: dict[tuple[Vault, AppRole | Kubernetes], _Held] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def token(self, vault: Vault, login: AppRole | Kubernetes) -> Secret:
        """The one that is kept, renewed before it ends, or that of a login. Raises `VaultFailed`."""
        with self._turn:
            held = self._held.get((vault, login))
            if held is None or not held.is_fresh(self.clock()):
                held = (self._renewed(vault, held) if held else None) or self._of(vault, login.log_in(vault))
                self._held[vault, login] = held
            return held.token

    def forget(self, token: Secret) -> bool:
        """The vault does not know this token any more. Whether it was one that is kept here."""
        with self._turn:
            known = [key for key, held in self._held.items() if held.token == token]
            for key in known:
                del self._held[key]
            return bool(known)

    def _renewed(self, vault: Vault, held: _Held) -> _Held | None:
        """The same token for longer; None when it must be another. At its last end the vault gives it little more."""
        if not held.renewable or held.has_ended(self.clock()):
            return None
        try:
            fresh = self._of(vault, vault.post("/v1/auth/token/renew-self", {}, "renew the token", held.token))
        except VaultRefused:
            return None
        return fresh if fresh.lasts > held.lasts / 3 else None

    def _of(self, vault: Vault, answer: Any) -> _Held:
        try:
            auth = answer["auth"]
            lease = float(auth["lease_duration"])
            return _Held(
                Secret(str(auth["client_token"])),
                self.clock(),
                lease if lease > 0 else math.inf,
                bool(auth["renewable"]),
            )
        except (KeyError, TypeError, ValueError):
            pass
        raise VaultFailed(f"the vault at {vault.url} answered a login without auth.client_token and its lease")


def _read(file: Path) -> Secret:
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise VaultFailed(f"{file}, with which Werda shows itself to the vault, is missing or empty")
    return Secret(text)
