"""Whether a brand's hotline is being sprayed: few guesses on many accounts (C6)."""

from enum import IntEnum


class AlarmState(IntEnum):
    """How sure the detector is. The numbers are stored and known to verify.sql."""

    CALM = 0
    SUSPICIOUS = 1
    ATTACK = 2  # a customer code opens nothing without possession
