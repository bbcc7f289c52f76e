"""Whether an operation may be done for somebody: level first, then the customer's own word (A2, A3, A6).

A lock that customers set holds whatever a caller proves; only the customers themselves lift it, with the full strength
(E5). What is locked is never told below the required level, so that nobody probes for it.
"""

from dataclasses import dataclass
from enum import StrEnum

from werda.core.level import Level
from werda.core.policy import LOWEST_LEVELS, Operation


class Why(StrEnum):
    """Why an operation is not allowed."""

    NO_GRANT = "no_grant"
    ENDED = "ended"
    NOT_THEIRS = "not_theirs"
    LEVEL = "level"
    LOCKED_BY_CUSTOMER = "locked_by_customer"
    NOT_LOCKABLE = "not_lockable"
    NOT_IN_SCOPE = "not_in_scope"
    """A representative asks for what they may not (E2)."""


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """Nothing was done. `required` is the level that the operation needs."""

    why: Why
    required: Level


def may(level: Level, required: Level, *, locked: bool, in_scope: bool = True) -> NotAllowed | None:
    """None when somebody of `level` may have the operation done. `in_scope`: a representative may ask for it."""
    if level < required:
        return NotAllowed(Why.LEVEL, required)
    if not in_scope:
        return NotAllowed(Why.NOT_IN_SCOPE, required)
    return NotAllowed(Why.LOCKED_BY_CUSTOMER, required) if locked else None


def lockable(operation: Operation) -> bool:
    """Whether customers can lock it: what needs a second proof can do them the greatest harm (A3, A6)."""
    return LOWEST_LEVELS[operation] is Level.STRONG
