"""Which integrator asks, and what their key may do. Keys are cached until somebody creates or revokes one."""

import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from typing import Any, Final

from werda.api.problems import FORBIDDEN, UNAUTHORISED, Problem
from werda.usecases.create_api_key import Scope, hash_of

_FORM: Final = re.compile(rb"Bearer wk_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{40,64})")
_SECONDS: Final = 0.5
"""How long a key is believed without asking again: a revocation holds within a second even if its message is lost."""


_MOST_KNOWN: Final = 1000


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

    def forget(self) -> None:
        """Ask the database again for every key."""
        self._known.clear()

    async def holder(self, authorization: bytes, scope: Scope) -> Integrator:
        """Who sent this `Authorization` header, if their key may. Raises `Problem`."""
        digest = hashlib.sha256(authorization).digest()
        known = self._known.get(digest)
        if known is None or known[0] < time.monotonic():
            if known is not None:  # while one request asks anew, the others that come meanwhile need not
                self._known[digest] = (time.monotonic() + _SECONDS, known[1])
            try:
                integrator = await self._ask(authorization)
            except Problem:
                self._known.pop(digest, None)
                raise
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[digest] = (time.monotonic() + _SECONDS, integrator)
        if scope not in known[1].scopes:
            raise Problem(FORBIDDEN, f"this API key lacks the scope {scope}")
        return known[1]

    async def _ask(self, authorization: bytes) -> Integrator:
        match = _FORM.fullmatch(authorization)
        if match is None:
            raise Problem(UNAUTHORISED, "send `Authorization: Bearer wk_…`; `werda apikey create` makes a key")
        key_id = int(match[1])
        row = await self._pool.fetchrow("select * from gate_api_key($1)", key_id)
        if row is None or not hmac.compare_digest(hash_of(match[2].decode()), row["secret_hash"]):
            raise Problem(UNAUTHORISED, "this API key is unknown or revoked")
        return Integrator(key_id, frozenset(row["scopes"]), frozenset(row["brands"]), row["asserts"])
