"""Somebody who may speak for an account holder: with number and code of their own, for some things, until a day (E2).

The number says whom they speak for and that it is they; it is public and proves nothing. Their code is theirs alone:
what they get wrong locks nobody else (C1), and it never gives more than level 1.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from werda.core.level import Level
from werda.core.policy import LOWEST_LEVELS, Operation

LONGEST: Final = timedelta(days=731)
"""Nobody speaks for another for longer than two years without being asked for again."""
MOST: Final = 10
"""At the same time, for one account holder."""
LONGEST_NAME: Final = 100
FIRST_DIGIT: Final = "9"
"""Numbers of representatives begin with it, so that nobody takes them for phone numbers, which begin with 0 or +."""
_DIGITS: Final = 10

SCOPES: Final = tuple(operation for operation, level in LOWEST_LEVELS.items() if level is Level.VERIFIED)
"""What somebody can be allowed; what needs a second proof only the account holder does (A3)."""


class RepresentativeKind(StrEnum):
    """Why they speak for somebody."""

    REPRESENTATIVE = "representative"
    CARER = "carer"
    HEIR = "heir"
    BUSINESS_CALLER = "business_caller"


@dataclass(frozen=True, slots=True)
class Representative:
    """One of them, as the account holder and agents see them. They may what is in `scope`, before `expires_at`."""

    id: int
    number: str
    name: str
    kind: RepresentativeKind
    scope: frozenset[Operation]
    begins_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    def counts(self, now: datetime) -> bool:
        """Whether they may speak."""
        return self.ended_at is None and now < self.expires_at


def scope_of(words: list[str]) -> frozenset[Operation]:
    """The operations of these names; what nobody can be allowed is left out."""
    return frozenset(operation for operation in SCOPES if operation.value in words)


def new_number() -> str:
    """A number by chance."""
    return FIRST_DIGIT + "".join(secrets.choice("0123456789") for _ in range(_DIGITS - 1))
