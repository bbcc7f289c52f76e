"""What somebody else may know opens nothing any more, for one customer and for everybody of an incident (B8)."""

import json

import pytest

from tests.database import TestDatabase, werda
from tests.engines import Clock, Desk, running_engine
from tests.people import AFTER_THE_DATE, ASSERTING, Person
from tests.usecases.coding_town import CodingTown
from werda.core.call import Source
from werda.core.verdict import Outcome, Refused, Verified
from werda.usecases.distrust import Distrust, Distrusted, distrust_customer, distrust_incident
from werda.usecases.open_incident import OfCustomer, Opened, open_incident
from werda.usecases.sim_change import Rings

NOW = AFTER_THE_DATE
PUK = "58302917"


@pytest.fixture
def town(database: TestDatabase) -> CodingTown:
    return CodingTown(database)


def rings(town: CodingTown) -> Rings:
    return Rings(town.verifier, town.custody_ring)


def distrust(town: CodingTown, person: Person, *, puks: bool = False) -> Distrusted:
    with town.custody() as custody:
        return distrust_customer(custody, rings(town), person.id, Distrust("Brief offen", "operator", puks), NOW)


async def test_a_distrusted_code_opens_nothing_from_that_moment(town: CodingTown) -> None:
    """B8, C8"""
    maren = town.person("8305", puks=(PUK,))
    async with running_engine(town.database, Clock()) as engine:
        desk = Desk(engine, town.brand)
        assert isinstance(await desk.offer(maren, "8305", call_ref="going-on"), Verified)
        assert distrust(town, maren) == Distrusted(1, 1, 0)
        assert town.database.rows("select level, customer_id from call where ref = 'going-on'") == [(0, None)]
        refused = await desk.offer(maren, "8305")
        assert isinstance(refused, Refused)
        assert refused.outcome is Outcome.WRONG
        assert isinstance(await desk.offer(maren, town.codes()[maren.id]), Verified)
        assert isinstance(await desk.offer(maren, PUK), Verified), "the PUK was not meant"
    assert town.notices(maren) == ["code_replaced"]
    kinds = town.database.rows("select kind from event where customer_id = %s order by id", maren.id)
    assert [kind for (kind,) in kinds] == ["credential:replaced", "credential:distrusted"]
    town.check_counts()


async def test_a_distrusted_puk_counts_no_more_until_the_sim_is_replaced(town: CodingTown) -> None:
    """B8, S9"""
    onno = town.person("", puks=(PUK,))
    assert distrust(town, onno, puks=True) == Distrusted(1, 0, 1)
    async with running_engine(town.database, Clock()) as engine:
        refused = await Desk(engine, town.brand).offer(
            onno, PUK, source=Source(calling_number=onno.line, trunk=ASSERTING, asserted=True)
        )
    assert isinstance(refused, Refused)
    assert town.notices(onno) == ["code_distrusted"]
    assert town.codes() == {}, "who has no code gets none"
    assert distrust(town, onno, puks=True) == Distrusted(), "twice is once"


def incident_of(town: CodingTown, *people: Person) -> int:
    with town.custody() as custody:
        opened = open_incident(
            custody, OfCustomer(people[0].number), brand_id=town.brand, reason="x", known_at=NOW, actor="o", now=NOW
        )
        assert isinstance(opened, Opened)
        assert opened.incident_id is not None
        for person in people[1:]:
            custody.execute("insert into incident_customer values (%s, %s)", (opened.incident_id, person.id))
    return opened.incident_id


def test_an_incident_goes_on_after_a_crash(town: CodingTown) -> None:
    """B8"""
    people = [town.person(code) for code in ("8305", "2931", "6174")]
    number = incident_of(town, *people)
    why = Distrust("Datenleck", "operator", puks=False, incident_id=number)

    def crash(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with town.custody() as custody:
        with pytest.raises(KeyboardInterrupt):
            distrust_incident(custody, rings(town), why, NOW, crash)
        first = town.codes()
        assert distrust_incident(custody, rings(town), why, NOW) == Distrusted(1, 1, 0)
    assert [town.codes()[person.id] == first[person.id] for person in people] == [True, True, False]
    assert not {"8305", "2931", "6174"} & set(town.codes().values())
    town.check_counts()


def test_the_operator_distrusts_by_command(town: CodingTown) -> None:
    """B8"""
    maren = town.person("8305", puks=(PUK,))

    def codes(*arguments: str) -> tuple[int, str, str]:
        done = werda("codes", "distrust", *arguments, environment=town.database.environment)
        return done.returncode, done.stdout, done.stderr

    code, out, error = codes(
        "--customer", maren.number, "--brand", "nordfunk", "--puks", "--reason", "Brief offen", "--json"
    )
    assert (code, error) == (0, "")
    assert json.loads(out) == {"customers": 1, "codes": 1, "puks": 1}
    code, out, _ = codes("--incident", str(incident_of(town, maren)), "--reason", "Datenleck")
    assert (code, out) == (0, "of 1 customers 1 codes and 0 PUKs count no longer\n")
    assert codes("--incident", "99", "--reason", "x")[0] == 2
    assert "name --customer with --brand" in codes("--customer", "K1", "--reason", "x")[2]
