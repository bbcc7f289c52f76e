"""An agent calls a customer: it is announced in their portal, with words that both see (D5). Under the desk's role.

It proves nothing about whoever picks up, and so it opens nothing: there is no grant in it, and no secret is asked for.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection as desk

from werda.core.call_word import call_words
from werda.core.malformed import Malformed
from werda.core.number import normalise

MINUTES: Final = 20
"""How long an announcement stands when nobody ends it. An old one would vouch for somebody else's call."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A call that is announced: `called` is E.164, `words` are those the customer sees, if the number is one's."""

    brand_id: int
    called: str
    words: str
    expires_at: datetime


def announce_call(number: str, *, agent_id: int, brand_id: int) -> bool | Malformed:
    """Announce it, in place of what this agent announced before. False: the brand is not one of the agent's.

    Whether the number is a customer's is not told (A4).
    """
    called = normalise(number)
    if called is None:
        return Malformed("is no telephone number")
    with desk.cursor() as cursor:
        cursor.execute("select announce_call(%s, %s, %s, %s)", [agent_id, brand_id, called, MINUTES])
        (announced,) = cursor.fetchone()
    return announced is not None


def announced_by(agent_id: int) -> Announced | None:
    """What this agent has announced and not ended."""
    with desk.cursor() as cursor:
        cursor.execute("select brand_id, called, word, expires_at from announced_by(%s)", [agent_id])
        row = cursor.fetchone()
    return Announced(row[0], row[1], call_words(row[2]), row[3]) if row else None


def end_announced(agent_id: int) -> None:
    """The call is over: the customer's portal stops saying that it is us."""
    with desk.cursor() as cursor:
        cursor.execute("select end_announced(%s)", [agent_id])
