"""The real order flow: a process of its own on a test's database, as it runs in production."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import httpx

from tests.database import TestDatabase
from tests.gates import free_port
from tests.people import LONG_AGO
from werda.core.tariff import TariffCatalogue
from werda.usecases.activate_tariffs import activate_tariffs


@dataclass
class SignUp:
    """A running sign-up process."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    database: TestDatabase

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def sell_tariffs(database: TestDatabase) -> TariffCatalogue:
    """Nordfunk's tariffs, as the demo ships them."""
    document = resources.files("werda.demo").joinpath("tariffs/nordfunk-2026.toml").read_text(encoding="utf-8")
    with database.connect() as owner:
        sold = activate_tariffs(owner, document, now=LONG_AGO)
    assert isinstance(sold, TariffCatalogue), sold
    return sold


@contextmanager
def running_signup(database: TestDatabase, log: Path) -> Iterator[SignUp]:
    """Start `werda serve --only signup` and wait until it answers."""
    port = free_port()
    environment = {**database.environment, "WERDA_SIGNUP_PORT": str(port), "WERDA_LOG_LEVEL": "DEBUG"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with log.open("ab") as output:
        command = [sys.executable, "-m", "werda", "serve", "--only", "signup"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        signup = SignUp(process, port, log, database)
        deadline = time.monotonic() + 30
        while True:
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, "sign-up did not get ready: " + log.read_text()[-2000:]
            try:
                if httpx.get(f"{signup.url}/order", trust_env=False).status_code < 500:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        yield signup
    finally:
        process.terminate()
        process.wait(20)
