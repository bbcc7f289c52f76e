"""A real `werda demo` for tests: its own folder, free ports, and the knowledge of everything it started."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

UP_WITHIN = 60.0  # the first start makes the data; the tests' machine is shared
GONE_WITHIN = 15.0


@dataclass
class Demo:
    """A demo that answers. `log` is everything it printed."""

    process: "subprocess.Popen[bytes]"
    home: Path
    pages_port: int
    gate_port: int
    fastagi_port: int
    intake_port: int
    signup_port: int
    portal_port: int
    seconds: float

    @property
    def pages(self) -> str:
        return f"http://127.0.0.1:{self.pages_port}"

    @property
    def ports(self) -> tuple[int, ...]:
        return self.pages_port, self.gate_port, self.fastagi_port, self.intake_port, self.signup_port, self.portal_port

    @property
    def log(self) -> str:
        return _log(self.home).read_text(encoding="utf-8")

    def everybody(self) -> dict[str, Any]:
        """What /demo/customers.json says."""
        answer: dict[str, Any] = self.ask("GET", f"{self.pages}/demo/customers.json").raise_for_status().json()
        return answer

    def ask(self, method: str, url: str, **message: Any) -> httpx.Response:
        """Ask pages or gate directly, whatever proxy this machine has."""
        return httpx.request(method, url, timeout=20, trust_env=False, **message)

    def customer(self, name: str) -> dict[str, Any]:
        """The customer of this name."""
        return next(customer for customer in self.everybody()["customers"] if customer["name"] == name)

    def family(self) -> list[psutil.Process]:
        """The demo's process and everything it started, PostgreSQL too."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def all_gone(family: list[psutil.Process]) -> bool:
    """Whether none of these processes lives any more, after some time for it."""
    _, alive = psutil.wait_procs(family, timeout=GONE_WITHIN)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def start(home: Path, until: str = "hotline is open") -> Demo:
    """Start a demo in `home` and wait until it says this."""
    names = (
        "WERDA_PAGES_PORT",
        "WERDA_GATE_PORT",
        "WERDA_FASTAGI_PORT",
        "WERDA_INTAKE_PORT",
        "WERDA_SIGNUP_PORT",
        "WERDA_PORTAL_PORT",
        "WERDA_MAILBOX_PORT",
    )
    ports = [free_port() for _ in names]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("WERDA_", "DJANGO_"))}
    environment |= {"WERDA_HOME": str(home), "WERDA_LOG_LEVEL": "DEBUG"}
    environment |= dict(zip(names, map(str, ports), strict=True))
    home.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with _log(home).open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "werda", "demo"], env=environment, stdout=log, stderr=log)
    while until not in _log(home).read_text(encoding="utf-8"):
        waited = time.monotonic() - began
        if process.poll() is not None or waited > UP_WITHIN:
            process.kill()
            process.wait()
            raise AssertionError(f"the demo is not up after {waited:.0f} s: {_log(home).read_text()[-2000:]}")
        time.sleep(0.1)
    pages, gate, fastagi, intake, signup, portal, _ = ports
    return Demo(process, home, pages, gate, fastagi, intake, signup, portal, time.monotonic() - began)


@contextmanager
def running(home: Path) -> Iterator[Demo]:
    """A demo for as long as the block lasts."""
    demo = start(home)
    try:
        yield demo
    finally:
        demo.process.send_signal(signal.SIGINT)
        demo.process.wait(timeout=30)


def _log(home: Path) -> Path:
    return home / "demo-output.log"
