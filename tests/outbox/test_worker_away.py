"""The worker was dead for an hour: what it owes is done when it is back, once, and the record is sealed whole."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.outbox.operator_town import OperatorTown, running_worker
from tests.outbox.receiver import Receiver
from tests.store.test_seal import check
from werda.audit.verify_seal import Checked


def test_an_hour_without_the_worker_is_made_up_for(connected: OperatorTown, receiver: Receiver, tmp_path: Path) -> None:
    """Design decisions 5 and 10: messages wait in their order, events for their seal; old guesses raise no alarm."""
    owner_rows = connected.database.rows
    begun = datetime.now(UTC) - timedelta(hours=1)
    connected.put_out(*range(20))
    with connected.database.connect() as owner:
        for minute in range(60):
            owner.execute(
                "insert into event (at, kind, actor, detail) values (%s, 'key:added', 'operator', '{}')",
                (begun + timedelta(minutes=minute),),
            )
            owner.commit()
        owner.execute(  # an attack that was over before anybody looked
            "insert into traffic select id, date_trunc('minute', %s::timestamptz), 1, 'carrier', 0, 900, 800, 0, 800, 3"
            " from brand",
            (begun,),
        )
    with running_worker(connected.database, tmp_path / "worker.log"):
        connected.settled()
        until(lambda: owner_rows("select count(*) from event e where not exists"
                                 " (select from event_seal s where s.event_id = e.id)") == [(0,)])  # fmt: skip
        until(lambda: owner_rows("select count(*) > 0 from sealed_checkpoint") == [(True,)])
    assert receiver.took("customer:1") == list(range(20))
    assert len(receiver.came) == 20
    found = check(connected.database)
    assert isinstance(found, Checked)
    assert found.events >= 60
    assert owner_rows("select count(*) from alarm where state = 2") == [(0,)]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
