"""Which integrator asks, and what their key may do. Keys are cached until somebody creates or revokes one."""

import hmac
import re
import time
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from werda.gate.problems import FORBIDDEN, UNAUTHORISED, Problem
from werda.usecases.create_api_key import Scope, hash_of

_FORM: Final = re.compile(r"Bearer wk_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{40,64})")
_SECONDS: Final = 1.0
"""How long a key is believed without asking again: a revocation holds within a second even if its message is lost."""


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
        self._known: dict[int, tuple[float, bytes, Integrator]] = {}

    def forget(self) -> None:
        """Ask the database again for every key."""
        self._known.clear()

    async def holder(self, request: Request, scope: Scope) -> Integrator:
        """Who asks, if their key may. Raises `Problem`."""
        match = _FORM.fullmatch(request.headers.get("authorization", ""))
        if match is None:
            raise Problem(UNAUTHORISED, "send `Authorization: Bearer wk_…`; `werda apikey create` makes a key")
        key_id = int(match[1])
        known = self._known.get(key_id)
        if known is None or known[0] < time.monotonic():
            row = await self._pool.fetchrow("select * from gate_api_key($1)", key_id)
            if row is None:
                self._known.pop(key_id, None)
                raise Problem(UNAUTHORISED, "this API key is unknown or revoked")
            integrator = Integrator(key_id, frozenset(row["scopes"]), frozenset(row["brands"]), row["asserts"])
            known = self._known[key_id] = (time.monotonic() + _SECONDS, row["secret_hash"], integrator)
        if not hmac.compare_digest(hash_of(match[2]), known[1]):
            raise Problem(UNAUTHORISED, "this API key is unknown or revoked")
        if scope not in known[2].scopes:
            raise Problem(FORBIDDEN, f"this API key lacks the scope {scope}")
        return known[2]
