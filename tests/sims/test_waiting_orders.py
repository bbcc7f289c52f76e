"""A dangerous order waits for its customer: told at once, stopped or handed over, never both (A6)."""

import json
import re
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.engines import Clock
from tests.people import Person, Town
from tests.sims.operator import Operator
from tests.sims.test_requests import Call
from werda.core.level import Level
from werda.core.mail import MailKind
from werda.core.notice import NoticeKind
from werda.core.order import OrderKind, OrderState
from werda.core.policy import Operation
from werda.core.secret import Secret
from werda.mail.render import Recipient, Sender, render
from werda.server.continuations import continuations
from werda.store.roles import Role
from werda.usecases.cancel_order import cancel_by_link
from werda.usecases.order_from_operator import Ordered
from werda.usecases.post_mail import place_of
from werda.usecases.release_orders import release_one
from werda.usecases.send_mail import post_notices, post_order_notices
from werda.usecases.settle_order import NoSuchOrder, Result, SettledOtherwise, settle_order

PUK = "11111111"


class Waiting:
    """A replacement that was ordered in a call."""

    def __init__(self, town: Town, operator: Operator, clock: Clock) -> None:
        self.town, self.operator, self.clock, self.call = town, operator, clock, Call(operator, clock)
        self.person: Person = town.person()
        self.sim = operator.active(self.person, PUK)

    def ordered(self) -> uuid.UUID:
        done = self.call.new_sim(self.call.grant(self.person, Level.STRONG), self.sim.iccid)
        assert isinstance(done, Ordered)
        return done.public_id

    def told(self, ago: timedelta = timedelta(0)) -> None:
        """The mail was taken, so long before the order's time has come."""
        with self.town.database.connect() as owner:
            owner.execute(
                "update notice n set told_at = o.release_at - %s, channel = 'mail' from operator_order o"
                " where o.id = n.order_id",
                (ago,),
            )

    def release(self, after: timedelta | None = None, *, told: bool = True) -> bool:
        if told:
            self.told(timedelta(hours=20))
        with self.town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
            return release_one(worker, self.clock.now + (self.call.policy.order_waiting if after is None else after))

    def link(self) -> Secret:
        """What the link of the mail carries."""
        custody = self.town.database.custody
        with self.town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
            assert post_order_notices(worker, custody, self.clock.now)
        [(mail_id, sealed)] = self.operator.rows("select id, sealed from mail where sealed is not null")
        return custody.open_for(place_of(mail_id), bytes(sealed))

    def stop(self, token: Secret, brand: int | None = None) -> OrderKind | None:
        with self.town.database.database.connect(Role.PORTAL) as portal:
            return cancel_by_link(portal, brand or self.town.brand, token, now=self.clock.now)

    @property
    def states(self) -> list[str]:
        return [state for (state,) in self.operator.rows("select state from operator_order order by id")]

    @property
    def messages(self) -> int:
        return int(self.operator.rows("select count(*) from outbox_message")[0][0])

    def notices(self) -> list[str]:
        rows = self.operator.rows("select kind from notice where customer_id = %s order by id", self.person.id)
        return [kind for (kind,) in rows]


@pytest.fixture
def waiting(town: Town, operator: Operator, clock: Clock) -> Waiting:
    return Waiting(town, operator, clock)


def test_the_operator_hears_of_it_when_its_time_has_come_and_not_before(waiting: Waiting) -> None:
    order = waiting.ordered()
    assert not waiting.release(timedelta(hours=24) - timedelta(seconds=1))
    assert (waiting.states, waiting.messages) == (["waiting"], 0)
    assert waiting.release(timedelta(hours=24))
    assert (waiting.states, waiting.messages) == (["ordered"], 1)
    [(body,)] = waiting.operator.rows("select body from outbox_message")
    assert json.loads(body)["data"]["order"] == str(order)
    assert not waiting.release(timedelta(days=9))  # once


def test_nothing_is_handed_over_before_the_customer_was_told(waiting: Waiting) -> None:
    """The relay may be away for days."""
    waiting.ordered()
    assert not waiting.release(timedelta(days=3), told=False)
    waiting.told(timedelta(0))  # late, at the very moment
    assert not waiting.release(timedelta(hours=24, minutes=59), told=False)
    assert waiting.release(timedelta(hours=25), told=False)
    assert waiting.states == ["ordered"]


@pytest.mark.parametrize("how", ["no address", "given up"])
def test_who_cannot_be_told_by_mail_is_served_all_the_same(waiting: Waiting, how: str) -> None:
    waiting.ordered()
    waiting.link()
    with waiting.town.database.connect() as owner:
        if how == "no address":
            owner.execute("update customer set email = '' where id = %s", (waiting.person.id,))
        else:
            owner.execute("update mail set failed_at = now()")
    assert waiting.release(told=False)


