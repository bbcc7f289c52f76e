"""A town and a receiver for every test of the outbox."""

from collections.abc import Iterator

import pytest

from tests.database import TestDatabase
from tests.outbox.operator_town import OperatorTown
from tests.outbox.receiver import Receiver, receiving


@pytest.fixture
def town(database: TestDatabase) -> OperatorTown:
    return OperatorTown.found(database)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening
        assert listening.forged == []


@pytest.fixture
def connected(town: OperatorTown, receiver: Receiver) -> OperatorTown:
    """The town, its messages going to the receiver."""
    town.connect(receiver.url)
    return town
