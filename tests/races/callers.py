"""Many callers at once over several gates, and what must be true of the log whatever happened meanwhile."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import httpx

from tests.database import TestDatabase
from tests.gates import Gate, running_gate
from tests.people import LONG_AGO, Person, Town
from werda.audit.verify_lanes import Whole, verify_stored_lanes
from werda.core.budget import MAX_FAILURES
from werda.core.policy import Policy
from werda.core.verdict import Outcome
from werda.usecases.activate_policy import activate_policy

GATES = 4
AN_HOUR = 3_600
_calls = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What a gate answered over HTTP. `call` is the call id the caller gave; every attempt is a call of its own."""

    call: str
    person: Person
    body: dict[str, Any]

    @property
    def verified(self) -> bool:
        return bool(self.body["result"] == "verified")

    @property
    def attempt(self) -> int | None:
        """The attempt a token speaks for; a refusal names none (C7)."""
        return int(self.body["token"].split(".")[1], 16) if self.verified else None


@contextmanager
def running_gates(database: TestDatabase, logs: Path, number: int = GATES) -> Iterator[list[Gate]]:
    """Real gate processes on one database, all with the same API key."""
    with ExitStack() as stack:
        first = stack.enter_context(running_gate(database, logs / "gate-0.log"))

        def start(n: int) -> Gate:
            return stack.enter_context(running_gate(database, logs / f"gate-{n}.log", key=first.key))

        with ThreadPoolExecutor(number) as starting:
            yield [first, *starting.map(start, range(1, number))]


def delay(town: Town, seconds: int) -> None:
    """A policy with this first delay: one that a test can wait for, or one that no slow machine lives to see."""
    text = resources.files("werda.demo").joinpath("policies", "nordfunk-2023.toml").read_text(encoding="utf-8")
    assert "first_delay_seconds = 30" in text
    with town.database.connect() as owner:
        changed = text.replace("first_delay_seconds = 30", f"first_delay_seconds = {seconds}")
        assert isinstance(activate_policy(owner, changed, now=LONG_AGO), Policy)


async def offer(
    client: httpx.AsyncClient, gate: Gate, person: Person, digits: str, *, own: bool = False, calling: str = ""
) -> Answer | None:
    """One attempt in a call of its own, from a telephone of its own unless `calling` says otherwise.

    None when it was not answered.
    """
    number = next(_calls)
    call = f"call-{number}"
    stranger = {"calling_number": calling or f"+4930{number:07}00"}
    source = {"calling_number": person.line, "asserted": True} if own else stranger
    body = {"brand": "nordfunk", "line": person.line, "digits": digits, "call_id": call, "source": source}
    try:
        response = await client.post(f"{gate.url}/v1/verifications", json=body, headers=gate.headers)
    except httpx.TransportError:
        return None
    if response.status_code == 503:
        return None
    assert response.status_code == 200, response.text
    return Answer(call, person, response.json())


async def offer_all(
    gates: Sequence[Gate], offers: Sequence[tuple[Person, str, bool]], calling: str = ""
) -> list[Answer]:
    """All at the same time, dealt to the gates in turn; every one must be answered."""
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:
        turns = zip(itertools.cycle(gates), offers, strict=False)
        answers = await asyncio.gather(
            *(offer(client, gate, who, digits, own=own, calling=calling) for gate, (who, digits, own) in turns)
        )
    assert None not in answers
    return [answer for answer in answers if answer is not None]


def outcomes(database: TestDatabase, person: Person, own: bool) -> Counter[Outcome]:
    """How often each outcome stands in the log for a budget."""
    rows = database.rows(
        "select outcome, count(*) from attempt where customer_id = %s and own_line = %s group by 1", person.id, own
    )
    return Counter({Outcome(outcome): count for outcome, count in rows})


def check_budget(database: TestDatabase, person: Person, own: bool) -> None:
    """C1: no more than three evaluations in a row without a success, told by what each attempt left in the budget.

    A wrong attempt leaves the count of failures in a row: 1, 2, 3 and never 4. Every row of them begins with 1, and
    after a first one a further one needs a success, so there are at most as many ones as successes and one more, and
    never more twos than ones. Two guesses evaluated on the same count would show as a second 1, 2 or 3.
    """
    seen = outcomes(database, person, own)
    failures = Counter(
        count
        for (count,) in database.rows(
            "select failures from attempt where customer_id = %s and own_line = %s and outcome = %s",
            *(person.id, own, int(Outcome.WRONG)),
        )
    )
    assert set(failures) <= set(range(1, MAX_FAILURES + 1)), f"a fourth evaluation: {failures}"
    runs = [seen[Outcome.VERIFIED] + 1, *(failures[count] for count in range(1, MAX_FAILURES + 1))]
    assert runs == sorted(runs, reverse=True), f"two guesses were evaluated on the same count: {runs}"
    left = database.rows("select failures from budget where customer_id = %s and own_line = %s", person.id, own)
    assert left or (own and not seen), "evaluated without a budget; own lines get theirs with the first call"
    if left and not seen[Outcome.VERIFIED]:
        assert left == [(failures.total(),)]


def check_log(database: TestDatabase, answers: Sequence[Answer]) -> None:
    """Every answer stands in the log, once and with the outcome that was told; and the log is whole."""
    told = {answer.call: answer for answer in answers}
    assert len(told) == len(answers)
    rows = database.rows(
        "select c.ref, a.id, a.customer_id, a.outcome from attempt a join call c on c.id = a.call_id"
        " where c.ref = any (%s)",
        list(told),
    )
    assert Counter(ref for ref, *_ in rows) == Counter(told.keys()), "an answered attempt is lost, or counted twice"
    for ref, attempt_id, customer_id, outcome in rows:
        answer = told[ref]
        assert answer.verified == (outcome == Outcome.VERIFIED)
        assert customer_id == answer.person.id
        assert answer.attempt in {None, attempt_id}
    with database.connect() as owner:
        assert isinstance(verify_stored_lanes(owner), Whole)
