"""What the operator's answer to an order does: a replacement takes place, a number leaves (decision 10; A3, A6, B7)."""

import uuid
from typing import Any

import pytest

from tests.engines import Clock, Desk
from tests.people import Person, Sim
from tests.sims.operator import COOLING, Operator
from tests.sims.test_requests import Call
from werda.core.level import Level
from werda.core.order import OrderState
from werda.core.secret import Secret
from werda.core.sim import SimRole
from werda.server.continuations import continuations
from werda.store.roles import Role
from werda.usecases.choose_code import Chosen, choose_code
from werda.usecases.order_from_operator import Ordered
from werda.usecases.release_orders import release_one
from werda.usecases.settle_order import Refused, Result, Settled, settle_order

OLD, NEW, SECOND = "11111111", "22222222", "33333333"


class Answers:
    """Orders placed in a call, and the operator who settles them."""

    def __init__(self, operator: Operator, clock: Clock) -> None:
        self.operator, self.clock, self.call = operator, clock, Call(operator, clock)

    def replacement_of(self, person: Person, sim: Sim) -> uuid.UUID:
        return self._released(self.call.new_sim(self.call.grant(person, Level.STRONG), sim.iccid))

    def port_out_of(self, person: Person) -> uuid.UUID:
        return self._released(self.call.port_out(self.call.grant(person, Level.STRONG), person.line_id))

    def _released(self, ordered: object) -> uuid.UUID:
        """The order, once nobody cancelled it (A6)."""
        assert isinstance(ordered, Ordered)
        with self.operator.town.database.connect() as owner:
            owner.execute(
                "update notice set told_at = created_at, channel = 'mail' where order_id = %s", (ordered.order_id,)
            )
        with self.operator.town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
            assert release_one(worker, self.clock.now + self.call.policy.order_waiting)
        return ordered.public_id

    def done(self, order: uuid.UUID, **data: Any) -> object:
        rings = self.operator.rings
        with self.operator.custody() as custody:
            return settle_order(
                custody, order, Result(OrderState.DONE, "", data), continuations(rings.verifier, rings.custody),
                now=self.clock.now,
            )  # fmt: skip

    def notices(self, person: Person) -> list[str]:
        rows = self.operator.rows("select kind from notice where customer_id = %s order by id", person.id)
        return [kind for (kind,) in rows]


@pytest.fixture
def answers(operator: Operator, clock: Clock) -> Answers:
    return Answers(operator, clock)


async def test_replacement_that_is_done_puts_the_new_sim_in_place_and_cools(
    answers: Answers, operator: Operator, clock: Clock, desk: Desk
) -> None:  # B7, A3
    maren = operator.town.person()
    old, new = operator.active(maren, OLD), operator.stock(NEW)
    order = answers.replacement_of(maren, old)
    assert answers.notices(maren) == ["sim_replacement_requested"]  # told before it is carried out (A6)
    assert await operator.counts(desk, maren, OLD)
    assert answers.done(order, iccid=new.iccid) == Settled()
    assert answers.notices(maren) == ["sim_replacement_requested", "sim_replaced"]
    assert not await operator.counts(desk, maren, OLD)
    assert not await operator.counts(desk, maren, NEW)
    clock.now += COOLING
    assert await operator.counts(desk, maren, NEW)


@pytest.mark.parametrize("data", [{}, {"iccid": 1}, {"iccid": "8949450000000009999"}])
def test_answer_that_names_no_sim_of_the_stock_is_refused_and_the_order_waits(
    answers: Answers, operator: Operator, data: dict[str, object]
) -> None:
    maren = operator.town.person()
    order = answers.replacement_of(maren, operator.active(maren, OLD))
    assert isinstance(answers.done(order, **data), Refused)
    assert operator.rows("select state from operator_order") == [("ordered",)]


def test_ported_number_ends_with_all_its_sims_and_the_contract_goes_on(
    answers: Answers, operator: Operator
) -> None:  # A3, A9
    maren = operator.town.person(code="8305")
    operator.active(maren, OLD)
    operator.active(maren, SECOND, role=SimRole.SECONDARY)
    order = answers.port_out_of(maren)
    assert answers.notices(maren) == ["port_out_requested"]
    assert answers.done(order) == Settled()
    assert operator.rows("select ended_at is null from line where id = %s", maren.line_id) == [(False,)]
    assert operator.rows("select distinct status from sim_profile where customer_id = %s", maren.id) == [("ended",)]
    assert operator.rows("select ended_at is null from customer where id = %s", maren.id) == [(True,)]
    assert isinstance(answers.done(answers_again(answers, operator, maren)), Refused)


def answers_again(answers: Answers, operator: Operator, person: Person) -> uuid.UUID:
    """A second order for the number, placed before it left: written by hand, because nobody could place it now."""
    order = uuid.uuid4()
    with operator.town.database.connect() as owner:
        owner.execute(
            "insert into operator_order (public_id, brand_id, customer_id, kind, state, detail, reason, ordered_at)"
            " select %s, brand_id, customer_id, kind, 'ordered', detail, '', ordered_at from operator_order"
            " where customer_id = %s and kind = 'port_out'",
            (order, person.id),
        )
    return order


def test_new_code_does_not_silence_the_warning_of_a_port_out(answers: Answers, operator: Operator) -> None:  # A6
    maren = operator.town.person(code="8305")
    answers.port_out_of(maren)
    with operator.custody() as custody:
        done = choose_code(
            custody, operator.rings.verifier, operator.rings.custody, maren.id, Secret("6194"), actor="customer",
            now=answers.clock.now,
        )  # fmt: skip
    assert isinstance(done, Chosen)
    assert answers.notices(maren) == ["port_out_requested", "code_changed"]


def test_replacement_of_a_sim_that_went_to_somebody_else_is_refused(answers: Answers, operator: Operator) -> None:  # B7
    maren, jonas = operator.town.person(), operator.town.person()
    old, new = operator.active(maren, OLD), operator.stock(NEW)
    order = answers.replacement_of(maren, old)
    with operator.town.database.connect() as owner:
        owner.execute("update sim_profile set customer_id = %s where id = %s", (jonas.id, old.id))
    assert isinstance(answers.done(order, iccid=new.iccid), Refused)
