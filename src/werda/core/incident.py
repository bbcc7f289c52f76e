"""An incident: authentications that may have let the wrong one in, and who must be told of it by when (A7).

Two clocks run from the moment it became known, by day and by night, on weekends and holidays too (Regulation (EEC,
Euratom) No 1182/71, Art. 3): 24 hours to the Bundesnetzagentur (TKG § 169 with Regulation (EU) No 611/2013, Art. 2(2))
and 72 hours to the BfDI (GDPR Art. 33(1)). Customers are told without undue delay, which is no number of hours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Recipient(StrEnum):
    """Who is told of an incident."""

    BNETZA = "bnetza"
    BFDI = "bfdi"
    CUSTOMER = "customer"


DEADLINES: Final[Mapping[Recipient, timedelta]] = MappingProxyType(
    {Recipient.BNETZA: timedelta(hours=24), Recipient.BFDI: timedelta(hours=72)}
)
"""How long after an incident became known each authority must have been told."""

WARN_BEFORE: Final = timedelta(hours=6)
"""How long before a deadline the operator's systems are warned, once."""

LONGEST_TEXT: Final = 500


class State(StrEnum):
    """Where an incident is: `NOTIFIED` once anybody was told of it."""

    OPEN = "open"
    NOTIFIED = "notified"
    CLOSED = "closed"


class Standing(StrEnum):
    """Where a clock is."""

    RUNNING = "running"
    DUE = "due"  # it ends within WARN_BEFORE
    OVERDUE = "overdue"
    TOLD = "told"
    TOLD_LATE = "told_late"
    STOPPED = "stopped"  # the incident was closed without telling, and a note says why


@dataclass(frozen=True, slots=True)
class Clock:
    """One recipient's deadline and what became of it."""

    recipient: Recipient
    due_at: datetime
    told_at: datetime | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Incident:
    """What is kept of one. `told` says who was told when; `since` is where its timeline begins."""

    id: int
    brand: str
    reason: str
    known_at: datetime
    since: datetime
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    told: Mapping[Recipient, datetime]
    attempts: int
    customers: int

    @property
    def state(self) -> State:
        """Open, notified or closed."""
        if self.closed_at is not None:
            return State.CLOSED
        return State.NOTIFIED if self.told else State.OPEN

    def clocks(self, now: datetime) -> list[Clock]:
        """The clocks of the authorities at `now`, the shorter one first."""
        return [self._clock(recipient, self.known_at + DEADLINES[recipient], now) for recipient in DEADLINES]

    def pressing(self, now: datetime) -> list[Clock]:
        """The clocks that are due or overdue."""
        return [clock for clock in self.clocks(now) if clock.standing in {Standing.DUE, Standing.OVERDUE}]

    def _clock(self, recipient: Recipient, due_at: datetime, now: datetime) -> Clock:
        told_at = self.told.get(recipient)
        if told_at is not None:
            standing = Standing.TOLD if told_at <= due_at else Standing.TOLD_LATE
        elif self.closed_at is not None:
            standing = Standing.STOPPED
        elif now > due_at:
            standing = Standing.OVERDUE
        else:
            standing = Standing.DUE if now >= due_at - WARN_BEFORE else Standing.RUNNING
        return Clock(recipient, due_at, told_at, standing)


def bad_text(text: str) -> str | None:
    """Why `text` cannot be kept as a reason or a note; None when it can. A code or a number must not get in (B9)."""
    if not re.fullmatch(rf"\S(.{{0,{LONGEST_TEXT - 2}}}\S)?", text):
        return f"takes one line of up to {LONGEST_TEXT} characters"
    if re.search(r"\d([ .\-/]?\d){3,}", text):
        return (
            "must not hold four digits in a row: they could be a code or somebody's number (B9); write dates in words"
        )
    return None


def bad_moment(told_at: datetime, known_at: datetime, now: datetime) -> str | None:
    """Why nobody can have been told at `told_at`; None when they can."""
    if told_at > now:
        return "lies in the future; write when it was sent"
    return "lies before the incident became known; write when it was sent" if told_at < known_at else None
