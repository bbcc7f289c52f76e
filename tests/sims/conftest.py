"""A town, its operator, and a hotline whose clock the test sets."""

from collections.abc import AsyncIterator, Iterator

import django
import pytest

django.setup()

from tests.database import TestDatabase  # noqa: E402
from tests.engines import Clock, Desk, running_engine  # noqa: E402
from tests.people import Town  # noqa: E402
from tests.sims.operator import Operator  # noqa: E402


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def operator(town: Town, clock: Clock) -> Iterator[Operator]:
    found = Operator(town, clock)
    yield found
    found.close()


@pytest.fixture
async def desk(town: Town, clock: Clock) -> AsyncIterator[Desk]:
    async with running_engine(town.database, clock) as engine:
        yield Desk(engine, town.brand)
