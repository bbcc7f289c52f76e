"""A call and where it comes from. The calling number identifies, it never authenticates (D1)."""

from dataclasses import dataclass
from enum import IntEnum


class Channel(IntEnum):
    """Who took the digits: the keypad dialogue, an agent's entry field, or an integrator's API call (E1)."""

    KEYPAD = 1
    AGENT = 2
    API = 3

    @property
    def slug(self) -> str:
        """The name in policies, in the API and in metrics."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Source:
    """Where an attempt comes from (C3, C5).

    `calling_number` is E.164 or None for an anonymous caller. `asserted` says that the network vouches for it; the
    edge that builds a Source sets it only for trunks and API keys configured to assert. `trunk` names the switch's
    line, `agent` is the id of the agent who typed, None for keypads.
    """

    calling_number: str | None = None
    asserted: bool = False
    trunk: str = ""
    agent: int | None = None
