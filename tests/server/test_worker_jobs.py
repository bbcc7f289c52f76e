"""What the worker does by the clock: secrets of contracts that are over go by themselves (A9)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.database import TestDatabase
from tests.outbox.operator_town import running_worker
from tests.people import Town
from tests.soon import soon
from werda.store.roles import Role
from werda.usecases.end_contract import end_contract

LONG_OVER = timedelta(days=400)


async def test_worker_destroys_the_secrets_of_contracts_that_are_long_over(
    database: TestDatabase, tmp_path: Path
) -> None:
    town = Town(database)
    maren, jonas = town.person(puks=("12345678",)), town.person(puks=("87654321",))
    with database.connect(Role.CUSTODY) as custody:
        end_contract(custody, customer_id=maren.id, actor="operator", now=datetime.now(UTC) - LONG_OVER)

    def sealed_for(customer: int) -> int:
        [(count,)] = database.rows("select count(*) from sealed_secret where customer_id = %s", customer)
        return int(count)

    with running_worker(database, tmp_path / "worker.log"):
        assert await soon(lambda: sealed_for(maren.id) == 0, seconds=30)
    assert sealed_for(jonas.id) == 2
