"""Which integrator asks, and what their key may do. Keys are cached until somebody creates or revokes one.

A key has 240 random bits, so guessing it is hopeless; what a flood of bad ones costs is bounded all the same: an
address with too many refusals, counted over all processes, is not asked for any more but for keys that were good
before. Behind a proxy all share an address, and those at work go on.
"""

import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from typing import Any, Final

from werda.api.problems import FORBIDDEN, TOO_MANY, UNAUTHORISED, Problem
from werda.usecases.create_api_key import Scope, hash_of

_FORM: Final = re.compile(rb"Bearer wk_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{40,64})")
_SECONDS: Final = 0.5
"""How long a key is believed without asking again: a revocation holds within a second even if its message is lost."""


_MOST_KNOWN: Final = 1000

REFUSALS: Final = 600
"""Bad keys from one address in a minute; then 429 for the rest of it."""
_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Integrator:
    """The holder of a living API key; `brands` empty means all."""

    key_id: int
    scopes: frozenset[str]
    brands: frozenset[int]
    asserts: bool


class ApiKeys:
    """Recognises keys."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._known: dict[bytes, tuple[float, Integrator]] = {}
        self._good: set[int] = set()
        self._shut: dict[str, float] = {}

    def forget(self) -> None:
        """Ask the database again for every key."""
        self._known.clear()

    async def holder(self, authorization: bytes, scope: Scope) -> Integrator:
        """Who sent this `Authorization` header, if their key may. Raises `Problem`."""
        integrator = await self.known(authorization)
        if scope not in integrator.scopes:
            raise Problem(FORBIDDEN, f"this API key lacks the scope {scope}")
        return integrator

    async def known(self, authorization: bytes, address: str = "") -> Integrator:
        """Whose key it is, whatever it may. `address` is the sender's, if there is one. Raises `Problem`."""
        digest = hashlib.sha256(authorization).digest()
        known = self._known.get(digest)
        if known is None or known[0] < time.monotonic():
            if known is not None:  # while one request asks anew, the others that come meanwhile need not
                self._known[digest] = (time.monotonic() + _SECONDS, known[1])
            try:
                integrator = await self._ask(authorization, address)
            except Problem:
                self._known.pop(digest, None)
                raise
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[digest] = (time.monotonic() + _SECONDS, integrator)
        return known[1]

    async def _ask(self, authorization: bytes, address: str) -> Integrator:
        match = _FORM.fullmatch(authorization)
        if match is None:
            raise Problem(UNAUTHORISED, "send `Authorization: Bearer wk_…`; `werda apikey create` makes a key")
        key_id = int(match[1])
        if key_id not in self._good and self._shut.get(address, 0.0) > time.monotonic():
            raise Problem(TOO_MANY, "wait a minute, and send a key that `werda apikey create` made")
        row = await self._pool.fetchrow("select * from gate_api_key($1)", key_id)
        if row is None or not hmac.compare_digest(hash_of(match[2].decode()), row["secret_hash"]):
            await self._refused(address)
            raise Problem(UNAUTHORISED, "this API key is unknown or revoked")
        if len(self._good) >= _MOST_KNOWN:
            self._good.clear()
        self._good.add(key_id)
        return Integrator(key_id, frozenset(row["scopes"]), frozenset(row["brands"]), row["asserts"])

    async def _refused(self, address: str) -> None:
        """Count a bad key that came from an address; the pages' socket has none."""
        if not address:
            return
        fits = await self._pool.fetchval("select within_limit('api key', $1, $2, $3)", address, REFUSALS, _MINUTE)
        if not fits:
            if len(self._shut) >= _MOST_KNOWN:
                self._shut.clear()
            self._shut[address] = time.monotonic() + _MINUTE
