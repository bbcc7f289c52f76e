"""The engine on a test's database, with a clock the test sets."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from tests.database import TestDatabase
from tests.people import AFTER_THE_DATE, Person
from werda.core.call import Channel, Source
from werda.core.secret import Secret
from werda.core.verdict import Verdict
from werda.gate.engine import Conflict, Engine
from werda.gate.lane import Connection, Request
from werda.gate.rulebook import Rulebook
from werda.store.roles import Role


class Clock:
    """The time, set by the test."""

    def __init__(self, now: datetime = AFTER_THE_DATE) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """Offers digits to an engine the short way; every offer is a call of its own unless `call` says otherwise."""

    def __init__(self, engine: Engine, brand: int) -> None:
        self.engine = engine
        self.brand = brand
        self._calls = itertools.count(1)

    async def offer(self, who: Person | str, digits: str, **changes: Any) -> Verdict | Conflict:
        """Offer digits for a person or for a line or customer number."""
        line = who.line if isinstance(who, Person) else who if who.startswith("+") else None
        values: dict[str, Any] = {
            "brand_id": self.brand,
            "line": line,
            "customer_number": None if line else who,
            "digits": Secret(digits),
            "source": Source(calling_number="+4930231259", trunk="carrier"),
            "channel": Channel.KEYPAD,
            "call_ref": f"call-{next(self._calls)}",
        }
        return await self.engine.verify(Request(**(values | changes)))


@asynccontextmanager
async def running_engine(database: TestDatabase, clock: Clock | None = None, lanes: int = 2) -> AsyncIterator[Engine]:
    """A started engine under the gate's own role."""

    async def connect() -> Connection:
        parameters = database.database.parameters(Role.GATE)
        return await asyncpg.connect(**parameters, database=database.name, command_timeout=30)

    reader = await connect()
    rulebook = await Rulebook.read(reader)
    await reader.close()
    engine = Engine(connect, database.verifier, rulebook, lanes=lanes, clock=clock)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
