"""Orders of a shop after TMF622: accepted once, answered without the code, refused with the reason (S5, B9)."""

import asyncio
import copy
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from tests.database import TestDatabase
from tests.usecases.ordering_town import OrderingTown
from werda.api.api_keys import Integrator
from werda.api.edge import Edge, answer_with_problems
from werda.api.problems import UNAUTHORISED, Kind, Problem
from werda.intake.product_orders import PATH, ProductOrders, add_product_orders
from werda.store.roles import Role

ORDER: dict[str, Any] = {
    "externalId": "shop-4711",
    "category": "mobile",
    "channel": [{"id": "nordfunk"}],
    "note": [{"text": "The customer wants 8305 as the code"}],
    "relatedParty": [
        {
            "role": "customer",
            "@referredType": "Individual",
            "givenName": "Maren",
            "familyName": "Muster",
            "birthDate": "1980-05-17",
            "contactMedium": [
                {
                    "mediumType": "postalAddress",
                    "characteristic": {"street1": "Deichweg 1", "postCode": "25813", "city": "Husum"},
                },
                {"mediumType": "email", "characteristic": {"emailAddress": "maren@example.org"}},
            ],
        }
    ],
    "productOrderItem": [
        {
            "id": "1",
            "action": "add",
            "productOffering": {"id": "m"},
            "product": {
                "productCharacteristic": [
                    {"name": "customerCode", "value": "8305"},
                    {"name": "sim", "value": "physical"},
                    {"name": "iban", "value": "DE89370400440532013000"},
                ]
            },
        }
    ],
}


def order(**characteristics: str | None) -> dict[str, Any]:
    """The order with other characteristics; None leaves one out."""
    changed = copy.deepcopy(ORDER)
    product = changed["productOrderItem"][0]["product"]
    told = {each["name"]: each["value"] for each in product["productCharacteristic"]} | characteristics
    product["productCharacteristic"] = [
        {"name": name, "value": value} for name, value in told.items() if value is not None
    ]
    return changed


class Shop:
    """A shop's system, and the API key it uses."""

    def __init__(self, app: Edge) -> None:
        self._app = app

    def post(self, path: str, json: object, key: str = "good") -> httpx.Response:
        return asyncio.run(self._ask("POST", path, key, json=json))

    def get(self, path: str, key: str = "good") -> httpx.Response:
        return asyncio.run(self._ask("GET", path, key))

    async def _ask(self, method: str, path: str, key: str, **message: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            return await client.request(method, path, headers={"Authorization": f"Bearer {key}"}, **message)


@pytest.fixture
def town(database: TestDatabase) -> OrderingTown:
    return OrderingTown(database)


@pytest.fixture
def shop(town: OrderingTown) -> Shop:
    """A shop that may order for Nordfunk with the key *good*, and for a brand without tariffs with *other*."""

    @contextmanager
    def connections() -> Iterator[psycopg.Connection[Any]]:
        connection = town.database.database.connect(Role.CUSTODY)
        try:
            yield connection
        finally:
            connection.close()

    async def sender(request: Request) -> Integrator:
        keys = {"Bearer good": (1, town.brand), "Bearer other": (2, town.brand + 1), "Bearer second": (3, town.brand)}
        if (known := keys.get(request.headers.get("authorization", ""))) is None:
            raise Problem(UNAUTHORISED, "send an API key")
        return Integrator(known[0], frozenset({"operator"}), frozenset({known[1]}), asserts=False)

    app = FastAPI()
    add_product_orders(
        app, ProductOrders(connections, lambda: town.database.verifier, lambda: town.database.custody, sender)
    )

    def as_problem(problem: Exception) -> Problem:
        return problem if isinstance(problem, Problem) else Problem(Kind("broken", 500, "Broken"), "look")

    answer_with_problems(app, as_problem)

    async def admit(authorization: bytes, address: str) -> None:
        """Everybody: the shop itself says who orders."""

    return Shop(Edge(app, 100_000, as_problem, admit))


def test_an_order_is_acknowledged_and_never_echoes_the_code(town: OrderingTown, shop: Shop) -> None:
    answer = shop.post(PATH, json=ORDER)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["state"], told["externalId"], told["@type"]) == ("acknowledged", "shop-4711", "ProductOrder")
    assert told["productOrderItem"][0]["productOffering"] == {"id": "m", "name": "Nordfunk M"}
    assert answer.headers["location"] == told["href"] == f"{PATH}/{told['id']}"
    assert answer.headers["cache-control"] == "no-store"
    seen = shop.get(told["href"])
    assert seen.json() == told
    ((detail, body),) = town.database.rows("select o.detail::text, m.body from operator_order o, outbox_message m")
    for text in (answer.text, seen.text, detail, body):
        assert "8305" not in text
        assert "customerCode" not in text
    assert "DE8937" not in answer.text


