"""The worker as a process: nothing is lost or doubled, whatever happens to it and however many there are."""

import time
from pathlib import Path
from typing import Any

from tests.outbox.operator_town import OperatorTown, running_worker
from tests.outbox.receiver import Receiver


def test_the_worker_sends_what_is_committed_while_it_runs(
    connected: OperatorTown, receiver: Receiver, tmp_path: Path
) -> None:
    with running_worker(connected.database, tmp_path / "worker.log"):
        connected.put_out(1)
        receiver.wait(1, seconds=30)
        connected.put_out(2)
        receiver.wait(2, seconds=30)
    assert receiver.took("customer:1") == [1, 2]


def test_killed_in_the_middle_of_a_send_it_loses_nothing_and_doubles_nothing(
    connected: OperatorTown, receiver: Receiver, tmp_path: Path
) -> None:
    """The receiver takes the message, the worker dies before it can write that down: it comes again, under its id."""
    hold = {"first": True}

    def slow(event: dict[str, object], times: int) -> int:
        if hold["first"]:
            time.sleep(3)
        return 204

    receiver.answer = slow
    connected.put_out(*range(5))
    connected.put_out(*range(5, 10), stream="customer:2")
    with running_worker(connected.database, tmp_path / "killed.log") as worker:
        deadline = time.monotonic() + 30
        while len(receiver.came) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        worker.kill()
        worker.wait()
    hold["first"] = False
    assert connected.delivered() == 0
    with running_worker(connected.database, tmp_path / "next.log"):
        connected.settled()
    assert receiver.took("customer:1") == [0, 1, 2, 3, 4]
    assert receiver.took("customer:2") == [5, 6, 7, 8, 9]
    assert len(receiver.came) == 12  # the two under way came twice, and nothing else
    assert len({event["id"] for event in receiver.came}) == 10


def test_killed_again_and_again_it_delivers_everything_once(
    connected: OperatorTown, receiver: Receiver, tmp_path: Path
) -> None:
    def slow(*_: object) -> int:
        time.sleep(0.02)
        return 204

    receiver.answer = slow
    for stream in range(6):
        connected.put_out(*range(25), stream=f"customer:{stream}")
    for round_ in range(3):
        with running_worker(connected.database, tmp_path / "worker.log") as worker:
            wanted = len(receiver.taken) + 15
            receiver.wait(wanted, seconds=30)
            worker.kill()
            worker.wait()
        assert connected.waiting() > 0, f"round {round_} killed nobody at work"
    with running_worker(connected.database, tmp_path / "worker.log"):
        connected.settled()
    for stream in range(6):
        assert receiver.took(f"customer:{stream}") == list(range(25))


def test_two_workers_never_send_the_same_message(connected: OperatorTown, receiver: Receiver, tmp_path: Path) -> None:
    def slow(event: dict[str, Any], times: int) -> int:
        time.sleep(0.01)
        return 503 if event["data"]["n"] == 3 and times == 0 else 204

    receiver.answer = slow
    with (
        running_worker(connected.database, tmp_path / "one.log"),
        running_worker(connected.database, tmp_path / "two.log"),
    ):
        for stream in range(12):
            connected.put_out(*range(10), stream=f"customer:{stream}")
        connected.settled()
    for stream in range(12):
        assert receiver.took(f"customer:{stream}") == list(range(10))
    assert len(receiver.came) == 12 * 11  # each once, and the third of each stream once more
    assert max(receiver.most_at_once.values()) == 1


def test_the_worker_goes_on_when_the_database_was_away(
    connected: OperatorTown, receiver: Receiver, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    with running_worker(connected.database, log) as worker:
        connected.put_out(1)
        receiver.wait(1, seconds=30)
        with connected.database.postgres.connect() as superuser:
            superuser.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (connected.database.name,)
            )
        connected.put_out(2)
        receiver.wait(2)
        assert worker.poll() is None
    assert worker.returncode == 0


def test_no_log_of_the_worker_holds_a_secret_or_a_body(
    connected: OperatorTown, receiver: Receiver, tmp_path: Path
) -> None:
    """B9, at DEBUG and with everything going wrong."""
    log = tmp_path / "worker.log"
    receiver.answer = lambda _, times: [500, 302, 204][min(times, 2)]
    with running_worker(connected.database, log):
        connected.put_out("Kanarienvogel")
        connected.settled()
    text = log.read_text()
    assert "will be tried again" in text
    for secret in (receiver.secret, receiver.secret.removeprefix("whsec_"), "Kanarienvogel"):
        assert secret not in text
