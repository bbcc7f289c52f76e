"""The demo's operator answers like a real one: it checks, takes once, is late, out of order, or says no."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.intake.intake_process import Intake
from tests.outbox.receiver import OTHER_SECRET, SECRET
from tests.usecases.importing_town import ImportingTown
from werda.core.order import OrderKind
from werda.core.secret import Secret
from werda.demo.operator import Agreement, Operator, Plan
from werda.demo.phone_numbers import is_harmless, mobiles
from werda.demo.population import population, stock
from werda.outbox.delivery import signed
from werda.store.roles import Role
from werda.usecases.order_from_operator import order_from_operator

PRODUCT: dict[str, Any] = {
    "tariff": {"name": "Welle L", "line": "mobile"},
    "number": {"wish": "new", "msisdn": None},
    "sims": ["physical", "esim"],
}
Founded = Callable[..., Operator]


@pytest.fixture
def founded(intake: Intake, tmp_path: Path) -> Founded:
    def found(plan: Plan = Plan.PROMPT, address: str = intake.url) -> Operator:
        agreement = Agreement(Secret(SECRET), Secret(intake.key), address)
        return Operator(tmp_path / "books.sqlite3", agreement, pace=0.05, planned=lambda _: plan)

    return found


def order(town: ImportingTown, kind: OrderKind = OrderKind.END_CONTRACT, **detail: Any) -> str:
    """The body of a new order's message."""
    with town.database.database.connect(Role.CUSTODY) as custody:
        order_from_operator(
            custody, kind, brand_id=town.brand, customer_id=None, detail=detail or PRODUCT, now=datetime.now(UTC)
        )
    return str(town.database.rows("select body from outbox_message order by id desc limit 1")[0][0])


def send(operator: Operator, body: str, secret: str = SECRET) -> int:
    import json

    headers = signed([Secret(secret)], json.loads(body)["id"], body, datetime.now(UTC))
    return operator.receive(headers, body.encode())


def answer(operator: Operator, count: int = 1, seconds: float = 20) -> None:
    """Until so many answers were taken."""
    deadline = time.monotonic() + seconds
    with httpx.Client() as http:
        while count > 0:
            assert time.monotonic() < deadline
            count -= operator.answer_due(http)
            time.sleep(0.01)


def states(town: ImportingTown) -> list[tuple[str, str]]:
    return [
        (state, reason) for state, reason in town.database.rows("select state, reason from operator_order order by id")
    ]


def test_an_order_is_done_after_a_while(town: ImportingTown, founded: Founded) -> None:
    operator = founded()
    assert send(operator, order(town)) == 204
    assert states(town) == [("ordered", "")]
    answer(operator)
    assert states(town) == [("done", "")]


def test_a_message_that_comes_again_is_taken_once_also_after_a_restart(town: ImportingTown, founded: Founded) -> None:
    body = order(town)
    assert [send(founded(), body) for _ in range(3)] == [204, 204, 204]
    first = founded()._result(1)
    assert first == founded()._result(1)
    answer(founded())
    assert send(founded(), body) == 204
    time.sleep(0.2)
    with httpx.Client() as http:
        assert founded().answer_due(http) == 0


def test_a_forged_message_is_refused(town: ImportingTown, founded: Founded) -> None:
    body = order(town)
    assert send(founded(), body, secret=OTHER_SECRET) == 401
    assert founded().receive({}, body.encode()) == 401
    assert founded().receive({"webhook-id": "x"}, b"\xff") == 401


def test_out_of_order_first_it_takes_the_next_try(town: ImportingTown, founded: Founded) -> None:
    operator, body = founded(Plan.OUT_OF_ORDER_FIRST), order(town)
    assert [send(operator, body) for _ in range(2)] == [503, 204]
    answer(operator)
    assert states(town) == [("done", "")]


def test_a_refused_order_fails_with_a_reason(town: ImportingTown, founded: Founded) -> None:
    operator = founded(Plan.FAILED)
    send(operator, order(town))
    answer(operator)
    [(state, reason)] = states(town)
    assert state == "failed"
    assert "Adresse" in reason


def test_late_is_later_than_prompt(founded: Founded) -> None:
    late, prompt = founded(Plan.LATE), founded(Plan.PROMPT)
    assert min(late.plan(n)[1] for n in range(20)) > max(prompt.plan(n)[1] for n in range(20))


def test_the_same_seed_plans_the_same_and_everything_happens(founded: Founded) -> None:
    operator = Operator(Path("unused"), founded().agreement)
    plans = [operator.plan(n) for n in range(1, 40)]
    assert plans == [operator.plan(n) for n in range(1, 40)]
    assert {plan for plan, _ in plans} == set(Plan)


def test_an_answer_waits_for_the_intake(town: ImportingTown, founded: Founded) -> None:
    operator = founded(address="http://127.0.0.1:9")
    send(operator, order(town))
    time.sleep(0.1)
    with httpx.Client() as http, pytest.raises(httpx.ConnectError):
        operator.answer_due(http)
    answer(founded())
    assert states(town) == [("done", "")]


def test_it_promises_fresh_numbers_that_ring_nowhere_and_cards_from_its_stock(
    town: ImportingTown, founded: Founded
) -> None:
    operator, results = founded(), []
    for n in range(1, 6):
        send(operator, order(town, OrderKind.PRODUCT))
        results.append(operator._result(n)["data"])
    people = population()
    numbers = {result["customer_number"] for result in results}
    lines = {result["lines"][0]["msisdn"] for result in results}
    iccids = {sim["iccid"] for result in results for sim in result["sims"]}
    assert (len(numbers), len(lines), len(iccids)) == (5, 5, 10)
    assert all(map(is_harmless, lines))
    assert not numbers & {customer.number for customer in people}
    assert not lines & {line.msisdn for customer in people for line in customer.lines}
    assert iccids <= {sim.iccid for sim in stock()}
    assert results[0]["lines"][0]["tariff"] == "Welle L"
    assert next(mobiles()) not in lines


def test_it_has_an_answer_to_every_kind_of_order(town: ImportingTown, founded: Founded) -> None:
    operator = founded()
    send(operator, order(town, OrderKind.REPLACE_SIM, customer_number="K1", iccid="8949", new_kind="esim"))
    send(operator, order(town, OrderKind.PORT_OUT, msisdn="+4917604069000"))
    port = {"wish": "port", "msisdn": "+4917604069001"}
    send(operator, order(town, OrderKind.PRODUCT, number=port, tariff=PRODUCT["tariff"]))
    assert operator._result(1)["data"]["iccid"] in {one.iccid for one in stock() if one.is_esim}
    assert operator._result(2)["data"] == {}
    assert operator._result(3)["data"]["lines"] == [{"msisdn": "+4917604069001", "tariff": "Welle L"}]