def test_the_code_counts_when_the_operator_has_answered(town: OrderingTown, shop: Shop) -> None:
    told = shop.post(PATH, json=ORDER).json()
    town.answer(uuid.UUID(told["id"]), customer_number="N1", lines=[{"msisdn": "+491760405550"}])
    assert town.code_of("N1") == "8305"
    seen = shop.get(told["href"]).json()
    assert seen["state"] == "completed"
    assert "completionDate" in seen


def test_the_same_external_id_is_the_same_order(town: OrderingTown, shop: Shop) -> None:
    first = shop.post(PATH, json=ORDER)
    again = shop.post(PATH, json=order(customerCode="6174"))
    assert (again.status_code, again.json()) == (200, first.json())
    town.answer(uuid.UUID(first.json()["id"]), customer_number="N1", lines=[{"msisdn": "+491760405550"}])
    assert town.code_of("N1") == "8305"


def test_each_shop_counts_its_orders_for_itself(shop: Shop) -> None:
    first = shop.post(PATH, json=ORDER).json()
    second = shop.post(PATH, json=ORDER, key="second")
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]
    assert shop.get(first["href"], key="second").status_code == 404


@pytest.mark.parametrize(("code", "reason"), [("1234", "popular"), ("1980", "popular"), ("0517", "own_birth_date")])
def test_a_weak_code_is_refused_with_the_reason_and_without_the_code(
    town: OrderingTown, shop: Shop, code: str, reason: str
) -> None:  # B2
    answer = shop.post(PATH, json=order(customerCode=code))
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:werda:problem:weak-code"
    assert problem["reason"] in {reason, "year", "date"}
    assert code not in answer.text
    assert town.database.rows("select 1 from operator_order") == []


def test_faults_are_told_by_field_and_nothing_is_repeated(shop: Shop) -> None:
    answer = shop.post(PATH, json=order(iban="DE00SECRETIBAN", sim="nano"))
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"field": "iban", "message": "no_iban"},
        {"field": "sims", "message": "unknown"},
    ]
    assert "SECRETIBAN" not in answer.text


@pytest.mark.parametrize(
    "broken",
    [
        {**ORDER, "relatedParty": []},
        {**ORDER, "productOrderItem": []},
        {**ORDER, "externalId": ""},
        {key: value for key, value in ORDER.items() if key != "externalId"},
        order(customerCode="8305", surprise="8305"),
        {**ORDER, "productOrderItem": [{**ORDER["productOrderItem"][0], "action": "delete"}]},
    ],
)
def test_what_is_no_order_of_a_new_contract_is_refused_without_the_code(shop: Shop, broken: object) -> None:
    answer = shop.post(PATH, json=broken)
    assert answer.status_code == 400
    assert "8305" not in answer.text


def test_a_code_may_come_once(shop: Shop) -> None:
    twice = order()
    twice["productOrderItem"][0]["product"]["productCharacteristic"].append({"name": "customerCode", "value": "6174"})
    assert shop.post(PATH, json=twice).status_code == 400


def test_an_order_without_a_code_is_taken(shop: Shop) -> None:  # B1
    assert shop.post(PATH, json=order(customerCode=None)).status_code == 201


def test_porting_needs_number_and_provider(shop: Shop) -> None:
    (fault,) = shop.post(PATH, json=order(msisdn="0171 3920012")).json()["errors"]
    assert fault == {"field": "provider", "message": "missing"}
    assert shop.post(PATH, json=order(msisdn="0171 3920012", donorProvider="Anderfunk")).status_code == 201


def test_another_shop_neither_sees_nor_orders_for_the_brand(shop: Shop) -> None:
    href = shop.post(PATH, json=ORDER).json()["href"]
    assert shop.get(href, key="other").status_code == 404
    assert shop.post(PATH, json=ORDER, key="other").status_code == 404
    assert shop.get(href, key="none").status_code == 401


def test_an_order_of_the_pages_is_not_seen(town: OrderingTown, shop: Shop) -> None:
    assert shop.get(f"{PATH}/{town.placed('8305', key='draft:1')}").status_code == 404
