"""What a telephone front end asks of the gate.

FastAGI and the browser phone translate between their wire and `core.dialogue`, and use this and nothing else. The
implementation is `gate.calls.Calls`. Every method fails closed: an exception means *unverified*, never *let in*, and
the front end goes on to a person (design decision 9).
"""

from typing import Protocol

from werda.core.call import Arrival, Source
from werda.core.secret import Secret
from werda.core.verdict import Verdict


class UnknownNumber(LookupError):
    """No brand answers under the dialled number; `werda setup` and the brand's dialled numbers say which do."""


class Hotline(Protocol):
    """A hotline as the switch sees it."""

    async def arrive(self, *, dialled: str, source: Source, switch_call: str) -> Arrival:
        """Take up a call. `switch_call` is the switch's own id; the same id again is the same call (tries go on).

        Raises `UnknownNumber` when no brand answers under `dialled`.
        """
        ...

    async def verify(self, arrival: Arrival, *, number: str | None, digits: Secret) -> Verdict:
        """Offer digits for the caller's own line, or for the keyed-in line or customer `number`."""
        ...

    async def hand_over(self, arrival: Arrival) -> Secret:
        """Put the call in the agents' queue, verified or not, and give its token for the switch to carry along."""
        ...

    async def answered(self, token: Secret, agent: str) -> bool:
        """The switch reports that the agent with this login answered the call that carries `token`."""
        ...

    async def hung_up(self, arrival: Arrival) -> None:
        """The caller is gone."""
        ...
