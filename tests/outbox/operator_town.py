"""An installation with a receiver for its messages, and the worker as a process of its own."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.database import TestDatabase
from tests.outbox.receiver import SECRET
from werda.core.secret import Secret
from werda.outbox.delays import Delays
from werda.outbox.sender import Sender
from werda.store.roles import Role
from werda.usecases.add_brand import add_brand
from werda.usecases.connect_webhook import connect_webhook
from werda.usecases.order_from_operator import put_out


@dataclass(frozen=True)
class OperatorTown:
    """One brand whose messages leave."""

    database: TestDatabase
    brand: int

    @classmethod
    def found(cls, database: TestDatabase, slug: str = "nordfunk") -> "OperatorTown":
        with database.connect() as owner:
            return cls(database, add_brand(owner, slug=slug, name=slug, dialled=[]))

    def connect(self, url: str, *, secret: str = SECRET, everybody: bool = False) -> int:
        with self.database.database.connect(Role.CUSTODY) as custody:
            brand = None if everybody else self.brand
            connected = connect_webhook(
                custody, self.database.custody, brand_id=brand, url=url, secret=Secret(secret), now=datetime.now(UTC)
            )
        return connected.endpoint_id

    def put_out(self, *numbers: Any, stream: str = "customer:1") -> None:
        """A message for each number, in this order, each in a transaction of its own."""
        with self.database.connect(Role.CUSTODY) as custody:
            for n in numbers:
                with custody.transaction():
                    put_out(
                        custody, "org.werda.test.v1", brand_id=self.brand, stream=stream, subject=stream,
                        data={"n": n}, now=datetime.now(UTC),
                    )  # fmt: skip

    def sender(self, *, tries: int = 4, first: float = 0.001, ahead: Any = None) -> Sender:
        """A sender in this process; `ahead` is added to its clock."""
        sender = Sender(lambda: self.database.custody, Delays(tries, first))
        return replace(sender, now=lambda: datetime.now(UTC) + ahead) if ahead is not None else sender

    def send_all(self, sender: Sender, seconds: float = 20.0) -> None:
        """Until nothing waits, or for so long."""
        deadline = time.monotonic() + seconds
        with self.database.connect(Role.CUSTODY) as custody:
            while self.waiting() and time.monotonic() < deadline:
                if not sender.send_one(custody):
                    time.sleep(0.005)

    def waiting(self) -> int:
        return self._count("delivered_at is null and dead_at is null")

    def dead(self) -> int:
        return self._count("dead_at is not null")

    def delivered(self) -> int:
        return self._count("delivered_at is not null")

    def problems(self) -> list[str]:
        return [row[0] for row in self.database.rows("select last_problem from outbox_message order by id")]

    def settled(self, seconds: float = 20) -> None:
        """Until nothing waits."""
        deadline = time.monotonic() + seconds
        while self.waiting():
            assert time.monotonic() < deadline, f"{self.waiting()} messages still wait: {set(self.problems())}"
            time.sleep(0.02)

    def _count(self, condition: str) -> int:
        found: int = self.database.rows(f"select count(*) from outbox_message where {condition}")[0][0]
        return found


@contextmanager
def running_worker(
    database: TestDatabase, log: Path, *, delay: float = 0.05, tries: int = 20
) -> Iterator["subprocess.Popen[bytes]"]:
    """`werda serve --only worker`, logging at DEBUG."""
    environment = {
        **database.environment,
        "WERDA_LOG_LEVEL": "DEBUG",
        "WERDA_OUTBOX_DELAY": str(delay),
        "WERDA_OUTBOX_TRIES": str(tries),
    }
    with log.open("ab") as output:
        command = [sys.executable, "-m", "werda", "serve", "--only", "worker"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)
