"""Errors of an API as problem details (RFC 9457). Clients branch on `type`.

A problem never repeats what was sent: it could be a secret (B9).
"""

from collections.abc import Sequence
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
TOO_SLOW: Final = Kind("too-slow", 408, "The request took too long to arrive")
TOO_LARGE: Final = Kind("too-large", 413, "The request is larger than any valid one")

TOO_MANY: Final = Kind("too-many", 429, "Too many bad API keys came from this address")


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
        if self.kind.status == 503:
            headers["Retry-After"] = "1"
        if self.kind.status == 429:
            headers["Retry-After"] = "60"
        if self.kind is METHOD:
            headers["Allow"] = "POST"  # a router that knows better says so
        headers["Cache-Control"] = "no-store"
        return JSONResponse(content, self.kind.status, headers, media_type="application/problem+json")


def problem_schema(kinds: Sequence[Kind]) -> dict[str, Any]:
    """The JSON schema of a problem, for an OpenAPI document."""
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "examples": [PREFIX + kind.name for kind in kinds]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
    }


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an OpenAPI document says of these statuses."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    besides = {UNAUTHORISED: TOO_MANY, TOO_LARGE: TOO_SLOW}
    told = [*statuses, *(other.status for kind, other in besides.items() if kind.status in statuses)]
    return {status: {"description": "Problem details (RFC 9457)", "content": content} for status in told}
