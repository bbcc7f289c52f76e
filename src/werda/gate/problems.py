"""Errors of the API as problem details (RFC 9457). Clients branch on `type`; docs/api.md explains each.

A problem never repeats what was sent: it could be a secret (B9).
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import JSONResponse

PREFIX: Final = "urn:werda:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: the end of its `type`, the HTTP status, and a title that never changes."""

    name: str
    status: int
    title: str


MALFORMED: Final = Kind("malformed", 400, "The request does not have the form that the API asks for")
UNAUTHORISED: Final = Kind("unauthorised", 401, "The API key is missing, unknown or revoked")
FORBIDDEN: Final = Kind("forbidden", 403, "The API key may not do this")
UNKNOWN_BRAND: Final = Kind("unknown-brand", 404, "There is no such brand for this API key")
NOT_FOUND: Final = Kind("not-found", 404, "There is nothing at this address")
METHOD: Final = Kind("method", 405, "This address takes another method")
NOT_REDEEMED: Final = Kind("not-redeemed", 409, "The call is not this agent's to open")
TOO_LARGE: Final = Kind("too-large", 413, "The request is larger than any valid one")
KEY_REUSED: Final = Kind("idempotency-key-reused", 422, "The idempotency key was used in this call for something else")
UNAVAILABLE: Final = Kind("unavailable", 503, "The attempt could not be judged; nobody is let in")
BROKEN: Final = Kind("broken", 500, "Something broke on our side; nobody is let in")

KINDS: Final = (
    *(
        MALFORMED,
        UNAUTHORISED,
        FORBIDDEN,
        UNKNOWN_BRAND,
        NOT_FOUND,
        METHOD,
        NOT_REDEEMED,
        TOO_LARGE,
        KEY_REUSED,
        UNAVAILABLE,
    ),
    BROKEN,
)


class Problem(Exception):
    """Ends a request with a problem. `detail` says what to do about it."""

    def __init__(self, kind: Kind, detail: str, **members: Any) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.detail = detail
        self.members = members

    def response(self) -> JSONResponse:
        """The answer, as `application/problem+json`."""
        content = {
            "type": PREFIX + self.kind.name,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            **self.members,
        }
        headers = {"WWW-Authenticate": "Bearer"} if self.kind is UNAUTHORISED else {}
        if self.kind is UNAVAILABLE:
            headers["Retry-After"] = "1"
        if self.kind is METHOD:
            headers["Allow"] = "POST"
        headers["Cache-Control"] = "no-store"
        return JSONResponse(content, self.kind.status, headers, media_type="application/problem+json")
