"""Customers for tests: one brand with the shipped policies, people with codes and SIMs as the import makes them."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any

import psycopg

from tests.database import TestDatabase
from werda.core.method import Method
from werda.core.policy import Policy
from werda.core.secret import Secret
from werda.core.sim_secrets import SimSecrets
from werda.keys.custody import Kind
from werda.store.code_holders import tally
from werda.store.roles import Role
from werda.usecases.activate_policy import activate_policy
from werda.usecases.add_brand import add_brand, add_trunk

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
AFTER_THE_DATE = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
HOTLINE = "+4930231250"
ASSERTING = "mobile-network"
NOT_ASSERTING = "carrier"


@dataclass(frozen=True)
class Sim:
    """A SIM profile of a test customer and its PUK."""

    id: int
    puk: str
    iccid: str


@dataclass
class Person:
    """A test customer. `code` is the customer code, `line` E.164."""

    id: int
    number: str
    line: str
    line_id: int
    code: str
    sims: list[Sim] = field(default_factory=list)

    @property
    def wrong(self) -> str:
        """A code that is not theirs."""
        return f"{(int(self.code) + 1111) % 10000:04}"


class Town:
    """Everybody in one test's database."""

    def __init__(self, database: TestDatabase, *, form: str = "du") -> None:
        self.database = database
        self._numbers = itertools.count(1)
        with database.connect() as owner:
            self.brand = add_brand(
                owner, slug="nordfunk", name="Nordfunk", dialled=[HOTLINE], form=form, portal="mein.nordfunk.example"
            )
            add_trunk(owner, name=ASSERTING, asserts=True)
            add_trunk(owner, name=NOT_ASSERTING, asserts=False)
            for file in sorted(resources.files("werda.demo").joinpath("policies").iterdir(), key=lambda f: f.name):
                activated = activate_policy(owner, file.read_text(encoding="utf-8"), now=LONG_AGO)
                assert isinstance(activated, Policy), activated

    @contextmanager
    def policy_says(self, instead_of: str, this: str) -> Iterator[None]:
        """For a while another line stands in the policy in force."""
        with self.database.connect() as owner:
            row = owner.execute(
                "select id, document from policy_version where brand_id = %s order by effective_from desc limit 1",
                (self.brand,),
            ).fetchone()
            assert row is not None
            assert instead_of in row[1]
            changed = row[1].replace(instead_of, this)
            owner.execute("update policy_version set document = %s where id = %s", (changed, row[0]))
            try:
                yield
            finally:
                owner.execute("update policy_version set document = %s where id = %s", (row[1], row[0]))

    def person(self, code: str = "4711", *, puks: tuple[str, ...] = (), born: date = date(1980, 5, 17)) -> Person:
        """Somebody with a line, a code (empty: none) and an active SIM for each PUK."""
        n = next(self._numbers)
        line, number = f"+49176040{n:05}", f"K{n:07}"
        with self.database.database.connect(Role.CUSTODY) as custody:
            row = custody.execute(
                "insert into customer (brand_id, customer_number, kind, payment, salutation, given_name, family_name,"
                " company, birth_date, street, postcode, city, email, language, as_of) values (%s, %s, 'person',"
                " 'postpaid', '', 'Maren', %s, '', %s, 'Deichweg 1', '25813', 'Husum', %s, 'de', %s) returning id",
                (self.brand, number, f"Muster{n}", born, f"maren{n}@example.org", LONG_AGO),
            ).fetchone()
            assert row is not None
            customer_id: int = row[0]
            row = custody.execute(
                "insert into line (brand_id, customer_id, msisdn, kind, tariff, shared, as_of)"
                " values (%s, %s, %s, 'mobile', 'Nordfunk M', false, %s) returning id",
                (self.brand, customer_id, line, LONG_AGO),
            ).fetchone()
            assert row is not None
            person = Person(customer_id, number, line, row[0], code)
            if code:
                self._seal(custody, Kind.CUSTOMER_CODE, Method.CUSTOMER_CODE, person.id, 0, code)
                verifier = self.database.verifier
                tally(custody, self.brand, verifier.primary_id, {verifier.popularity(self.brand, Secret(code)): 1})
        for puk in puks:
            self.sim(person, puk)
        return person

    def sim(self, person: Person, puk: str, *, role: str = "primary", status: str = "active") -> Sim:
        """One more SIM of somebody's line."""
        iccid = f"894944{next(self._numbers):013}"
        with self.database.database.connect(Role.CUSTODY) as custody:
            row = custody.execute(
                "insert into sim_profile (brand_id, customer_id, line_id, kind, role, status, iccid, imsi, eid,"
                " activated_at, as_of) values (%s, %s, %s, 'physical', %s, %s, %s, '', '', %s, %s) returning id",
                (self.brand, person.id, person.line_id, role, status, iccid, LONG_AGO, LONG_AGO),
            ).fetchone()
            assert row is not None
            self._seal(custody, Kind.SIM_PROFILE, Method.PUK, person.id, row[0], puk)
        sim = Sim(row[0], puk, iccid)
        person.sims.append(sim)
        return sim

    def _seal(
        self, custody: psycopg.Connection[Any], kind: Kind, method: Method, customer_id: int, sim_id: int, digits: str
    ) -> None:
        secret = Secret(digits)
        sealed = SimSecrets(puk=secret).text() if kind is Kind.SIM_PROFILE else secret
        custody.execute(
            "insert into sealed_secret (customer_id, sim_id, kind, key_id, ciphertext, as_of)"
            " values (%s, %s, %s, %s, %s, %s)",
            (
                *(customer_id, sim_id, kind, self.database.custody.key_id),
                *(self.database.custody.seal(kind, customer_id, sim_id, sealed), LONG_AGO),
            ),
        )
        custody.execute(
            "insert into credential (customer_id, person_id, method, sim_id, key_id, mac)"
            " values (%s, 0, %s, %s, %s, %s)",
            (
                *(customer_id, method, sim_id, self.database.verifier.primary_id),
                self.database.verifier.credential(method, customer_id, secret),
            ),
        )
