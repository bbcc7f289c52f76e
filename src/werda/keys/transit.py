"""Vault's and OpenBao's transit engine as the keeper of key rings: their files hold what it encrypted, for which it
holds the key, and a ring's plain text is in memory only.

HTTP API v1 as documented for both ("Transit secrets engine", "AppRole auth method"): ``POST /v1/MOUNT/encrypt/KEY``
with `plaintext` in base64 answers ``data.ciphertext``, ``…/decrypt/KEY`` the reverse, errors are ``{"errors": […]}``;
the token goes into ``X-Vault-Token``. A ciphertext is bound to its ring's name by `associated_data`. Who Werda is to
the vault stands in files, never in the environment: a token, or the role id and secret id of an AppRole.
"""

import base64
import binascii
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from werda.core.secret import Secret

_SECONDS: Final = 5.0
_TRIES: Final = 3
"""A vault that is just choosing another leader answers 5xx or nothing for a moment."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,127}")


class TransitFailed(RuntimeError):
    """The vault does not open or close a ring; the message says what to mend and quotes nothing secret."""


@dataclass(frozen=True)
class Transit:
    """A key of a transit engine and how to get at it."""

    url: str
    key: str
    mount: str = "transit"
    namespace: str = ""
    ca: Path | None = None
    token: Path | None = None
    role_id: Path | None = None
    secret_id: Path | None = None
    approle_mount: str = "approle"

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """As the settings ``WERDA_TRANSIT_…`` say; None where no vault is named. Raises `TransitFailed`."""
        url = environment.get("WERDA_TRANSIT_URL", "").rstrip("/")
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise TransitFailed("WERDA_TRANSIT_URL must be an address such as https://vault.example.org:8200")
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise TransitFailed("WERDA_TRANSIT_URL must begin with https://; plain http is for this machine only")

        def path(name: str) -> Path | None:
            return Path(environment[name]) if environment.get(name) else None

        names = {
            name: environment.get(f"WERDA_TRANSIT_{name.upper()}", default)
            for name, default in (("key", "werda"), ("mount", "transit"), ("approle_mount", "approle"))
        }
        for name, value in names.items():
            if not _NAME.fullmatch(value):
                raise TransitFailed(f"WERDA_TRANSIT_{name.upper()} must be a name of letters, digits, - and _")
        found = cls(
            url, names["key"], names["mount"], environment.get("WERDA_TRANSIT_NAMESPACE", ""),
            path("WERDA_TRANSIT_CA"), path("WERDA_TRANSIT_TOKEN_FILE"),
            path("WERDA_TRANSIT_ROLE_ID_FILE"), path("WERDA_TRANSIT_SECRET_ID_FILE"), names["approle_mount"],
        )  # fmt: skip
        if found.token is None and (found.role_id is None or found.secret_id is None):
            raise TransitFailed(
                "say who Werda is to the vault: WERDA_TRANSIT_TOKEN_FILE, or WERDA_TRANSIT_ROLE_ID_FILE and"
                " WERDA_TRANSIT_SECRET_ID_FILE"
            )
        return found

    def encrypt(self, name: str, plaintext: Secret) -> str:
        """What the vault makes of a text, bound to `name`; begins with ``vault:v``. Raises `TransitFailed`."""
        body = {"plaintext": _base64(plaintext.reveal()), "associated_data": _base64(name)}
        return self._ask("encrypt", body, "ciphertext")

    def decrypt(self, name: str, ciphertext: str) -> Secret:
        """The text again. Raises `TransitFailed`, also when it was encrypted for another name."""
        body = {"ciphertext": ciphertext.strip(), "associated_data": _base64(name)}
        answer = Secret(self._ask("decrypt", body, "plaintext"))
        try:
            return Secret(base64.b64decode(answer.reveal(), validate=True).decode())
        except (binascii.Error, UnicodeDecodeError):
            pass
        raise TransitFailed(f"the vault at {self.url} answered no base64; is it transit's address?")

    def _ask(self, verb: str, body: Mapping[str, str], wanted: str) -> str:
        with self._client() as client:
            client.headers["X-Vault-Token"] = self._token(client).reveal()
            answer = self._post(client, f"/v1/{self.mount}/{verb}/{self.key}", body, f"{verb} with key {self.key}")
        try:
            return str(answer["data"][wanted])
        except (KeyError, TypeError):
            pass
        raise TransitFailed(f"the vault at {self.url} answered without data.{wanted}; is it transit's address?")

    def _token(self, client: httpx.Client) -> Secret:
        if self.token is not None:
            return _read(self.token)
        assert self.role_id is not None
        assert self.secret_id is not None
        body = {"role_id": _read(self.role_id).reveal(), "secret_id": _read(self.secret_id).reveal()}
        answer = self._post(client, f"/v1/auth/{self.approle_mount}/login", body, "log in by AppRole")
        try:
            return Secret(str(answer["auth"]["client_token"]))
        except (KeyError, TypeError):
            pass
        raise TransitFailed(f"the vault at {self.url} answered a login without auth.client_token")

    def _client(self) -> httpx.Client:
        try:
            trusted = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        except (OSError, ssl.SSLError):
            raise TransitFailed(f"WERDA_TRANSIT_CA names {self.ca}, which holds no certificates in PEM") from None
        headers = {"X-Vault-Request": "true", **({"X-Vault-Namespace": self.namespace} if self.namespace else {})}
        return httpx.Client(base_url=self.url, headers=headers, timeout=_SECONDS, verify=trusted, trust_env=False)

    def _post(self, client: httpx.Client, address: str, body: Mapping[str, str], what: str) -> Any:
        problem = ""
        for _ in range(_TRIES):
            try:
                answer = client.post(address, json=body)
            except httpx.HTTPError as failed:
                problem = f"does not answer ({_why(failed)})"
                continue
            if answer.status_code < 500:
                if answer.status_code == 200:
                    return _json(answer)
                raise TransitFailed(f"the vault at {self.url} refuses to {what}: {_refusal(answer)}")
            problem = "is sealed or out of order" if answer.status_code == 503 else f"answers {answer.status_code}"
        raise TransitFailed(f"the vault at {self.url} {problem}; unseal or reach it, then start again")


def _refusal(answer: httpx.Response) -> str:
    """What to mend. The vault's own words stay out: some quote what was sent."""
    return {
        400: "400, wrong key, ciphertext of another ring, or login; check WERDA_TRANSIT_KEY and the ring's file",
        403: "403, the token is over or its policy does not allow it; see docs/keys.md",
        404: "404, nothing is mounted there; check WERDA_TRANSIT_MOUNT and WERDA_TRANSIT_KEY",
    }.get(answer.status_code, str(answer.status_code))


def _why(failed: httpx.HTTPError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(failed):
        return "its certificate is not trusted; name its authority in WERDA_TRANSIT_CA"
    return type(failed).__name__


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _read(file: Path) -> Secret:
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise TransitFailed(f"{file}, with which Werda shows itself to the vault, is missing or empty")
    return Secret(text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
