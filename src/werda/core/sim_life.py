"""The life of a SIM profile: which step leads where, and what stands in its way (S12, B7).

Stock, shipped, active, blocked; replaced and ended are the end, from which nothing leads back. A line has one primary
SIM and may have secondary ones beside it (MultiSIM), which live only as long as there is a primary.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from werda.core.sim import SimRole, SimStatus


class Step(StrEnum):
    """What is done to a profile."""

    ASSIGN = "assign"
    SHIP = "ship"
    ACTIVATE = "activate"
    BLOCK = "block"
    UNBLOCK = "unblock"
    REPLACE = "replace"
    END = "end"


class Obstacle(StrEnum):
    """Why a step cannot be done. The names are stable; `NotPossible.sentence` says it to people."""

    OVER = "over"
    WRONG_STATUS = "wrong_status"
    ASSIGNED = "assigned"
    NOT_ASSIGNED = "not_assigned"
    NO_LINE = "no_line"
    OTHER_PRIMARY = "other_primary"
    NO_PRIMARY = "no_primary"
    SECONDARIES = "secondaries"


_SENTENCES: Final = {
    Obstacle.OVER: "the SIM is {status}, and nothing leads back from there; take another one from stock",
    Obstacle.WRONG_STATUS: "the SIM is {status}; to {step} one it must be {possible}",
    Obstacle.ASSIGNED: "the SIM is somebody's already; take another one from stock",
    Obstacle.NOT_ASSIGNED: "the SIM is nobody's yet; assign it first",
    Obstacle.NO_LINE: "the SIM belongs to no line; assign it to one",
    Obstacle.OTHER_PRIMARY: "the line has a primary SIM; replace that one, or assign this one as a secondary",
    Obstacle.NO_PRIMARY: "the line has no active primary SIM that a secondary could stand beside; activate one first",
    Obstacle.SECONDARIES: "secondary SIMs of the line still live; end them first",
}

OVER: Final = frozenset({SimStatus.REPLACED, SimStatus.ENDED})
IN_USE: Final = frozenset({SimStatus.ACTIVE, SimStatus.BLOCKED})

_WAYS: Final = {
    Step.ASSIGN: {SimStatus.STOCK: SimStatus.STOCK},
    Step.SHIP: {SimStatus.STOCK: SimStatus.SHIPPED},
    # From stock, too: a card is handed over in a shop, and an eSIM profile is downloaded without a letter.
    Step.ACTIVATE: {SimStatus.STOCK: SimStatus.ACTIVE, SimStatus.SHIPPED: SimStatus.ACTIVE},
    Step.BLOCK: {SimStatus.ACTIVE: SimStatus.BLOCKED},
    Step.UNBLOCK: {SimStatus.BLOCKED: SimStatus.ACTIVE},
    Step.REPLACE: {
        SimStatus.SHIPPED: SimStatus.REPLACED,  # lost on the way
        SimStatus.ACTIVE: SimStatus.REPLACED,
        SimStatus.BLOCKED: SimStatus.REPLACED,
    },
    Step.END: {status: SimStatus.ENDED for status in SimStatus if status not in OVER},
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What decides about a step: the profile, and the other ones of its line.

    `assigned`: it is a customer's. `on_line`: it belongs to a line. `other_primary`: that line has another primary SIM
    in use, `active_primary` an active one. `secondaries`: secondary SIMs of the line are not over yet.
    """

    status: SimStatus
    role: SimRole = SimRole.PRIMARY
    assigned: bool = False
    on_line: bool = False
    other_primary: bool = False
    active_primary: bool = False
    secondaries: bool = False


@dataclass(frozen=True, slots=True)
class NotPossible:
    """Nothing was done, and why."""

    step: Step
    status: SimStatus
    obstacle: Obstacle

    @property
    def sentence(self) -> str:
        """The obstacle in words, and what to do."""
        possible = " or ".join(status.name.lower() for status in _WAYS[self.step])
        return _SENTENCES[self.obstacle].format(status=self.status.name.lower(), step=self.step, possible=possible)


def take_step(profile: Profile, step: Step) -> SimStatus | NotPossible:
    """Where `step` leads, or why it leads nowhere."""
    obstacle = _obstacle(profile, step)
    if obstacle is not None:
        return NotPossible(step, profile.status, obstacle)
    return _WAYS[step][profile.status]


def _obstacle(profile: Profile, step: Step) -> Obstacle | None:
    if profile.status in OVER:
        return Obstacle.OVER
    if profile.status not in _WAYS[step]:
        return Obstacle.WRONG_STATUS
    if step is Step.ASSIGN:
        return Obstacle.ASSIGNED if profile.assigned else None
    if step is Step.END:
        return Obstacle.SECONDARIES if profile.role is SimRole.PRIMARY and profile.secondaries else None
    if not profile.assigned:
        return Obstacle.NOT_ASSIGNED
    if step in (Step.ACTIVATE, Step.REPLACE) and not profile.on_line:
        return Obstacle.NO_LINE
    if step is Step.ACTIVATE and profile.role is SimRole.PRIMARY and profile.other_primary:
        return Obstacle.OTHER_PRIMARY
    if step is Step.ACTIVATE and profile.role is SimRole.SECONDARY and not profile.active_primary:
        return Obstacle.NO_PRIMARY
    return None
