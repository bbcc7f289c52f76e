"""One try to deliver one message: a signed POST, and what its answer means (Standard Webhooks).

What the receiver answers beside its status is not read: a body could quote what was sent.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import httpx
from standardwebhooks import Webhook

from werda import __version__
from werda.core.secret import Secret

SECONDS: Final = 10.0
"""How long a receiver may take for each step: connecting, taking the body, answering."""

_REFUSED_FOR_GOOD: Final = frozenset({400, 413, 422})
"""The receiver read the message and will never take it; to send it again would only hold its stream back. A login
that is wrong or an address that is missing (401, 404 …) is mended at the receiver, so those are tried again."""
_THIS_MACHINE: Final = ("all://localhost", "all://127.0.0.1", "all://[::1]")


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It has not, or nobody knows. `for_good`: it never will. `asked`: seconds the receiver wants to be left alone.

    `unreachable`: no connection came about, which says something of the receiver and nothing of the message.
    """

    problem: str
    for_good: bool = False
    asked: float = 0.0
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """The receiver wants no message any more (410)."""


def client() -> httpx.Client:
    """Follows no redirect, which could lead anywhere. A proxy of the environment does not know this machine's ports."""
    return httpx.Client(
        timeout=SECONDS,
        follow_redirects=False,
        mounts=dict.fromkeys(_THIS_MACHINE),
        headers={"User-Agent": f"Werda/{__version__}", "Content-Type": "application/cloudevents+json; charset=utf-8"},
    )


def signed(secrets: list[Secret], message_id: str, body: str, now: datetime) -> dict[str, str]:
    """The headers that prove who sends: a signature by each secret, the newest first."""
    now = now.astimezone(UTC)
    signatures = [Webhook(secret.reveal()).sign(message_id, now, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def deliver(http: httpx.Client, url: str, headers: dict[str, str], body: str) -> Delivered | Failed | Gone:
    """Try once."""
    try:
        with http.stream("POST", url, content=body.encode(), headers=headers) as answer:
            status, wish = answer.status_code, answer.headers.get("retry-after", "")
    except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
        return Failed(f"could not be reached: {type(problem).__name__}", unreachable=True)
    except httpx.TimeoutException:
        return Failed(f"did not answer within {SECONDS:g} seconds")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        return Failed(f"broke off: {type(problem).__name__}")
    if 200 <= status < 300:
        return Delivered()
    if status == 410:
        return Gone()
    if 300 <= status < 400:
        return Failed(f"answered {status}; redirects are not followed, give the address it leads to")
    asked = float(wish) if wish.isascii() and wish.isdigit() and len(wish) < 8 and status in {429, 503} else 0.0
    return Failed(f"answered {status}", for_good=status in _REFUSED_FOR_GOOD, asked=asked)
