"""A town and a hotline whose clock the test sets."""

from collections.abc import AsyncIterator

import pytest

from tests.database import TestDatabase
from tests.engines import Clock, Desk, running_engine
from tests.people import Town


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def desk(town: Town, clock: Clock) -> AsyncIterator[Desk]:
    async with running_engine(town.database, clock) as engine:
        yield Desk(engine, town.brand)
