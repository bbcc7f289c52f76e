"""The end of a contract: what stops at once, what is destroyed later, what is kept and why (A9)."""

import itertools
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.booking import offer
from tests.engines import Clock, Desk
from tests.people import LONG_AGO, Person, Town
from tests.sims.operator import COOLING, Operator
from werda.core.verdict import Outcome, Refused, Verified
from werda.store.roles import Role
from werda.usecases import destroy_due as destroying
from werda.usecases.asker import Asker
from werda.usecases.book_option import Booked, book_option
from werda.usecases.destroy_due import Destroyed, destroy_due
from werda.usecases.end_contract import Ended
from werda.usecases.sim_change import Rings

BERLIN = ZoneInfo("Europe/Berlin")
KEPT_FOR = timedelta(days=30)
OLD, NEW = "11111111", "22222222"


def destroy(operator: Operator, *, dry_run: bool = False) -> Destroyed:
    """As `werda contract destroy-due` does it."""
    with operator.town.database.connect(Role.CUSTODY) as connection:
        rings = Rings(operator.town.database.verifier, operator.town.database.custody)
        return destroy_due(connection, rings, actor="operator", now=operator.clock.now, dry_run=dry_run)


def secrets_of(operator: Operator, person: Person) -> tuple[int, int]:
    """How many sealed secrets and credentials lie there."""
    [(sealed, credentials)] = operator.rows(
        "select (select count(*) from sealed_secret where customer_id = %s),"
        " (select count(*) from credential where customer_id = %s)",
        person.id,
        person.id,
    )
    return sealed, credentials


async def test_from_the_end_on_nothing_counts_and_the_number_is_unknown(
    town: Town, operator: Operator, desk: Desk
) -> None:
    maren = town.person("0815")
    operator.active(maren, OLD)
    assert await operator.counts(desk, maren, "0815")
    assert operator.end_contract(maren) == Ended(operator.clock.now, lines=1, sims=1)
    for who, digits in itertools.product((maren.line, maren.number), ("0815", OLD)):
        verdict = await desk.offer(who, digits)
        assert isinstance(verdict, Refused)
        assert verdict.outcome in (Outcome.UNKNOWN, Outcome.TOO_EARLY, Outcome.LOCKED)
    assert operator.rows("select count(*) from attempt where customer_id = %s and outcome <> 0", maren.id) == [(0,)]


def test_options_end_with_the_contract_and_those_to_come_never_begin(town: Town, operator: Operator) -> None:
    """S13"""
    maren = town.person("0815")
    offer(town)
    asker = Asker(town.brand, maren.id, maren.number, "test")
    today = operator.clock.now.astimezone(BERLIN).date()
    with town.database.database.connect(Role.CUSTODY) as custody:
        done = book_option(
            custody, asker, line_id=maren.line_id, slug="music", idempotency_key="1", now=operator.clock.now
        )
        assert isinstance(done, Booked)
        custody.execute(
            "insert into option_booking (public_id, brand_id, customer_id, line_id, option, catalogue, terms, price,"
            ' currency, booked_at, starts_on, ends_on, idempotency_key, "order", reference, as_of)'
            " select gen_random_uuid(), brand_id, customer_id, line_id, 'later', catalogue, terms, price, currency,"
            " booked_at, starts_on + 14, null, '2', gen_random_uuid(), 'later', as_of from option_booking"
            " where customer_id = %s",
            (maren.id,),
        )
    operator.end_contract(maren)
    assert operator.rows(
        "select option, ends_on - starts_on, ends_on from option_booking where customer_id = %s order by id", maren.id
    ) == [("music", 0, today), ("later", -1, today + timedelta(days=13))]


def test_an_ended_contract_ends_once(town: Town, operator: Operator, clock: Clock) -> None:
    maren = town.person()
    ended = operator.end_contract(maren)
    assert isinstance(ended, Ended)
    clock.now += timedelta(days=1)
    assert operator.end_contract(maren) == Ended(ended.at, before=True)


def test_a_customer_without_any_sim_can_leave(town: Town, operator: Operator) -> None:
    """E3"""
    assert operator.end_contract(town.person()) == Ended(operator.clock.now, lines=1, sims=0)


async def test_the_number_of_somebody_who_left_begins_anew_with_the_next_customer(
    town: Town, operator: Operator, desk: Desk
) -> None:
    """What a file does when it gives the line to another customer; the one who left gets no budget for it."""
    maren, heir = town.person("0815"), town.person("4711")
    old = operator.active(maren, OLD)
    operator.replace(old, operator.stock(NEW))  # the line cools
    operator.end_contract(maren)
    with town.database.connect() as owner:
        owner.execute("update line set customer_id = %s where id = %s", (heir.id, maren.line_id))
    verdict = await desk.offer(maren.line, "4711")
    assert isinstance(verdict, Verified)
    assert verdict.customer_id == heir.id
    assert operator.rows("select ended_at, possession_from from line where id = %s", maren.line_id) == [(None, None)]


