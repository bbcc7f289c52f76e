"""No authentication, no data: the desk's database role sees a customer through a living grant only (A4, B7).

The tables come from the catalog: whatever holds a customer's rows and can be read by the desk is tried in every
situation. A new table must get its policy, and rows here that prove it.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.database import Cluster, TestDatabase
from tests.engines import Desk, running_engine
from tests.people import LONG_AGO, Person, Town
from werda.store.roles import Role

AGENT, COLLEAGUE = 1, 2

OF_CUSTOMERS = """
    select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and (a.attname = 'customer_id' or c.relname = 'customer' and a.attname = 'id')
"""


@dataclass
class House:
    """Two customers with two lines each, everything that is kept about them, and grants for the first."""

    database: TestDatabase
    maren: Person
    other: Person
    second_line: int

    def tables(self) -> dict[str, str]:
        """Every table or view with customer data, and its column that says whose."""
        return dict(self.database.rows(OF_CUSTOMERS))

    def readable(self) -> dict[str, str]:
        """Those of them in which the desk may read anything at all."""
        may = {
            table: self.database.rows("select has_any_column_privilege('werda_desk', %s::regclass, 'select')", table)
            for table in self.tables()
        }
        return {table: column for table, column in self.tables().items() if may[table] == [(True,)]}

    @contextmanager
    def at_the_desk(
        self, grant: str | None = None, agent: int = AGENT
    ) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A transaction of the desk, with the session settings that its pages make."""
        with self.database.database.connect(Role.DESK) as desk:
            if grant is not None:
                desk.execute(
                    "select set_config('werda.grant', %s, true), set_config('werda.agent', %s, true)",
                    (grant, str(agent)),
                )
            yield desk

    def seen(self, table: str, grant: str | None = None, agent: int = AGENT) -> list[dict[str, Any]]:
        """The rows of customers that the desk gets."""
        column = sql.Identifier(self.tables()[table])
        with self.at_the_desk(grant, agent) as desk:
            query = sql.SQL("select to_jsonb(t) from {} t where {} is not null").format(sql.Identifier(table), column)
            return [row for (row,) in desk.execute(query)]

    def kept(self, table: str, person: Person) -> int:
        """How many rows there are."""
        column = sql.Identifier(self.tables()[table])
        with self.database.connect() as owner:
            query = sql.SQL("select count(*) from {} where {} = %s").format(sql.Identifier(table), column)
            row = owner.execute(query, (person.id,)).fetchone()
        assert row is not None
        return int(row[0])


def give(
    owner: psycopg.Connection[Any], secret: str, customer: int, *, level: int = 1, line: int | None = None, ends: str
) -> int:
    """A grant with its call, as `redeem` leaves them; gives the call's id."""
    row = owner.execute(
        "with c as (insert into call (ref, brand_id, state, dialled, calling_number, asserted, trunk, tries,"
        " level, method, legacy, channel, attempt_id, arrived_at)"
        " select %s, min(id), 'open', '', '', false, '', 1, %s, 1, false, 1, 0, now() from brand"
        " returning id, brand_id)"
        " insert into call_grant (secret_hash, call_id, agent_id, brand_id, customer_id, person_id, line_id, level,"
        " method, channel, legacy, created_at, expires_at)"
        " select %s, id, %s, brand_id, %s, 0, %s, %s, 1, 1, false, now(), now() + %s::interval"
        " from c returning call_id",
        (f"call-{secret}", level, hashlib.sha256(secret.encode()).digest(), AGENT, customer, line, level, ends),
    ).fetchone()
    assert row is not None
    call_id: int = row[0]
    return call_id


async def offer_once_right_and_once_wrong(town: Town, *people: Person) -> None:
    async with running_engine(town.database) as engine:
        desk = Desk(engine, town.brand)
        for person in people:
            await desk.offer(person, person.code)
            await desk.offer(person, person.wrong)


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[House]:
    with cluster.copy("row_security") as database:
        town = Town(database)
        people = maren, other = town.person("0815", puks=("12345678",)), town.person("4711", puks=("87654321",))
        asyncio.run(offer_once_right_and_once_wrong(town, *people))
        with database.connect() as owner:
            for person in people:
                owner.execute(
                    "insert into line (brand_id, customer_id, msisdn, kind, tariff, shared, as_of)"
                    " values (%s, %s, %s, 'landline', '', false, %s)",
                    (town.brand, person.id, f"{person.line}9", LONG_AGO),
                )
                owner.execute(
                    "insert into sim_profile (brand_id, customer_id, line_id, kind, role, status, iccid, imsi, eid,"
                    " as_of) select brand_id, customer_id, max(id), 'esim', 'primary', 'active', %s, '', '', %s"
                    " from line where customer_id = %s group by 1, 2",
                    (f"89490000000000000{person.id:02}", LONG_AGO, person.id),
                )
                owner.execute(
                    "insert into event (at, kind, brand_id, customer_id, actor, detail)"
                    " values (now(), 'credential:imported', %s, %s, 'operator', '{}')",
                    (town.brand, person.id),
                )
                call = give(owner, f"earlier-{person.id}", person.id, ends="-1 day")
                owner.execute(
                    "insert into call_note (call_id, customer_id, agent_id, topic, text, written_at)"
                    " values (%s, %s, %s, 'bill', 'explained', now())",
                    (call, person.id, COLLEAGUE),
                )
            [(second,)] = owner.execute("select max(id) from line where customer_id = %s", (maren.id,)).fetchall()
            give(owner, "living", maren.id, ends="10 minutes")
            give(owner, "expired", maren.id, ends="-1 microsecond")
            give(owner, "level-0", maren.id, level=0, ends="10 minutes")
            give(owner, "one-line", maren.id, line=second, ends="10 minutes")
            give(owner, "somebody-else", other.id, ends="10 minutes")
        yield House(database, maren, other, second)


