"""Hand an SMS to the operator's gateway: a POST of ``{"to", "from", "text"}`` as JSON, with a bearer token.

That is what most gateways take, and a few lines in front of any other make it so. What it answers decides: 2xx is
taken, 408, 429 and 5xx come later, everything else never.
"""

from dataclasses import dataclass
from typing import Final

import httpx

from werda.core.secret import Secret

_SECONDS: Final = 10
_LATER: Final = frozenset({408, 429})


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where SMS are handed to. `token` is None where the gateway asks for none."""

    url: str
    sender: str
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The gateway took it."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not for now; `problem` quotes no content."""

    problem: str


@dataclass(frozen=True, slots=True)
class Never:
    """The gateway refuses it for good."""

    problem: str


def hand_over(gateway: Gateway, to: str, text: Secret) -> Taken | Later | Never:
    """Hand one over. `text` is a Secret, for it holds a code."""
    headers = {"Authorization": f"Bearer {gateway.token.reveal()}"} if gateway.token else {}
    message = {"to": to, "from": gateway.sender, "text": text.reveal()}
    try:
        answer = httpx.post(gateway.url, json=message, headers=headers, timeout=_SECONDS)
    except httpx.HTTPError as problem:
        return Later(f"no way to the gateway: {type(problem).__name__}")
    if answer.is_success:
        return Taken()
    kind = Later if answer.status_code in _LATER or answer.status_code >= 500 else Never
    return kind(f"the gateway answered {answer.status_code}")
