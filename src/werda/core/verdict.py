"""The outcome of an attempt. Only `Verified` carries what the gate turns into a grant (design decision 7).

What a refused caller is told next depends only on the tries in this call, never on why (C7): the reason is for the
record and the metrics, and must not reach a caller, an agent or an API client, except *locked* on the desk (D3).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from werda.core.level import Level
from werda.core.method import Method
from werda.core.secret import Secret


class Outcome(IntEnum):
    """What became of an attempt, as recorded. The numbers are stored and known to verify.sql."""

    VERIFIED = 0
    WRONG = 1
    LOCKED = 2  # the budget was spent before; not evaluated, not counted
    TOO_EARLY = 3  # before the budget's not_before; not evaluated, not counted (C4)
    UNKNOWN = 4  # no such line or customer number; went over a decoy row (C7)
    NOT_ACCEPTED = 5  # the policy in force has no such method on this channel; not evaluated, not counted
    STEPPED_UP = 6  # right, but source or brand is stepped up: a code alone opens nothing; not counted (C5, C6)
    SOURCE_LIMITED = 7  # its source has used up its limit; not evaluated, not counted (C5)

    @property
    def slug(self) -> str:
        """The name in metrics and events."""
        return self.name.lower()


class Next(StrEnum):
    """What a refused caller is offered: another try, or a person."""

    RETRY = "retry"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Verified:
    """The caller proved who they are.

    `customer_id` and `person_id` say who; `line_id` is set when the proof counts for that line only (B7, a secondary
    SIM's PUK). `legacy` marks the old way and is shown wherever the result is (A1). `token` redeems once, until
    `expires_at`, by the agent whom the switch reports as answering. `attempt_id` names the attempt in the log.
    """

    attempt_id: int
    call_id: int
    customer_id: int
    person_id: int
    line_id: int | None
    level: Level
    method: Method
    legacy: bool
    token: Secret
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The caller did not. `outcome` is for the record only; `next` is all anybody is told (C7, D3)."""

    attempt_id: int
    call_id: int
    outcome: Outcome
    next: Next


Verdict = Verified | Refused
