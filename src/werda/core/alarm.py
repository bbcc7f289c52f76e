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
class AlarmRules:
    """What a brand's policy says. `respond`: ask for possession by itself when an attack is found, not only warn;
    `quiet`: how long nothing must be seen before an alarm falls.
    """  # fmt: skip

    respond: bool = True
    quiet: timedelta = timedelta(minutes=5)
