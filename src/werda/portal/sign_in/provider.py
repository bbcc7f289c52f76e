"""The operator's own account service (OpenID Connect Core 1.0): where customers are sent, and whom it vouches for.

Authorization code with PKCE (RFC 7636, S256), state and nonce. All three are derived from the secret of the browser's
step, so that an answer counts in the browser that asked and nowhere else, and nothing of them is kept. The ID token is
checked by joserfc with the provider's published keys: signature, issuer, audience, time, nonce.
"""

import base64
import hashlib
import hmac
import threading
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from werda.core.secret import Secret

_SECONDS: Final = 5
"""How long a customer waits for the provider."""
_KNOWN_FOR: Final = 600
"""How long what the provider says of itself is believed, in seconds."""
_LEEWAY: Final = 60
"""How far its clock may be off, in seconds."""
_AT_ONCE: Final = 3
"""So many wait for its answer in a process, each with a connection to the database."""
_AWAY: Final = 5
"""For so many seconds it is not asked again after it did not answer."""
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that the provider alone has; never ``none``, never a shared secret."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom a brand's customers may sign in with. `claim` is the one that holds the customer number."""

    issuer: str
    client_id: str
    client_secret: Secret
    brand: str
    claim: str = "customer_number"


@dataclass(frozen=True, slots=True)
class Vouched:
    """The provider says that it is this customer. `signed_in_at`: when it asked them last (POSIX), if it says so."""

    customer_number: str
    signed_in_at: float | None


@dataclass(frozen=True, slots=True)
class NotVouched:
    """It does not, or not so that it can be believed; `why` holds nothing that it sent."""

    why: str


class Unreachable(Exception):
    """The provider does not answer, or not as a provider."""


class AccountService:
    """A provider as this process knows it.

    Nobody queues behind one that hangs: while somebody asks what it says of itself, the others go on with what is
    known, or are told that it cannot be reached; so are those who come shortly after it did not answer, and more than a
    few at once.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._asking = threading.Lock()
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._metadata: tuple[float, dict[str, Any], KeySet] | None = None
        self._away_until = 0.0

    def look_up(self) -> None:
        """Find out what it says of itself, unless that is known. Raises `Unreachable`."""
        self._known()

    def address(self, step: Secret, back: str, *, anew: bool) -> str:
        """Where the browser goes, to come back to `back`. `anew` asks them even if they are signed in there."""
        metadata, _ = self._known()
        asked = {
            "response_type": "code",
            "client_id": self._provider.client_id,
            "redirect_uri": back,
            "scope": "openid",
            "state": state_of(step),
            "nonce": _derived(step, "nonce"),
            "code_challenge": _base64(hashlib.sha256(_derived(step, "verifier").encode()).digest()),
            "code_challenge_method": "S256",
        }
        if anew:
            asked |= {"prompt": "login", "max_age": "0"}
        address = str(metadata["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def ask(self, step: Secret, code: Secret, back: str, *, now: float) -> Vouched | NotVouched:
        """Whom the provider gave this code for. Raises `Unreachable`."""
        metadata, _ = self._known()
        form = {
            "grant_type": "authorization_code",
            "code": code.reveal(),
            "redirect_uri": back,
            "code_verifier": _derived(step, "verifier"),
        }
        login = httpx.BasicAuth(self._provider.client_id, self._provider.client_secret.reveal())
        if not self._places.acquire(blocking=False):
            raise Unreachable("too many wait for it")
        try:
            answer = httpx.post(metadata["token_endpoint"], data=form, auth=login, timeout=_SECONDS)
            told = answer.json() if answer.is_success else {}
        except (httpx.HTTPError, ValueError) as problem:
            raise Unreachable(type(problem).__name__) from None
        finally:
            self._places.release()
        if answer.status_code >= 500:
            raise Unreachable(f"answered {answer.status_code}")
        token = told.get("id_token") if isinstance(told, dict) else None
        if not isinstance(token, str):
            return NotVouched("no ID token for this code")
        return self._read(token, _derived(step, "nonce"), now)

    def _read(self, token: str, nonce: str, now: float) -> Vouched | NotVouched:
        registry = jwt.JWTClaimsRegistry(
            now=int(now),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._provider.client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._opened(token)
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as problem:
            return NotVouched(type(problem).__name__)
        if claims.get("azp", self._provider.client_id) != self._provider.client_id:
            return NotVouched("the token was made for another client")
        number, at = claims.get(self._provider.claim), claims.get("auth_time")
        if not isinstance(number, str) or not number:
            return NotVouched("the token names no customer")
        return Vouched(number, float(at) if isinstance(at, int | float) and not isinstance(at, bool) else None)

    def _opened(self, token: str) -> dict[str, Any]:
        """The claims, once the signature is right; a key that is not known yet is asked for, once."""
        try:
            return jwt.decode(token, self._known()[1], algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError):
            return jwt.decode(token, self._known(anew=True)[1], algorithms=_ALGORITHMS).claims

    def _known(self, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        known = self._metadata
        if known is not None and not anew and known[0] >= time.monotonic():
            return known[1], known[2]
        if time.monotonic() < self._away_until or not self._asking.acquire(blocking=False):
            if known is None:
                raise Unreachable("it did not answer, or is being asked")
            return known[1], known[2]
        try:
            self._metadata = known = (time.monotonic() + _KNOWN_FOR, *self._fetched())
        except Unreachable:
            self._away_until = time.monotonic() + _AWAY
            raise
        finally:
            self._asking.release()
        return known[1], known[2]

    def _fetched(self) -> tuple[dict[str, Any], KeySet]:
        issuer = self._provider.issuer
        try:
            metadata = _json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if metadata.get("issuer") != issuer:
                raise Unreachable("it calls itself otherwise")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(metadata.get(name), str) or not may_be_asked(metadata[name]):
                    raise Unreachable(f"its {name} is none")
            return metadata, KeySet.import_key_set(_json(metadata["jwks_uri"]))  # type: ignore[arg-type]
        except (httpx.HTTPError, JoseError, ValueError, TypeError, KeyError) as problem:
            raise Unreachable(type(problem).__name__) from None


def may_be_asked(address: str) -> bool:
    """Whether what is sent there stays unread on the way: https, or this machine."""
    return address.startswith(("https://", "http://127.0.0.1:", "http://localhost:"))


def state_of(step: Secret) -> str:
    """What must come back with the answer."""
    return _derived(step, "state")


def _derived(step: Secret, what: str) -> str:
    return _base64(hmac.digest(step.reveal().encode(), what.encode(), hashlib.sha256))


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _json(address: str) -> dict[str, Any]:
    answer = httpx.get(address, timeout=_SECONDS)
    answer.raise_for_status()
    told = answer.json()
    if not isinstance(told, dict):
        raise ValueError("no object")
    return told
