"""A hotline that keeps its customers in memory and judges by `core.budget`: for tests of what stands before the gate.

It is a whole implementation of `gate.hotline.Hotline`, only without a database: one budget for a person, two tries in a
call, unknown numbers refused like wrong secrets.
"""

import asyncio
import itertools
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from werda.core.budget import Budget, Limits
from werda.core.call import Arrival, BrandFacts, Source
from werda.core.level import Level
from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.verdict import Next, Outcome, Refused, Verdict, Verified
from werda.gate.hotline import UnknownNumber

TRIES_IN_A_CALL = 2


@dataclass
class Customer:
    """A person with a line, a customer number, a code and a PUK."""

    id: int
    line: str
    customer_number: str
    code: Secret
    puk: Secret
    budget: Budget = field(default_factory=Budget)

    def method(self, digits: Secret) -> Method:
        """What the digits are, or NONE."""
        if digits == self.code:
            return Method.CUSTOMER_CODE
        return Method.PUK if digits == self.puk else Method.NONE


@dataclass
class Call:
    """A call as this hotline keeps it, and what became of it."""

    arrival: Arrival
    token: Secret
    verified: Verified | None = None
    refused: list[Refused] = field(default_factory=list)
    queued: bool = False
    answered_by: str | None = None
    ended: bool = False


class MemoryHotline:
    """Brands by dialled number; customers by line and customer number; calls by the switch's id."""

    def __init__(
        self, brands: dict[str, BrandFacts], customers: list[Customer], *, limits: Limits | None = None
    ) -> None:
        self.brands = brands
        self.customers = {name: person for person in customers for name in (person.line, person.customer_number)}
        self.limits = limits or Limits(first_delay=timedelta())
        self.calls: dict[str, Call] = {}
        self.sources: list[Source] = []
        self.open = True
        self.announce: date | None = None
        self.verifying = asyncio.Event()
        self._ids = itertools.count(1)

    async def arrive(self, *, dialled: str, source: Source, switch_call: str) -> Arrival:
        """Take up a call; the same `switch_call` is the same call."""
        if dialled not in self.brands:
            raise UnknownNumber(dialled)
        self.sources.append(source)
        if switch_call not in self.calls:
            arrival = Arrival(
                call_id=next(self._ids),
                brand=self.brands[dialled],
                source=source,
                identified=source.calling_number in self.customers,
                open=self.open,
                announce=self.announce,
                tries_left=TRIES_IN_A_CALL,
            )
            self.calls[switch_call] = Call(arrival, Secret(secrets.token_urlsafe(18)))
        call = self.calls[switch_call]
        return replace(call.arrival, tries_left=TRIES_IN_A_CALL - len(call.refused))

    async def verify(self, arrival: Arrival, *, number: str | None, digits: Secret) -> Verdict:
        """Judge by the person's budget."""
        self.verifying.set()
        call, attempt, now = self._call(arrival), next(self._ids), datetime.now(UTC)
        person = self.customers.get(number or arrival.source.calling_number or "")
        method, outcome = Method.NONE, Outcome.UNKNOWN
        if person is not None:
            method = person.method(digits)
            matches = method is not Method.NONE
            outcome, person.budget = person.budget.attempt(matches=matches, now=now, limits=self.limits)
        if person is not None and outcome is Outcome.VERIFIED:
            call.verified = Verified(
                attempt_id=attempt,
                call_id=arrival.call_id,
                customer_id=person.id,
                person_id=person.id,
                line_id=None,
                level=Level.VERIFIED,
                method=method,
                legacy=False,
                token=call.token,
                expires_at=now + timedelta(minutes=2),
            )
            return call.verified
        left = TRIES_IN_A_CALL - len(call.refused) - 1
        call.refused.append(Refused(attempt, arrival.call_id, outcome, Next.RETRY if left > 0 else Next.AGENT))
        return call.refused[-1]

    async def hand_over(self, arrival: Arrival) -> Secret:
        """Queue the call and give its token."""
        call = self._call(arrival)
        call.queued = True
        return call.token

    async def answered(self, token: Secret, agent: str) -> bool:
        """Note who answered; an unknown token is no call."""
        for call in self.calls.values():
            if call.token == token and not call.ended:
                call.answered_by = agent
                return True
        return False

    async def hung_up(self, arrival: Arrival) -> None:
        """Note that the caller is gone."""
        self._call(arrival).ended = True

    def _call(self, arrival: Arrival) -> Call:
        return next(call for call in self.calls.values() if call.arrival.call_id == arrival.call_id)
