"""Whether a brand's hotline is being sprayed: few guesses on many accounts (C6)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum


class AlarmState(IntEnum):
    """How sure the detector is. The numbers are stored and known to verify.sql."""

    CALM = 0
    SUSPICIOUS = 1
    ATTACK = 2  # a customer code opens nothing without possession

    @property
    def slug(self) -> str:
        """The name in commands, events and metrics."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How clear a sign must be; a smaller number raises the alarm earlier, and oftener for nothing.

    `suspicious` and `attack` are standard deviations from what chance makes, `surge` how many times the usual failures
    are a surge.
    """

    suspicious: int = 5
    attack: int = 7
    surge: int = 3


@dataclass(frozen=True, slots=True)
class AlarmRules:
    """What a brand's policy says. `respond`: ask for possession by itself when an attack is found, not only warn;
    `quiet`: how long nothing must be seen before an alarm falls; `sensitivity`: what is taken for an attack.
    """  # fmt: skip

    respond: bool = True
    quiet: timedelta = timedelta(minutes=5)
    sensitivity: Sensitivity = Sensitivity()