def test_the_mail_names_it_and_its_link_stops_it_without_signing_in(waiting: Waiting) -> None:
    waiting.ordered()
    assert waiting.stop(waiting.link()) is OrderKind.REPLACE_SIM
    assert waiting.states == ["cancelled"]
    assert not waiting.release(timedelta(days=9))
    assert waiting.messages == 0
    assert waiting.notices() == ["sim_replacement_requested", "operation_cancelled"]
    [(actor, detail)] = waiting.operator.rows("select actor, detail from event where kind = 'operation:cancelled'")
    assert (actor, detail["operation"]) == ("link", "replace_sim")


def test_what_the_link_carries_lies_nowhere_in_the_clear(waiting: Waiting) -> None:  # B9
    waiting.ordered()
    token = waiting.link().reveal()
    for table in ("mail", "operator_order", "notice", "event"):
        assert token not in str(waiting.operator.rows(f"select {table}::text from {table}")), table


def test_the_mail_says_when_it_is_passed_on(waiting: Waiting) -> None:
    waiting.ordered()
    waiting.link()
    [(data,)] = waiting.operator.rows("select data from mail")
    sender = Sender("Nordfunk", "du", ZoneInfo("Europe/Berlin"), "https://mein.nordfunk.example")
    said: dict[str, Any] = {**data, "link": "https://mein.nordfunk.example/stop#x"}
    text = render(
        sender, Recipient("Maren", "de"), MailKind.NOTICE, at=waiting.clock.now,
        notice=NoticeKind(said.pop("notice")), data=said,
    ).text  # fmt: skip
    tomorrow = (waiting.clock.now + timedelta(days=1)).astimezone(ZoneInfo("Europe/Berlin"))
    assert f"{tomorrow:%H:%M} Uhr weiter" in re.sub(r"\s+", " ", text)


def test_a_link_stops_once_and_only_while_it_waits(waiting: Waiting) -> None:
    waiting.ordered()
    token = waiting.link()
    assert waiting.stop(Secret("somebody guesses")) is None
    assert waiting.stop(token, brand=4711) is None
    assert waiting.release()
    assert waiting.stop(token) is None
    assert waiting.states == ["ordered"]


def test_no_other_mail_is_made_of_the_notice(waiting: Waiting) -> None:
    waiting.ordered()
    with waiting.town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        assert post_notices(worker, waiting.clock.now) == 0
        assert post_order_notices(worker, waiting.town.database.custody, waiting.clock.now)
        assert not post_order_notices(worker, waiting.town.database.custody, waiting.clock.now)
        assert post_notices(worker, waiting.clock.now) == 0


def test_what_was_locked_meanwhile_is_cancelled_and_told(waiting: Waiting) -> None:
    waiting.ordered()
    waiting.call.lock(waiting.person, Operation.REPLACE_SIM, Level.VERIFIED, on=True)
    assert waiting.release()
    assert (waiting.states, waiting.messages) == (["cancelled"], 0)
    assert waiting.notices()[-1] == "operation_cancelled"


def test_an_ended_contract_gets_no_sim(waiting: Waiting) -> None:
    waiting.ordered()
    waiting.operator.end_contract(waiting.person)
    assert waiting.release()
    assert (waiting.states, waiting.messages) == (["cancelled"], 0)


def test_the_operator_settles_nothing_that_it_has_not_heard_of(waiting: Waiting) -> None:
    order = waiting.ordered()

    def settle() -> object:
        rings = waiting.operator.rings
        with waiting.operator.custody() as custody:
            answers = continuations(rings.verifier, rings.custody)
            return settle_order(custody, order, Result(OrderState.DONE, "", {}), answers, now=waiting.clock.now)

    assert settle() == NoSuchOrder()
    waiting.stop(waiting.link())
    assert settle() == SettledOtherwise(OrderState.CANCELLED)


@pytest.mark.parametrize("round_", range(8))
def test_of_stopping_and_handing_over_at_the_same_moment_one_wins(waiting: Waiting, round_: int) -> None:
    waiting.ordered()
    token = waiting.link()
    start, done = threading.Barrier(2), {}

    def at_once(name: str, work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            start.wait()
            done[name] = work()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    for thread in (at_once("stop", lambda: waiting.stop(token)), at_once("release", waiting.release)):
        thread.join()
    stopped = done["stop"] is OrderKind.REPLACE_SIM
    assert waiting.states == (["cancelled"] if stopped else ["ordered"])
    assert waiting.messages == (0 if stopped else 1)
