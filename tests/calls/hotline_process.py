"""The real gate as a process of its own, with people who call it, an agent and a trunk, for calls through Asterisk."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from tests.database import TestDatabase
from tests.gates import Gate, running_gate
from tests.people import HOTLINE, Person, Town
from werda.usecases.add_brand import add_trunk

AGENT = "lena"
TRUNK = "trunk"  # as deploy/asterisk/pjsip.conf names it
DIALLED = HOTLINE


def number_of(length: int) -> str:
    """Random digits; a code is never 0 alone, so any will do."""
    return "".join(secrets.choice("0123456789") for _ in range(length))


@dataclass
class HotlineProcess:
    """A running gate, its people, its log and its database."""

    gate: Gate
    town: Town

    @property
    def agi_port(self) -> int:
        return self.gate.fastagi_port

    def somebody(self) -> Person:
        """A customer nobody has called as before, so that budgets do not meet; with a customer number of digits."""
        person = self.town.person(number_of(4), puks=(number_of(8),))
        person.number = f"60{person.id:06d}"
        with self.town.database.connect() as owner:
            owner.execute("update customer set customer_number = %s where id = %s", (person.number, person.id))
        return person

    def shown(self) -> str:
        """Everything the gate wrote so far, at DEBUG level."""
        return self.gate.log.read_text()

    def call_of(self, person: Person) -> dict[str, Any]:
        """What the gate keeps of the person's only call from their own line."""
        columns = "state, asserted, trunk, level, tries, answered_by is not null"
        ((state, asserted, trunk, level, tries, answered),) = self.town.database.rows(
            f"select {columns} from call where calling_number = %s", person.line
        )
        facts = {"state": state, "asserted": asserted, "trunk": trunk, "level": level, "tries": tries}
        return facts | {"answered": answered}

    def kill(self) -> None:
        """End it as a power cut would."""
        self.gate.kill()


@contextmanager
def running(database: TestDatabase, folder: Path) -> Iterator[HotlineProcess]:
    """Start a gate on this database, with Lena among its agents and the sample's trunk as one that asserts."""
    town = Town(database)
    with database.connect() as owner:
        add_trunk(owner, name=TRUNK, asserts=True)
        make_agent(owner, town.brand)
    with running_gate(database, folder / "gate.log") as gate:
        yield HotlineProcess(gate, town)


def make_agent(owner: Connection[Any], brand: int) -> None:
    """Lena, without a password: nobody signs in here, she only answers the telephone."""
    owner.execute(
        "insert into agent (username, password, first_name, last_name, email, is_superuser, is_staff, is_active,"
        " date_joined, brands, language) values (%s, '', '', '', '', false, false, true, now(), %s, 'de')",
        (AGENT, [brand]),
    )
