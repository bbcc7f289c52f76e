"""What the hotline does with the customer at this moment, as far as they may know it (D1, D5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werda.core.call_word import call_words
from werda.portal.access import Visit
from werda.store.models.call import CallState


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call at an agent. `verified`: legitimated for this customer; else it only comes from one of their lines."""

    verified: bool
    agent: str
    words: str


@dataclass(frozen=True, slots=True)
class CallingOut:
    """The hotline is calling them, or is about to."""

    agent: str
    words: str


@dataclass(frozen=True, slots=True)
class Question:
    """An agent asks: is it you? The words are those the agent sees."""

    id: int
    agent: str
    words: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it. `waiting`: a call from one of their lines waits, and nobody has answered."""

    with_you: Conversation | None
    from_your_line: bool
    waiting: bool
    calling_out: CallingOut | None
    question: Question | None


def standing(visit: Visit) -> Standing:
    """Read it now; it is true for this moment only."""
    calls: list[tuple[Any, ...]] = visit.connection.execute(
        "select state, verified, word, agent from call_status order by since desc"
    ).fetchall()
    spoken = [call for call in calls if call[0] == CallState.OPEN]
    verified = next((call for call in spoken if call[1]), None)
    asked = visit.connection.execute(
        "select id, agent, word, expires_at from confirmation order by id desc limit 1"
    ).fetchone()
    out = visit.connection.execute("select agent, word from outgoing_call order by id desc limit 1").fetchone()
    return Standing(
        with_you=Conversation(True, verified[3] or "", call_words(verified[2] or 0)) if verified else None,
        from_your_line=verified is None and bool(spoken),
        waiting=any(call[0] != CallState.OPEN for call in calls),
        calling_out=CallingOut(out[0] or "", call_words(out[1])) if out else None,
        question=Question(asked[0], asked[1] or "", call_words(asked[2] or 0), asked[3]) if asked else None,
    )