def test_the_desk_reads_what_it_needs_of_customers_and_nothing_secret(house: House) -> None:
    """B5, A10"""
    assert {"customer", "line", "sim_profile", "attempt", "event", "call_note", "call_grant"} <= set(house.readable())
    for table in set(house.tables()) - set(house.readable()):
        with house.at_the_desk("living") as desk, pytest.raises(psycopg.errors.InsufficientPrivilege):
            desk.execute(sql.SQL("select 1 from {}").format(sql.Identifier(table)))
    assert {"sealed_secret", "credential", "budget", "call"} <= set(house.tables()) - set(house.readable())


def test_every_table_has_rows_of_both_customers(house: House) -> None:
    """Else the tests below would prove nothing about it: give a new table rows in the fixture."""
    for table in house.readable():
        assert house.kept(table, house.maren), f"{table} holds nothing about Maren"
        assert house.kept(table, house.other), f"{table} holds nothing about the other customer"


@pytest.mark.parametrize(
    ("grant", "agent"),
    [
        (None, AGENT),
        ("", AGENT),
        ("guessed", AGENT),
        ("expired", AGENT),
        ("living", COLLEAGUE),
        (hashlib.sha256(b"living").hexdigest(), AGENT),  # what lies in the table opens nothing
    ],
)
def test_without_a_living_grant_of_ones_own_nothing_is_seen(house: House, grant: str | None, agent: int) -> None:
    """A4"""
    for table in house.readable():
        assert house.seen(table, grant, agent) == [], f"{table} is open to the desk"


def test_a_caller_who_proved_nothing_opens_nobodys_data(house: House) -> None:
    """A4: the grant of an unverified call knows no level; the grant itself may be seen."""
    for table in house.readable():
        if table != "call_grant":
            assert house.seen(table, "level-0") == [], f"{table} is open at level 0"


def test_a_living_grant_opens_its_customer_whole_and_nobody_else(house: House) -> None:
    for table, column in house.readable().items():
        seen = house.seen(table, "living")
        assert {row[column] for row in seen} == {house.maren.id}, f"{table} shows other customers, or none"
        # Of grants an agent sees the one that is used, not those of other calls with the same customer.
        assert len(seen) == (1 if table == "call_grant" else house.kept(table, house.maren))


def test_a_grant_for_one_line_opens_that_line_only(house: House) -> None:
    """B7: a secondary SIM's PUK counts for its line, not for the account."""
    for table in house.readable():
        seen = house.seen(table, "one-line")
        lines = [row["id"] if table == "line" else row.get("line_id") for row in seen]
        expected = [house.second_line] if table in {"line", "sim_profile", "call_grant"} else []
        assert lines == expected, f"{table} shows more than the line"


def test_nothing_remains_open_after_the_transaction(house: House) -> None:
    with house.database.connect(Role.DESK) as desk:
        with desk.transaction():
            desk.execute("select set_config('werda.grant', 'living', true), set_config('werda.agent', '1', true)")
            assert desk.execute("select count(*) from customer").fetchone() == (1,)
        assert desk.execute("select count(*) from customer").fetchone() == (0,)


def test_the_desk_writes_notes_in_its_own_calls_and_nothing_else(house: House) -> None:
    writes = {
        (table, verb)
        for table in house.tables()
        for verb in ("insert", "update", "delete", "truncate")
        if house.database.rows("select has_table_privilege('werda_desk', %s::regclass, %s)", table, verb) == [(True,)]
    }
    assert writes == {("call_note", "insert")}
    [(mine, theirs)] = house.database.rows(
        "select max(call_id) filter (where secret_hash = sha256('living')), min(call_id) from call_grant"
    )

    def write(call: int, customer: int | None, agent: int) -> int:
        with house.at_the_desk("living") as desk:
            written = desk.execute(
                "insert into call_note (call_id, customer_id, agent_id, topic, text, written_at)"
                " values (%s, %s, %s, '', '', now())",
                (call, customer, agent),
            )
            desk.rollback()
            return written.rowcount

    assert write(mine, None, AGENT) == 1  # whose note it is, the call knows
    for call, customer, agent in (
        (mine, house.maren.id, AGENT),
        (mine, house.other.id, AGENT),
        (mine, None, COLLEAGUE),
        (theirs, None, AGENT),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            write(call, customer, agent)


def test_an_open_table_would_be_noticed(house: House) -> None:
    """The proof that these tests see what they are for: a table somebody forgot to protect."""
    with house.database.connect() as owner:
        owner.execute("create table forgotten (customer_id bigint)")
        owner.execute("insert into forgotten values (%s), (%s)", (house.maren.id, house.other.id))
        assert "forgotten" not in house.readable()
        owner.execute("grant select on forgotten to werda_desk")
    assert "forgotten" in house.readable()
    assert house.seen("forgotten") != []
    with house.database.connect() as owner:
        owner.execute("drop table forgotten")
