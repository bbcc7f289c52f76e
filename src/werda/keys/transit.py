"""Vault's and OpenBao's transit engine as the keeper of key rings: their files hold what it encrypted, for which it
holds the key, and a ring's plain text is in memory only.

HTTP API v1 as documented for both ("Transit secrets engine"): ``POST /v1/MOUNT/encrypt/KEY`` with `plaintext` in base64
answers ``data.ciphertext``, ``…/decrypt/KEY`` the reverse. A ciphertext is bound to its ring's name by
`associated_data`. Who Werda is to the vault: `keys.vault_login`.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from werda.core.secret import Secret
from werda.keys.vault import Vault, VaultFailed, VaultRefused
from werda.keys.vault_login import SERVICE_ACCOUNT, AppRole, Kubernetes, Login, TokenFile, Tokens

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,127}")
_TOKENS: Final = Tokens()  # a ring is read anew now and then; each time another login would leave tokens behind


@dataclass(frozen=True)
class Transit:
    """A key of a transit engine and how to get at it."""

    vault: Vault
    login: Login
    key: str
    mount: str = "transit"
    tokens: Tokens = field(default_factory=lambda: _TOKENS, repr=False, compare=False)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """As the settings ``WERDA_TRANSIT_…`` say; None where no vault is named. Raises `VaultFailed`."""
        url = environment.get("WERDA_TRANSIT_URL", "").rstrip("/")
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise VaultFailed("WERDA_TRANSIT_URL must be an address such as https://vault.example.org:8200")
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise VaultFailed("WERDA_TRANSIT_URL must begin with https://; plain http is for this machine only")
        vault = Vault(url, environment.get("WERDA_TRANSIT_NAMESPACE", ""), _path(environment, "WERDA_TRANSIT_CA"))
        key, mount = (
            _name(environment, "WERDA_TRANSIT_KEY", "werda"),
            _name(environment, "WERDA_TRANSIT_MOUNT", "transit"),
        )
        return cls(vault, _login(environment), key, mount)

    def encrypt(self, name: str, plaintext: Secret) -> str:
        """What the vault makes of a text, bound to `name`; begins with ``vault:v``. Raises `VaultFailed`."""
        body = {"plaintext": _base64(plaintext.reveal()), "associated_data": _base64(name)}
        return self._ask("encrypt", body, "ciphertext")

    def decrypt(self, name: str, ciphertext: str) -> Secret:
        """The text again. Raises `VaultFailed`, also when it was encrypted for another name."""
        body = {"ciphertext": ciphertext.strip(), "associated_data": _base64(name)}
        answer = Secret(self._ask("decrypt", body, "plaintext"))
        try:
            return Secret(base64.b64decode(answer.reveal(), validate=True).decode())
        except (binascii.Error, UnicodeDecodeError):
            pass
        raise VaultFailed(f"the vault at {self.vault.url} answered no base64; is it transit's address?")

    def _ask(self, verb: str, body: Mapping[str, str], wanted: str) -> str:
        answer = self._answer(f"/v1/{self.mount}/{verb}/{self.key}", body, f"{verb} with key {self.key}")
        try:
            return str(answer["data"][wanted])
        except (KeyError, TypeError):
            pass
        raise VaultFailed(f"the vault at {self.vault.url} answered without data.{wanted}; is it transit's address?")

    def _answer(self, address: str, body: Mapping[str, str], what: str) -> Any:
        token = self.login.token(self.vault, self.tokens)
        try:
            return self.vault.post(address, body, what, token)
        except VaultRefused as refused:
            if refused.status != 403 or not self.tokens.forget(token):
                raise
        # The token may have been revoked before its time.
        return self.vault.post(address, body, what, self.login.token(self.vault, self.tokens))


def _login(environment: Mapping[str, str]) -> Login:
    """A token goes before an AppRole, and that before Kubernetes."""
    if (token := _path(environment, "WERDA_TRANSIT_TOKEN_FILE")) is not None:
        return TokenFile(token)
    role_id = _path(environment, "WERDA_TRANSIT_ROLE_ID_FILE")
    secret_id = _path(environment, "WERDA_TRANSIT_SECRET_ID_FILE")
    if role_id is not None and secret_id is not None:
        return AppRole(role_id, secret_id, _name(environment, "WERDA_TRANSIT_APPROLE_MOUNT", "approle"))
    if environment.get("WERDA_TRANSIT_KUBERNETES_ROLE"):
        return Kubernetes(
            _name(environment, "WERDA_TRANSIT_KUBERNETES_ROLE", ""),
            _path(environment, "WERDA_TRANSIT_KUBERNETES_TOKEN_FILE") or SERVICE_ACCOUNT,
            _name(environment, "WERDA_TRANSIT_KUBERNETES_MOUNT", "kubernetes"),
        )
    raise VaultFailed(
        "say who Werda is to the vault: WERDA_TRANSIT_TOKEN_FILE, WERDA_TRANSIT_ROLE_ID_FILE with"
        " WERDA_TRANSIT_SECRET_ID_FILE, or WERDA_TRANSIT_KUBERNETES_ROLE"
    )


def _path(environment: Mapping[str, str], variable: str) -> Path | None:
    return Path(environment[variable]) if environment.get(variable) else None


def _name(environment: Mapping[str, str], variable: str, default: str) -> str:
    value = environment.get(variable, default)
    if not _NAME.fullmatch(value):
        raise VaultFailed(f"{variable} must be a name of letters, digits, - and _")
    return value


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
