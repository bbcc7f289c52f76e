"""Asking for a new SIM or a port-out in a call: grant, level, the customer's own locks (A2, A3, A6, E3)."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.engines import Clock
from tests.people import Person, Town
from tests.sims.operator import Operator
from werda.core.level import Level
from werda.core.permission import NotAllowed, Why
from werda.core.policy import Operation, Policy
from werda.core.secret import Secret
from werda.core.sim import SimKind
from werda.core.sim_life import NotPossible, Obstacle, Step
from werda.store.queries.grant import Grant
from werda.store.queries.policies import policy_in_force
from werda.usecases.asker import asker_of_grant
from werda.usecases.lock_operation import LockSet, lock_operation, unlock_operation
from werda.usecases.order_from_operator import Ordered
from werda.usecases.request_port_out import request_port_out
from werda.usecases.request_sim_replacement import request_sim_replacement

AGENT = 7
PUK = "11111111"


class Call:
    """An agent in a call with a customer, asking for this and that."""

    def __init__(self, operator: Operator, clock: Clock) -> None:
        self.operator, self.clock = operator, clock
        self.brand = operator.town.brand

    @property
    def policy(self) -> Policy:
        with self.operator.custody() as custody:
            found = policy_in_force(custody, self.brand, self.clock.now)
        assert found is not None
        return found

    def grant(self, person: Person | None, level: Level, *, line_id: int | None = None) -> Grant:
        """What redeeming gives."""
        secret = f"grant-{person.id if person else 0}-{level}-{line_id}"
        customer = person.id if person else None
        with self.operator.town.database.connect() as owner:
            row = owner.execute(
                "with c as (insert into call (ref, brand_id, state, dialled, calling_number, asserted, trunk, tries,"
                " level, method, legacy, channel, attempt_id, arrived_at)"
                " values (%s, %s, 'open', '', '', false, '', 1, %s, 1, false, 1, 0, %s) returning id)"
                " insert into call_grant (secret_hash, call_id, agent_id, brand_id, customer_id, person_id, line_id,"
                " level, method, channel, legacy, created_at, expires_at)"
                " select %s, id, %s, %s, %s, 0, %s, %s, 1, 1, false, %s, %s from c returning call_id, expires_at",
                (
                    *(secret, self.brand, level, self.clock.now, hashlib.sha256(secret.encode()).digest(), AGENT),
                    *(self.brand, customer, line_id, level, self.clock.now, self.clock.now + timedelta(minutes=30)),
                ),
            ).fetchone()
        assert row is not None
        return Grant(
            secret=Secret(secret), agent_id=AGENT, call_id=row[0], brand_id=self.brand, customer_id=customer,
            line_id=line_id, level=level, method=1, channel=1, legacy=False, verified_at=None, expires_at=row[1],
        )  # fmt: skip

    def new_sim(self, grant: Grant, iccid: str, *, key: str | None = None) -> Ordered | NotAllowed | NotPossible:
        with self.operator.custody() as custody:
            asker = asker_of_grant(custody, grant, self.policy, Operation.REPLACE_SIM, now=self.clock.now)
            if isinstance(asker, NotAllowed):
                return asker
            return request_sim_replacement(
                custody, asker, self.policy, iccid=iccid, kind=SimKind.ESIM, now=self.clock.now, idempotency_key=key
            )

    def port_out(self, grant: Grant, line_id: int) -> Ordered | NotAllowed:
        with self.operator.custody() as custody:
            asker = asker_of_grant(custody, grant, self.policy, Operation.PORT_OUT, now=self.clock.now)
            if isinstance(asker, NotAllowed):
                return asker
            return request_port_out(
                custody, asker, self.policy, line_id=line_id, provider="Südfunk", now=self.clock.now
            )

    def lock(self, person: Person, operation: Operation, level: Level, *, on: bool) -> object:
        with self.operator.custody() as custody:
            return (lock_operation if on else unlock_operation)(
                custody, customer_id=person.id, operation=operation, level=level, actor="customer", now=self.clock.now
            )


@pytest.fixture
def call(operator: Operator, clock: Clock) -> Call:
    return Call(operator, clock)


def orders(operator: Operator) -> list[tuple[object, ...]]:
    return operator.rows("select kind, state, detail - 'customer_number' from operator_order order by id")


def events(operator: Operator, person: Person) -> list[tuple[str, str | None]]:
    return [
        (kind, detail.get("why"))
        for kind, detail in operator.rows(
            "select kind, detail from event where customer_id = %s and kind like 'operation:%%' order by id", person.id
        )
    ]


def test_with_level_2_a_new_sim_is_ordered_and_nothing_changes_yet(town: Town, operator: Operator, call: Call) -> None:
    """A3, design decision 10"""
    maren = town.person()
    sim = operator.active(maren, PUK)
    assert isinstance(call.new_sim(call.grant(maren, Level.STRONG), sim.iccid), Ordered)
    assert orders(operator) == [("replace_sim", "waiting", {"iccid": sim.iccid, "new_kind": "esim"})]
    assert operator.rows("select count(*) from outbox_message") == [(0,)]  # A6: the customer is told first
    assert operator.rows("select status from sim_profile where id = %s", sim.id) == [("active",)]
    assert events(operator, maren) == [("operation:requested", None)]


@pytest.mark.parametrize("level", [Level.NONE, Level.VERIFIED])
def test_below_level_2_nothing_is_ordered_and_the_refusal_is_kept(
    town: Town, operator: Operator, call: Call, level: Level
) -> None:
    """A3"""
    maren = town.person()
    sim = operator.active(maren, PUK)
    grant = call.grant(maren, level)
    no = NotAllowed(Why.LEVEL, Level.STRONG)
    assert call.new_sim(grant, sim.iccid) == no
    assert call.port_out(grant, maren.line_id) == no
    assert orders(operator) == []
    assert events(operator, maren) == [("operation:refused", "level")] * 2


def test_what_the_page_remembers_of_a_grant_proves_nothing(town: Town, operator: Operator, call: Call) -> None:
    """A10: level, customer and end are those in the database."""
    maren, other = town.person(), town.person()
    sim = operator.active(maren, PUK)
    weak = call.grant(maren, Level.VERIFIED)
    assert call.new_sim(replace(weak, level=Level.STRONG), sim.iccid) == NotAllowed(Why.LEVEL, Level.STRONG)
    elsewhere = replace(call.grant(other, Level.STRONG), customer_id=maren.id)
    assert call.new_sim(elsewhere, sim.iccid) == NotAllowed(Why.NOT_THEIRS, Level.STRONG)
    strong = call.grant(maren, Level.STRONG)
    for changed in (
        replace(strong, secret=Secret("guessed")),
        replace(strong, agent_id=AGENT + 1),
        replace(strong, call_id=strong.call_id + 1),
    ):
        assert call.new_sim(changed, sim.iccid) == NotAllowed(Why.NO_GRANT, Level.STRONG)
    nobody = call.grant(None, Level.NONE)
    assert call.new_sim(nobody, sim.iccid) == NotAllowed(Why.LEVEL, Level.STRONG)
    assert orders(operator) == []


def test_a_grant_ends_to_the_moment(town: Town, operator: Operator, call: Call, clock: Clock) -> None:
    maren = town.person()
    sim = operator.active(maren, PUK)
    grant = call.grant(maren, Level.STRONG)
    clock.now = grant.expires_at
    assert call.new_sim(grant, sim.iccid) == NotAllowed(Why.NO_GRANT, Level.STRONG)
    clock.now -= timedelta(microseconds=1)
    assert isinstance(call.new_sim(grant, sim.iccid), Ordered)


def test_a_grant_for_one_line_reaches_no_other(town: Town, operator: Operator, call: Call) -> None:
    """B7"""
    maren, other = town.person(), town.person()
    sim = operator.active(maren, PUK)
    for grant in (call.grant(maren, Level.STRONG, line_id=other.line_id), call.grant(other, Level.STRONG)):
        assert call.new_sim(grant, sim.iccid) == NotAllowed(Why.NOT_THEIRS, Level.STRONG)
        assert call.port_out(grant, maren.line_id) == NotAllowed(Why.NOT_THEIRS, Level.STRONG)


def test_a_customers_lock_holds_whatever_is_proved(town: Town, operator: Operator, call: Call) -> None:
    """A6"""
    maren = town.person()
    sim = operator.active(maren, PUK)
    grant = call.grant(maren, Level.STRONG)
    assert call.lock(maren, Operation.PORT_OUT, Level.VERIFIED, on=True) == LockSet(on=True, changed=True)
    assert call.lock(maren, Operation.PORT_OUT, Level.VERIFIED, on=True) == LockSet(on=True, changed=False)
    assert call.port_out(grant, maren.line_id) == NotAllowed(Why.LOCKED_BY_CUSTOMER, Level.STRONG)
    assert isinstance(call.new_sim(grant, sim.iccid), Ordered)  # another operation
    assert call.lock(maren, Operation.PORT_OUT, Level.STRONG, on=False) == LockSet(on=False, changed=True)
    assert isinstance(call.port_out(grant, maren.line_id), Ordered)
    assert events(operator, maren) == [
        ("operation:locked", None),
        ("operation:refused", "locked_by_customer"),
        ("operation:requested", None),
        ("operation:unlocked", None),
        ("operation:requested", None),
    ]


def test_locking_needs_one_factor_and_unlocking_the_full_strength(town: Town, call: Call) -> None:
    """E5"""
    maren = town.person()
    no = Operation.REPLACE_SIM
    assert call.lock(maren, no, Level.NONE, on=True) == NotAllowed(Why.LEVEL, Level.VERIFIED)
    assert call.lock(maren, no, Level.VERIFIED, on=True) == LockSet(on=True, changed=True)
    assert call.lock(maren, no, Level.VERIFIED, on=False) == NotAllowed(Why.LEVEL, Level.STRONG)
    assert call.lock(maren, Operation.EXPLAIN_BILL, Level.STRONG, on=True) == NotAllowed(
        Why.NOT_LOCKABLE, Level.VERIFIED
    )


def test_a_landline_without_any_sim_can_be_ported_out(town: Town, operator: Operator, call: Call) -> None:
    """E3"""
    maren = town.person()
    with town.database.connect() as owner:
        owner.execute("update line set kind = 'landline' where id = %s", (maren.line_id,))
    assert isinstance(call.port_out(call.grant(maren, Level.STRONG), maren.line_id), Ordered)
    assert orders(operator) == [("port_out", "waiting", {"msisdn": maren.line, "provider": "Südfunk"})]


def test_the_same_request_twice_is_one_order(town: Town, operator: Operator, call: Call) -> None:
    maren = town.person()
    sim = operator.active(maren, PUK)
    grant = call.grant(maren, Level.STRONG)
    first, second = (call.new_sim(grant, sim.iccid, key="page-1") for _ in range(2))
    assert isinstance(first, Ordered)
    assert second == replace(first, repeated=True)
    assert len(orders(operator)) == 1
    assert events(operator, maren) == [("operation:requested", None)]


def test_what_cannot_be_replaced_is_not_ordered(town: Town, operator: Operator, call: Call) -> None:
    maren = town.person()
    sim = operator.active(maren, PUK)
    operator.step(Step.END, sim)
    result = call.new_sim(call.grant(maren, Level.STRONG), sim.iccid)
    assert isinstance(result, NotPossible)
    assert result.obstacle is Obstacle.OVER


def test_after_the_end_of_the_contract_nothing_is_ordered(town: Town, operator: Operator, call: Call) -> None:
    maren = town.person()
    grant = call.grant(maren, Level.STRONG)
    operator.end_contract(maren)
    assert call.port_out(grant, maren.line_id) == NotAllowed(Why.ENDED, Level.STRONG)
