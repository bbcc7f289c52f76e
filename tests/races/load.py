"""Callers who never stop while something breaks, and what must be true afterwards."""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from tests.database import TestDatabase
from tests.gates import Gate
from tests.people import Person, Town
from tests.races.callers import Answer, check_budget, check_log, offer

CALLERS = 32


@dataclass
class Load:
    """Callers who never stop: most of them guess, some know their code; all are remembered."""

    gates: Sequence[Gate]
    people: Sequence[Person]
    answers: list[Answer] = field(default_factory=list)
    unanswered: int = 0
    patience: float = 40  # seconds until there must be answers again
    _stop: bool = False

    def run(self, disaster: Callable[[], object]) -> None:
        """Offer on and on; when some are answered comes the disaster; after some more answers all stop.

        The disaster is in this thread: PostgreSQL dies with the thread that started it.
        """
        with ThreadPoolExecutor(1) as other_thread:
            callers = other_thread.submit(asyncio.run, self._call_all())
            try:
                self._wait_for(200, callers)
                disaster()
                self._wait_for(len(self.answers) + 200, callers)
            finally:
                self._stop = True
            callers.result()

    def _wait_for(self, number: int, callers: "Future[None]") -> None:
        deadline = time.monotonic() + self.patience
        while len(self.answers) < number and not callers.done():
            assert time.monotonic() < deadline, f"no answers any more, after {len(self.answers)}"
            time.sleep(0.02)

    async def _call_all(self) -> None:
        async with httpx.AsyncClient(timeout=15, limits=httpx.Limits(max_connections=None)) as client:
            await asyncio.gather(*(self._call(client, n) for n in range(CALLERS)))

    async def _call(self, client: httpx.AsyncClient, number: int) -> None:
        gates = itertools.islice(itertools.cycle(self.gates), number, None)
        while not self._stop:
            person = random.choice(self.people)
            digits = person.code if random.random() < 0.3 else person.wrong
            answer = await offer(client, next(gates), person, digits, own=random.random() < 0.5)
            if answer is None:
                self.unanswered += 1
                await asyncio.sleep(0.05)
            else:
                self.answers.append(answer)

    def check(self, database: TestDatabase) -> None:
        """Nothing answered is lost, nobody had a fourth guess."""
        check_log(database, self.answers)
        for person in self.people:
            for own in (False, True):
                check_budget(database, person, own)
        ids = [person.id for person in self.people]
        [(attempts,)] = database.rows("select count(*) from attempt where customer_id = any (%s)", ids)
        assert len(self.answers) <= attempts <= len(self.answers) + self.unanswered


def fresh(town: Town) -> list[Person]:
    """So many that budgets are still being spent when it happens."""
    return [town.person(f"{1000 + n}") for n in range(40)]
