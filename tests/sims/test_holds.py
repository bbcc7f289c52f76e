"""What belongs to an incident outlives its own period, until the incident goes (A7, A9)."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.engines import Clock, Desk
from tests.people import LONG_AGO, Town
from tests.sealing import seal_now, signer_of
from tests.sims.operator import Operator
from werda.audit.verify_seal import Checked, verify_record
from werda.core.incident import Incident
from werda.core.retention import STANDARD, Record
from werda.keys.signer import verifies
from werda.store.queries.incident import incidents
from werda.store.queries.incident_timeline import timeline
from werda.store.queries.retention import Kept, kept
from werda.store.roles import Role
from werda.usecases import erase_due as erasing
from werda.usecases.change_incident import close
from werda.usecases.erase_customer import Gone, Grounds, NotErasable, erase_customer
from werda.usecases.erase_due import erase_due
from werda.usecases.open_incident import OfAttempt, OfCall, OfCustomer, Opened, Subject, open_incident

LATER = timedelta(days=4_000)
"""When every period but that of the incident is over."""

MOMENT = timedelta(microseconds=1)


def mark(operator: Operator, subject: Subject) -> int:
    with operator.town.database.connect(Role.CUSTODY) as custody:
        opened = open_incident(
            custody, subject, brand_id=operator.town.brand, reason="Verdacht", known_at=operator.clock.now,
            actor="operator", now=operator.clock.now,
        )  # fmt: skip
    assert isinstance(opened, Opened)
    assert opened.incident_id is not None
    return opened.incident_id


def end(operator: Operator, incident_id: int, at: datetime) -> None:
    with operator.town.database.connect(Role.CUSTODY) as custody:
        assert isinstance(close(custody, incident_id, "geklärt", actor="operator", now=at), Incident)


def erase(operator: Operator, at: datetime) -> dict[str, int]:
    """As the worker does it; gives what is gone of the one brand, beside the events that the brand itself left."""
    seal_now(operator.town.database)
    operator.rows("update lane set opened_at = %s returning 1", LONG_AGO)  # the wall's clock is not the test's
    with operator.town.database.connect(Role.CUSTODY) as custody:
        gone = dict(erase_due(custody, actor="worker", now=at).get(operator.town.brand, {}))
    gone.pop("system_events", None)
    return gone


def seal_holds(operator: Operator) -> bool:
    """Whether `werda audit verify` finds everything as it was recorded."""
    seal_now(operator.town.database)
    keys = signer_of(operator.town.database).public_keys
    with operator.town.database.connect() as owner:
        return isinstance(verify_record(owner, keys, verifies, []), Checked)


def lines(operator: Operator, incident_id: int, at: datetime) -> list[str]:
    with operator.town.database.connect(Role.CUSTODY) as custody:
        [incident] = incidents(custody, incident_id=incident_id)
        return [f"{moment.what} {moment.id} {moment.hash}" for moment in timeline(custody, incident, at)]


def of(operator: Operator, at: datetime, record: Record) -> Kept:
    with operator.town.database.connect(Role.CUSTODY) as custody:
        [found] = [each for each in kept(custody, operator.town.brand, STANDARD, at) if each.record is record]
    return found


async def test_what_belongs_to_an_open_incident_stays_and_everything_else_goes(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    maren, jonas = town.person("8305"), town.person("2931")
    await desk.offer(maren, maren.wrong, call_ref="attack")
    await desk.offer(jonas, "2931", call_ref="harmless")
    incident = mark(operator, OfCall("attack"))
    operator.end_contract(maren)
    operator.end_contract(jonas)
    shown = lines(operator, incident, clock.now)
    assert erase(operator, clock.now + LATER) == {"attempts": 1, "calls": 1, "contract_events": 1}
    assert operator.rows("select customer_id from attempt") == [(maren.id,)]
    assert operator.rows("select ref from call") == [("attack",)]
    assert operator.rows("select kind from event where kind similar to '(incident|contract):%%' order by id") == [
        ("incident:opened",),
        ("contract:ended",),
    ]
    assert lines(operator, incident, clock.now) == shown
    assert seal_holds(operator)


async def test_the_hold_ends_with_the_incident_so_many_days_after_it_was_closed(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    await desk.offer(maren := town.person("8305"), maren.wrong, call_ref="attack")
    incident = mark(operator, OfCall("attack"))
    closed_at = clock.now + LATER
    end(operator, incident, closed_at)
    over = closed_at + STANDARD[Record.INCIDENTS]
    assert erase(operator, over) == {}
    assert operator.rows("select count(*) from attempt") == [(1,)]
    gone = {"incidents": 1, "attempts": 1, "calls": 1, "security_events": 2}
    assert erase(operator, over + MOMENT) == gone
    for table in ("incident", "incident_entry", "incident_attempt", "incident_call", "incident_customer", "call"):
        assert operator.rows(f"select count(*) from {table}") == [(0,)], table
    assert seal_holds(operator)
    assert erase(operator, over + MOMENT) == {}


async def test_an_open_incident_never_goes(town: Town, operator: Operator, clock: Clock) -> None:
    mark(operator, OfCustomer(town.person().number))
    assert "incidents" not in erase(operator, clock.now + 5 * LATER)


async def test_a_marked_attempt_holds_the_other_attempts_of_its_call(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    """Somebody who tries several numbers in one call."""
    maren, jonas = town.person("8305"), town.person("2931")
    await desk.offer(jonas, jonas.wrong, call_ref="attack")
    await desk.offer(maren, "8305", call_ref="attack")
    [(marked,)] = operator.rows("select id from attempt where customer_id = %s", maren.id)
    mark(operator, OfAttempt(marked))
    assert erase(operator, clock.now + LATER) == {}
    assert operator.rows("select count(*) from attempt") == [(2,)]


async def test_of_a_customer_is_held_what_lies_between_the_incidents_begin_and_end(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    maren = town.person("8305")
    for days, ref in ((0, "before"), (31, "within"), (31, "after")):
        clock.now += timedelta(days=days)
        await desk.offer(maren, "8305", call_ref=ref)
        if ref == "within":
            end(operator, mark(operator, OfCustomer(maren.number)), clock.now + MOMENT)
    assert erase(operator, clock.now + timedelta(days=400)) == {"attempts": 2, "calls": 2}
    assert operator.rows("select ref from call") == [("within",)]


async def test_a_call_is_held_in_which_an_agent_saw_the_customer(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    """A code that was distrusted took the customer out of the call; the grant still says whom the agent saw."""
    maren = town.person("8305")
    await desk.offer(maren, "8305")
    operator.rows(
        "insert into call_grant (secret_hash, call_id, agent_id, brand_id, customer_id, person_id, level, method,"
        " channel, legacy, created_at, expires_at) select sha256('a'), id, 7, brand_id, customer_id, 0, 1, 1, 1, false,"
        " now(), now() from call returning 1"
    )
    operator.rows("update call set customer_id = null returning 1")
    mark(operator, OfCustomer(maren.number))
    assert erase(operator, clock.now + LATER) == {}
    assert operator.rows("select count(*) from call_grant") == [(1,)]


async def test_the_worker_passes_what_is_held_and_erases_what_comes_after(
    town: Town, operator: Operator, desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "CHUNK", 1)
    maren, jonas = town.person("8305"), town.person("2931")
    for who in (maren, jonas, maren, jonas):
        await desk.offer(who, who.code)
    for who in (maren, jonas):
        operator.end_contract(who)
    mark(operator, OfCustomer(maren.number))
    assert erase(operator, clock.now + LATER) == {"attempts": 2, "calls": 2, "contract_events": 1}
    assert operator.rows("select distinct customer_id from attempt") == [(maren.id,)]


async def test_what_is_held_is_told_apart_from_what_is_due(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    maren, jonas = town.person("8305"), town.person("2931")
    for who, ref in ((maren, "attack"), (jonas, "suspect"), (jonas, "harmless")):
        await desk.offer(who, who.code, call_ref=ref)
    mark(operator, OfCall("attack"))
    end(operator, mark(operator, OfCall("suspect")), clock.now - MOMENT)
    at = clock.now + timedelta(days=366)
    calls = of(operator, at, Record.CALLS)
    assert (calls.rows, calls.due, calls.held_by_open, calls.held_by_closed) == (3, 1, 1, 1)
    assert (calls.oldest, calls.last_erased) == (clock.now, None)
    assert erase(operator, at)["calls"] == 1
    calls = of(operator, at, Record.CALLS)
    assert (calls.rows, calls.due, calls.held_by_open, calls.held_by_closed) == (2, 0, 1, 1)
    assert calls.last_erased == at


def test_a_customer_whom_an_open_incident_concerns_is_not_erased(town: Town, operator: Operator, clock: Clock) -> None:
    """GDPR Art. 17(3): what is recorded of them is needed until the incident is closed."""
    maren = town.person()
    operator.end_contract(maren)
    incident = mark(operator, OfCustomer(maren.number))

    def tried() -> Gone | NotErasable:
        seal_now(town.database)
        with town.database.connect(Role.CUSTODY) as custody:
            return erase_customer(
                custody, operator.rings, brand_id=town.brand, number=maren.number, grounds=Grounds.OBJECTION,
                actor="operator", now=clock.now,
            )  # fmt: skip

    refused = tried()
    assert isinstance(refused, NotErasable)
    assert f"incident {incident} concerns them and is open" in refused.why
    end(operator, incident, clock.now)
    assert isinstance(tried(), Gone)


def order(operator: Operator, customer: int | None, kind: str, state: str, settled_at: datetime | None) -> uuid.UUID:
    name = uuid.uuid4()
    operator.rows(
        "insert into operator_order (public_id, brand_id, customer_id, kind, state, detail, reason, ordered_at,"
        " settled_at) values (%s, %s, %s, %s, %s, '{}', '', %s, %s) returning 1",
        *(name, operator.town.brand, customer, kind, state, operator.clock.now, settled_at),
    )
    return name


def orders(operator: Operator) -> list[tuple[Any, ...]]:
    return operator.rows("select kind, state from operator_order order by id")


def test_an_order_goes_when_its_time_is_over_since_it_was_settled(town: Town, operator: Operator, clock: Clock) -> None:
    order(operator, town.person().id, "replace_sim", "done", clock.now)
    order(operator, None, "product", "failed", clock.now)
    over = clock.now + STANDARD[Record.ORDERS]
    assert erase(operator, over) == {}
    assert erase(operator, over + MOMENT) == {"orders": 2}
    assert orders(operator) == []


def test_an_order_that_is_not_finished_is_never_erased(town: Town, operator: Operator, clock: Clock) -> None:
    """Not settled, or settled while a message of it is still on its way."""
    order(operator, town.person().id, "replace_sim", "ordered", None)
    waiting = order(operator, None, "product", "failed", clock.now)
    operator.rows(
        "insert into outbox_message (message_id, brand_id, stream, type, body, created_at, tries, next_try_at,"
        " last_problem) values ('1', %s, %s, 't', '{}', %s, 0, %s, '') returning 1",
        *(town.brand, f"order:{waiting}", clock.now, clock.now),
    )
    assert erase(operator, clock.now + LATER) == {}
    assert of(operator, clock.now + LATER, Record.ORDERS).due == 0
    operator.rows("update outbox_message set delivered_at = %s returning 1", clock.now + LATER)
    assert erase(operator, clock.now + LATER) == {"orders": 1}
    assert orders(operator) == [("replace_sim", "ordered")]


def test_the_order_that_a_contract_rests_on_stays_as_long_as_the_contract_and_its_period_after(
    town: Town, operator: Operator, clock: Clock
) -> None:
    """S6: its papers say what was agreed then."""
    maren = town.person()
    order(operator, maren.id, "product", "done", clock.now)
    clock.now += LATER
    assert erase(operator, clock.now) == {}
    operator.end_contract(maren)
    over = clock.now + STANDARD[Record.ORDERS]
    assert "orders" not in erase(operator, over)
    assert erase(operator, over + MOMENT)["orders"] == 1


def test_an_order_of_a_customer_whom_an_incident_concerns_is_held(town: Town, operator: Operator, clock: Clock) -> None:
    maren = town.person()
    order(operator, maren.id, "replace_sim", "done", clock.now)
    mark(operator, OfCustomer(maren.number))
    assert erase(operator, clock.now + LATER) == {}
    assert of(operator, clock.now + LATER, Record.ORDERS).held_by_open == 1


def test_a_run_of_an_import_goes_counted_from_its_end_or_from_its_begin_where_nobody_finished_it(
    town: Town, operator: Operator, clock: Clock
) -> None:
    for number, finished_at in enumerate((clock.now + timedelta(days=1), None)):
        operator.rows(
            "insert into import_run (kind, brand_id, fingerprint, as_of, rows, changed, rejected, warned, position,"
            " started_at, finished_at) values ('sims', %s, sha256(%s), %s, 0, 0, 0, 0, 0, %s, %s) returning 1",
            *(town.brand, bytes([number]), clock.now, clock.now, finished_at),
        )
    over = clock.now + STANDARD[Record.IMPORT_RUNS]
    assert erase(operator, over) == {}
    assert erase(operator, over + MOMENT) == {"import_runs": 1}
    assert operator.rows("select finished_at is null from import_run") == [(False,)]
    assert erase(operator, over + timedelta(days=1) + MOMENT) == {"import_runs": 1}
