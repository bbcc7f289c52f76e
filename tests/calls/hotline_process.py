"""The gate as a process of its own, which a test can call through Asterisk, read the log of, and kill."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DIALLED = "+4955555000"


@dataclass(frozen=True)
class Person:
    """A customer of the hotline under test. Numbers are reserved for media or invalid; secrets are random."""

    line: str
    customer_number: str
    code: str
    puk: str


@dataclass
class HotlineProcess:
    """A running gate: where it listens for FastAGI, who its customers are, and its output."""

    process: "subprocess.Popen[bytes]"
    agi_port: int
    people: list[Person]
    output: Path

    def somebody(self) -> Person:
        """A customer whom no other test has used, so that budgets do not meet."""
        return self.people.pop()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(folder: Path, agi_port: int, *, people: int = 150) -> Iterator[HotlineProcess]:
    """Start a gate with so many customers."""
    chance = random.Random()
    known = [
        Person(f"+4917699{i:06d}", f"60{i:06d}", f"{chance.randrange(10**4):04d}", f"{chance.randrange(10**8):08d}")
        for i in range(people)
    ]
    output = folder / "gate.log"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.calls.memory_gate", str(agi_port)]
    with output.open("wb") as written:
        process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=written)
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            rows = [(each.line, each.customer_number, each.code, each.puk) for each in known]
            process.stdin.write(json.dumps(rows).encode())
            process.stdin.close()
            assert process.stdout.readline() == b"ready\n", output.read_text()
            yield HotlineProcess(process, agi_port, known, output)
            process.kill()