def test_secrets_are_destroyed_when_their_time_has_come_and_not_before(
    town: Town, operator: Operator, clock: Clock
) -> None:
    """A9"""
    maren, staying = town.person(), town.person()
    operator.active(maren, OLD)
    operator.active(staying, NEW)
    operator.end_contract(maren)
    clock.now += KEPT_FOR - timedelta(microseconds=1)
    assert destroy(operator) == Destroyed()
    assert secrets_of(operator, maren) == (2, 1)  # code and SIM; the PUK stopped with the SIM
    clock.now += timedelta(microseconds=1)
    assert destroy(operator, dry_run=True) == Destroyed(customers=1, sealed=2, credentials=1)
    assert secrets_of(operator, maren) == (2, 1)
    assert destroy(operator) == Destroyed(customers=1, sealed=2, credentials=1)
    assert secrets_of(operator, maren) == (0, 0)
    assert secrets_of(operator, staying) == (2, 2)
    assert destroy(operator) == Destroyed()


def test_the_event_says_what_is_gone_and_what_is_kept_and_why(town: Town, operator: Operator, clock: Clock) -> None:
    maren = town.person()
    operator.end_contract(maren)
    clock.now += KEPT_FOR
    destroy(operator)
    [(detail,)] = operator.rows(
        "select detail from event where kind = 'secrets:destroyed' and customer_id = %s", maren.id
    )
    assert detail["destroyed"] == {"sealed": 1, "credentials": 1}
    assert "GDPR Art. 5(2)" in detail["kept"]["attempts and events"]
    assert operator.rows("select family_name <> '' from customer where id = %s", maren.id) == [(True,)]


async def test_a_replaced_sims_secrets_go_too_and_the_customers_others_stay(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    maren = town.person("0815")
    old, new = operator.active(maren, OLD), operator.stock(NEW)
    operator.replace(old, new)
    assert operator.secrets(maren.id, old) is not None
    clock.now += KEPT_FOR
    assert destroy(operator) == Destroyed(sims=1, sealed=1)
    assert operator.secrets(maren.id, old) is None
    assert operator.secrets(maren.id, new) is not None
    assert KEPT_FOR > COOLING
    assert await operator.counts(desk, maren, NEW)


def test_what_a_crash_left_is_destroyed_by_the_next_run(
    town: Town, operator: Operator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunk after chunk: the first is committed when the second fails."""
    monkeypatch.setattr(destroying, "CHUNK", 2)
    people = [town.person() for _ in range(5)]
    for person in people:
        operator.end_contract(person)
    clock.now += KEPT_FOR
    with town.database.connect() as owner:  # the third customer's secrets cannot be deleted
        owner.execute(
            b"create function refuse() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$"
        )
        owner.execute(
            f"create trigger refuse before delete on sealed_secret for each row"
            f" when (old.customer_id = {people[2].id}) execute function refuse()".encode()
        )
        with pytest.raises(psycopg.errors.RaiseException):
            destroy(operator)
        assert [secrets_of(operator, person)[0] for person in people] == [0, 0, 1, 1, 1]
        owner.execute("drop trigger refuse on sealed_secret")
    assert destroy(operator).customers == 3
    assert sum(sum(secrets_of(operator, person)) for person in people) == 0
    events: list[tuple[Any, ...]] = operator.rows("select count(*) from event where kind = 'secrets:destroyed'")
    assert events == [(5,)]


def test_a_sim_that_a_file_told_to_be_over_is_destroyed_as_well(town: Town, operator: Operator, clock: Clock) -> None:
    """It is over since that file's time, at the latest."""
    maren = town.person()
    ended = town.sim(maren, OLD, status="ended")
    assert clock.now > LONG_AGO + KEPT_FOR
    assert destroy(operator) == Destroyed(sims=1, sealed=1, credentials=1)
    assert operator.secrets(maren.id, ended) is None


def test_destroyed_code_has_one_holder_fewer(operator: Operator) -> None:
    """A9, B3: who left holds no code; the code itself must be opened once more to know which."""
    maren, jonas = operator.town.person(code="8305"), operator.town.person(code="8305")
    operator.end_contract(maren)
    assert operator.rows("select holders from code_holders") == [(2,)]
    operator.clock.now += KEPT_FOR
    destroy(operator)
    assert operator.rows("select holders from code_holders") == [(1,)]
    assert secrets_of(operator, jonas) == (1, 1)
