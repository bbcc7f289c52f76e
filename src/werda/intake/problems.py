"""Which problems the intake answers with; docs/operator-systems.md explains each."""

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

UNKNOWN_ORDER: Final = Kind("unknown-order", 404, "There is no such order for this API key")
SETTLED_OTHERWISE: Final = Kind("settled-otherwise", 409, "The order was settled before, with another result")
REJECTED: Final = Kind("rejected", 422, "The row stays out, as it would in an import")
RESULT_REFUSED: Final = Kind("result-refused", 422, "The result cannot be used as it is; the order still waits")
KEY_REUSED: Final = Kind("idempotency-key-reused", 422, "The idempotency key was used for another request")
UNAVAILABLE: Final = Kind("unavailable", 503, "The request could not be carried out; send it again")
BROKEN: Final = Kind("broken", 500, "Something broke on our side; send the request again later")

KINDS: Final = (
    *(MALFORMED, UNAUTHORISED, FORBIDDEN, UNKNOWN_BRAND, UNKNOWN_ORDER, NOT_FOUND, METHOD, SETTLED_OTHERWISE),
    *(TOO_LARGE, TOO_SLOW, TOO_MANY, REJECTED, RESULT_REFUSED, KEY_REUSED, UNAVAILABLE, BROKEN),
)
