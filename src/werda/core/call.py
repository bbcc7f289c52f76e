"""A call and where it comes from. The calling number identifies, it never authenticates (D1)."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from werda.core.sim import PUK_DIGITS


class Channel(IntEnum):
    """Who took the proof: the keypad dialogue, an agent's entry field, an integrator's API call, or our portal (E1)."""

    KEYPAD = 1
    AGENT = 2
    API = 3
    PORTAL = 4

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


@dataclass(frozen=True, slots=True)
class BrandFacts:
    """What a dialogue and a page must know of a brand. `form` is ``du`` or ``sie``, `language` ``de`` or ``en``."""

    id: int
    slug: str
    name: str
    form: str
    language: str
    timezone: str
    portal: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call as it comes in, with everything that is said before the first key.

    `identified` says that the calling number belongs to exactly one customer, so the caller need not key in a number;
    it proves nothing (D1). `open` follows from the policy's opening hours and is said before authentication.
    `announce` is the date from which only code or PUK count, while it lies ahead (S4). `tries_left` counts over
    keypad, agent and API in this call. `longest_secret` is how many digits the longest one has that the policy takes on
    a keypad: where letter codes count an entry goes on behind the eighth digit, and ``#`` or a pause ends a PUK.
    """

    call_id: int
    brand: BrandFacts
    source: Source
    identified: bool
    open: bool
    announce: date | None
    tries_left: int
    longest_secret: int = PUK_DIGITS
