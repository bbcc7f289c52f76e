"""The real gate: a process of its own on a test's database, as it runs in production."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_server
from typing import Any

import httpx

from tests.database import TestDatabase
from werda.usecases.create_api_key import Scope, create_api_key


def free_port() -> int:
    """A port nobody listens on."""
    with create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@dataclass
class Gate:
    """A running gate process and a key for it."""

    process: subprocess.Popen[bytes]
    port: int
    fastagi_port: int
    log: Path
    key: str
    database: TestDatabase
    environment: dict[str, str] = field(repr=False, default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=self.headers, timeout=30, **options)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_gate(
    database: TestDatabase, log: Path, *, asserts: bool = True, level: str = "DEBUG", key: str | None = None
) -> Iterator[Gate]:
    """Start `werda serve --only gate` and wait until it answers."""
    port, fastagi_port = free_port(), free_port()
    environment = {
        **database.environment,
        "WERDA_GATE_PORT": str(port),
        "WERDA_FASTAGI_PORT": str(fastagi_port),
        "WERDA_LOG_LEVEL": level,
        "WERDA_GATE_SOCKET": str(log.with_suffix(".sock")),
    }
    if key is None:
        with database.connect() as owner:
            scopes = {Scope.VERIFY, Scope.CALLS, Scope.AGENT}
            key = create_api_key(owner, name="test", scopes=scopes, brands=[], asserts=asserts).reveal()
    with log.open("ab") as output:
        command = [sys.executable, "-m", "werda", "serve", "--only", "gate"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        gate = Gate(process, port, fastagi_port, log, key, database, environment)
        deadline = time.monotonic() + 30
        while True:
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, "the gate did not get ready: " + log.read_text()[-2000:]
            try:
                if httpx.get(f"{gate.url}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        yield gate
    finally:
        process.terminate()
        process.wait(20)
