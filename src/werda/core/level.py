"""How sure the hotline is who is calling (A2, A3)."""

from enum import IntEnum


class Level(IntEnum):
    """The level of a verification; every operation requires one.

    0 *nicht legitimiert*: public information only. 1 *legitimiert*: private data and contract changes.
    2 *verstärkt*: SIM replacement, port-out, address, bank account, credentials, itemised call records.
    """

    NONE = 0
    VERIFIED = 1
    STRONG = 2
