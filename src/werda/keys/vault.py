"""Asking Vault or OpenBao: a POST over TLS, tried again while it chooses a leader; refusals that say what to mend.

HTTP API v1 as documented for both: the token goes into ``X-Vault-Token``, errors are ``{"errors": […]}``. The vault's
own words are never quoted: some repeat what was sent.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from werda.core.secret import Secret

_SECONDS: Final = 5.0
_TRIES: Final = 3
"""A vault that is just choosing another leader answers 5xx or nothing for a moment."""


class VaultFailed(RuntimeError):
    """The vault does not open or close a ring; the message says what to mend and quotes nothing secret."""


class VaultRefused(VaultFailed):
    """It answered, and refuses, with this status of HTTP."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Vault:
    """Where a vault is, in which namespace, and whose certificates are trusted."""

    url: str
    namespace: str = ""
    ca: Path | None = None

    def post(self, address: str, body: Mapping[str, str], what: str, token: Secret | None = None) -> Any:
        """The answer to a POST, `what` in words. Raises `VaultFailed`."""
        problem = ""
        with self._client(token) as client:
            for _ in range(_TRIES):
                try:
                    answer = client.post(address, json=body)
                except httpx.HTTPError as failed:
                    problem = f"does not answer ({_why(failed)})"
                    continue
                if answer.status_code == 200:
                    return _json(answer)
                if answer.status_code < 500:
                    message = f"the vault at {self.url} refuses to {what}: {_refusal(answer)}"
                    raise VaultRefused(message, answer.status_code)
                problem = "is sealed or out of order" if answer.status_code == 503 else f"answers {answer.status_code}"
        raise VaultFailed(f"the vault at {self.url} {problem}; unseal or reach it, then start again")

    def _client(self, token: Secret | None) -> httpx.Client:
        try:
            trusted = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        except (OSError, ssl.SSLError):
            raise VaultFailed(f"WERDA_TRANSIT_CA names {self.ca}, which holds no certificates in PEM") from None
        headers = {
            "X-Vault-Request": "true",
            **({"X-Vault-Namespace": self.namespace} if self.namespace else {}),
            **({"X-Vault-Token": token.reveal()} if token else {}),
        }
        return httpx.Client(base_url=self.url, headers=headers, timeout=_SECONDS, verify=trusted, trust_env=False)


def _refusal(answer: httpx.Response) -> str:
    """What to mend."""
    return {
        400: "400, wrong key, ciphertext of another ring, or login; check WERDA_TRANSIT_KEY and the ring's file",
        403: "403, the token is over or its policy does not allow it, or the login is not known; see docs/keys.md",
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
