"""Results of orders come back by API, and have their effect once (design decision 10)."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest

from tests.database import TestDatabase
from tests.intake.intake_process import Intake, make_key
from tests.usecases.importing_town import ImportingTown
from werda.core.order import OrderKind, OrderState
from werda.store.roles import Role
from werda.usecases.order_from_operator import order_from_operator
from werda.usecases.settle_order import (
    Done,
    NoSuchOrder,
    PlacedOrder,
    Refused,
    Result,
    Settled,
    SettledOtherwise,
    settle_order,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DONE = Result(OrderState.DONE, "", {"customer_number": "K9"})


def ordered(database: TestDatabase, brand: int, kind: OrderKind = OrderKind.PRODUCT) -> uuid.UUID:
    with database.database.connect(Role.CUSTODY) as custody:
        return order_from_operator(
            custody, kind, brand_id=brand, customer_id=None, detail={"tariff": "Welle L"}, now=NOW
        ).public_id


def settle(database: TestDatabase, order: uuid.UUID, result: Result, continuation: Any = None) -> Any:
    following = {OrderKind.PRODUCT: continuation} if continuation else {}
    with database.database.connect(Role.CUSTODY) as custody:
        return settle_order(custody, order, result, following, now=NOW)


def state(database: TestDatabase) -> tuple[Any, ...]:
    [row] = database.rows("select state, reason, customer_id from operator_order")
    return row


def complete(
    connection: psycopg.Connection[Any], order: PlacedOrder, result: Mapping[str, Any], now: datetime
) -> Done | Refused:
    """A continuation that writes something."""
    assert order.detail == {"tariff": "Welle L"}
    row = connection.execute(
        "insert into customer (brand_id, customer_number, kind, payment, salutation, given_name, family_name, company,"
        " street, postcode, city, email, language, as_of) values (%s, %s, 'person', 'postpaid', '', '', '', '', '', '',"
        " '', '', 'de', %s) returning id",
        (order.brand_id, result["customer_number"], now),
    ).fetchone()
    assert row is not None
    return Refused("customer_number is not of our range") if result["customer_number"] == "bad" else Done(row[0])


def test_what_follows_a_done_happens_with_it_and_once(town: ImportingTown) -> None:
    order = ordered(town.database, town.brand)
    assert settle(town.database, order, DONE, complete) == Settled()
    assert settle(town.database, order, DONE, complete) == Settled(repeated=True)
    assert state(town.database) == ("done", "", town.customer("K9"))


def test_a_result_that_cannot_be_used_leaves_nothing_and_the_order_waits(town: ImportingTown) -> None:
    order = ordered(town.database, town.brand)
    bad = Result(OrderState.DONE, "", {"customer_number": "bad"})
    assert settle(town.database, order, bad, complete) == Refused("customer_number is not of our range")
    assert town.database.rows("select count(*) from customer") == [(0,)]
    assert state(town.database)[0] == "ordered"
    assert settle(town.database, order, DONE, complete) == Settled()


def test_a_continuation_that_breaks_leaves_the_order_waiting(town: ImportingTown) -> None:
    order = ordered(town.database, town.brand)
    with pytest.raises(KeyError):
        settle(town.database, order, Result(OrderState.DONE, "", {}), complete)
    assert state(town.database)[0] == "ordered"


def test_a_failed_order_is_failed_with_its_reason_and_nothing_follows(town: ImportingTown) -> None:
    order = ordered(town.database, town.brand)
    assert settle(town.database, order, Result(OrderState.FAILED, "Schufa", {}), complete) == Settled()
    assert state(town.database) == ("failed", "Schufa", None)
    assert settle(town.database, order, DONE, complete) == SettledOtherwise(OrderState.FAILED)
    assert settle(town.database, uuid.uuid4(), DONE) == NoSuchOrder()


def ask(intake: Intake, order: uuid.UUID | str) -> httpx.Response:
    with intake.client() as client:
        return client.get(f"/v1/orders/{order}")


def tell(intake: Intake, order: uuid.UUID | str, **result: Any) -> httpx.Response:
    with intake.client() as client:
        return client.post(f"/v1/orders/{order}/result", json=result)


def test_the_operator_sees_and_settles_an_order_by_api(intake: Intake, town: ImportingTown) -> None:
    order = ordered(town.database, town.brand, OrderKind.END_CONTRACT)
    seen = ask(intake, order).json()
    assert (seen["kind"], seen["state"], seen["settled_at"]) == ("end_contract", "ordered", None)
    for _ in range(2):
        answer = tell(intake, order, state="done")
        assert answer.status_code == 200
        assert answer.json() == {"order": str(order), "state": "done"}
    assert ask(intake, order).json()["state"] == "done"
    otherwise = tell(intake, order, state="failed", reason="no")
    assert otherwise.status_code == 409
    assert otherwise.json()["type"] == "urn:werda:problem:settled-otherwise"


def test_an_order_of_another_brand_is_unknown(intake: Intake, town: ImportingTown) -> None:
    order = ordered(town.database, town.brand, OrderKind.END_CONTRACT)
    stranger = {"Authorization": f"Bearer {make_key(town.database, brands=[town.brand + 1])}"}
    with intake.client(headers=stranger) as client:
        assert client.get(f"/v1/orders/{order}").json()["type"] == "urn:werda:problem:unknown-order"
        assert client.post(f"/v1/orders/{order}/result", json={"state": "done"}).status_code == 404
    assert ask(intake, uuid.uuid4()).status_code == 404
    assert tell(intake, order, state="ordered").status_code == 400
    assert state(town.database)[0] == "ordered"
