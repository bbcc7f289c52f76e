"""The intake as a process of its own, and a key for it."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.database import TestDatabase
from tests.gates import free_port
from werda.usecases.create_api_key import Scope, create_api_key


@dataclass
class Intake:
    """A running intake."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    key: str
    database: TestDatabase

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, **{"headers": self.headers, "timeout": 30, **options})


def make_key(database: TestDatabase, scope: Scope = Scope.OPERATOR, brands: Sequence[int] = ()) -> str:
    """An API key."""
    with database.connect() as owner:
        return create_api_key(owner, name="test", scopes={scope}, brands=brands, asserts=False).reveal()


@contextmanager
def running_intake(database: TestDatabase, log: Path) -> Iterator[Intake]:
    """`werda serve --only intake`, logging at DEBUG, once it answers."""
    port = free_port()
    environment = {**database.environment, "WERDA_INTAKE_PORT": str(port), "WERDA_LOG_LEVEL": "DEBUG"}
    with log.open("ab") as output:
        command = [sys.executable, "-m", "werda", "serve", "--only", "intake"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        intake = Intake(process, port, log, make_key(database), database)
        deadline = time.monotonic() + 30
        while True:
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            try:
                if httpx.get(f"{intake.url}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        yield intake
    finally:
        process.terminate()
        process.wait(20)
