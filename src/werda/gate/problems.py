"""Which problems the gate answers with; docs/api.md explains each."""

from typing import Final

from werda.api.problems import (
    FORBIDDEN,
    MALFORMED,
    METHOD,
    NOT_FOUND,
    TOO_LARGE,
    TOO_MANY,
    TOO_SLOW,
    UNAUTHORISED,
    UNKNOWN_BRAND,
    Kind,
)

KEY_LIMITED: Final = Kind("key-limited", 429, "Too many attempts of this API key failed lately")
NOT_REDEEMED: Final = Kind("not-redeemed", 409, "The call is not this agent's to open")
KEY_REUSED: Final = Kind("idempotency-key-reused", 422, "The idempotency key was used in this call for something else")
UNAVAILABLE: Final = Kind("unavailable", 503, "The attempt could not be judged; nobody is let in")
BROKEN: Final = Kind("broken", 500, "Something broke on our side; nobody is let in")

KINDS: Final = (
    *(MALFORMED, UNAUTHORISED, FORBIDDEN, UNKNOWN_BRAND, NOT_FOUND, METHOD, NOT_REDEEMED, TOO_LARGE, KEY_REUSED),
    *(TOO_SLOW, TOO_MANY, KEY_LIMITED, UNAVAILABLE, BROKEN),
)
