"""What the app can do beside showing: book once, stop orders, report; every answer as documented (S13, A6, A7)."""

from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # no types

from tests.booking import offer
from tests.people import Person, Town
from tests.portal.foreign import asked, waiting_order
from tests.portal.test_native import (
    App,
    _plain_http,
    asks,
    attempt_of,
    document,
    operations,
    portal,
    problem,
    signed_in,
)
from tests.portals import Portal

__all__ = ["_plain_http", "portal"]

ALL = "status secrets options"


@pytest.fixture
def person(town: Town) -> Person:
    offer(town)
    return town.person("4809", puks=("73519264",))


def book(app: App, person: Person, slug: str = "music", key: str = "") -> Any:
    return asks(app, "POST", f"/api/v1/lines/{person.line_id}/options/{slug}", key=key or str(uuid4()))


def test_an_option_is_booked_once_under_its_key(portal: Portal, town: Town, person: Person) -> None:
    app, key = signed_in(portal, person, ALL), str(uuid4())
    first, again = book(app, person, key=key), book(app, person, key=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["booking"]["price"] == "7.99"
    assert problem(book(app, person, "speed", key), 422) == "idempotency-key-reused"
    assert town.database.rows("select option from option_booking where customer_id = %s", person.id) == [("music",)]
    twice = book(app, person)
    assert problem(twice, 409) == "not-bookable"
    assert twice.json()["reason"] == "booked"


def test_booking_needs_a_key_and_fresh_proof(portal: Portal, town: Town, person: Person) -> None:
    app = signed_in(portal, person, ALL)
    assert problem(asks(app, "POST", f"/api/v1/lines/{person.line_id}/options/music"), 400) == "malformed"
    with town.database.connect() as owner:
        owner.execute("update portal_session set fresh_at = now() - interval '6 minutes' where customer_id = %s",
                      (person.id,))  # fmt: skip
    assert problem(book(app, person), 403) == "fresh-proof-needed"


def test_what_needs_another_option_says_which(portal: Portal, town: Town, person: Person) -> None:
    answer = book(signed_in(portal, person, ALL), person, "music-family")
    assert (problem(answer, 409), answer.json()["others"]) == ("not-bookable", ["music"])


def test_cancelling_again_is_the_same(portal: Portal, town: Town, person: Person) -> None:
    app = signed_in(portal, person, ALL)
    booked = book(app, person).json()["booking"]
    address = f"/api/v1/bookings/{booked['id']}"
    assert asks(app, "GET", address).json()["booking"] == booked
    first = asks(app, "POST", f"{address}/cancel").json()["booking"]
    assert first["ends_on"] == booked["would_end_on"]
    assert asks(app, "POST", f"{address}/cancel").json()["booking"] == first
    withdrawn = asks(app, "POST", f"{address}/withdraw").json()["booking"]
    assert withdrawn["state"] == "withdrawn"
    assert asks(app, "POST", f"{address}/withdraw").json()["booking"] == withdrawn
    assert asks(app, "POST", f"{address}/cancel").json()["booking"] == withdrawn


def test_an_app_is_its_brands(portal: Portal, town: Town, person: Person) -> None:
    elsewhere = App(portal, client_id="elsewhere", redirect_uri="https://elsewhere.example/signed-in")
    browser = portal.signed_in(person)
    assert browser.get(elsewhere.wants_in()).status_code == 400
    assert elsewhere.sends("/oauth/token", grant_type="refresh_token", client_id="elsewhere").status_code == 401
    both = App(portal, client_id="both", redirect_uri="https://both.example/signed-in")
    assert browser.get(both.wants_in()).status_code == 200


def test_what_waits_is_stopped_and_what_was_not_me_reported(portal: Portal, town: Town, person: Person) -> None:
    app = signed_in(portal, person, "status")
    order, attempt = waiting_order(portal, person), attempt_of(portal, person)
    [shown] = asks(app, "GET", "/api/v1/orders").json()["orders"]
    assert (shown["id"], shown["what"]) == (str(order), "replace_sim")
    assert asks(app, "POST", f"/api/v1/orders/{order}/stop").json() == {"stopped": "replace_sim"}
    assert problem(asks(app, "POST", f"/api/v1/orders/{order}/stop"), 404) == "not-found"
    rows = asks(app, "GET", "/api/v1/history").json()["rows"]
    assert attempt in [row.get("id") for row in rows]
    case = asks(app, "POST", f"/api/v1/history/attempts/{attempt}/report").json()
    assert case["hotline_locked"] is True
    assert asks(app, "GET", "/api/v1/locks").json()["hotline_closed_at"] is not None
    assert asks(app, "POST", "/api/v1/calls/report").json()["case"] > 0
    portal.browser().signs_in(person.number)
    assert asks(app, "POST", "/api/v1/sessions/end-others").json()["ended"] >= 2


def test_a_topic_goes_with_the_call_code(portal: Portal, town: Town, person: Person) -> None:
    app = signed_in(portal, person, "status")
    assert asks(app, "POST", "/api/v1/call-codes", json={"topic": "bill"}).status_code == 200
    assert town.database.rows("select topic from one_time_code where customer_id = %s and kind = 4", person.id) == [
        ("bill",)
    ]
    assert problem(asks(app, "POST", "/api/v1/call-codes", json={"topic": "4809"}), 400) == "malformed"
    assert asks(app, "POST", "/api/v1/call-codes").status_code == 200


def answers(portal: Portal, person: Person, app: App) -> dict[tuple[str, str], Any]:
    """A real answer of every operation, by address and method."""
    booking = book(app, person).json()["booking"]["id"]
    [line] = asks(app, "GET", "/api/v1/sims").json()["lines"]
    named = {
        "sim_id": line["sims"][0]["id"], "attempt_id": attempt_of(portal, person), "line_id": person.line_id,
        "slug": "data-10", "confirmation_id": asked(portal, person),
    }  # fmt: skip
    public = {"orders": waiting_order(portal, person), "bookings": booking}
    bodies = {"change_code": {"code": "7284"}, "confirmation": {"answer": "no"}}
    last = ["close_hotline", "lock_display", "report_attempt", "end_others"]  # what these lock is shown before
    found = {}
    for path, method, said in sorted(operations(portal), key=lambda each: (each[2]["operationId"] in last, each[0])):
        name = said["operationId"]
        address = path.format(**named, public_id=public.get(path.split("/")[3]))
        sent = {"json": bodies[name]} if name in bodies else {}
        answer = asks(app, method, address, key=str(uuid4()), **sent)
        assert answer.status_code == 200, (path, answer.text)
        found[path, method] = answer.json()
    return found


def test_every_answer_is_as_the_document_says(portal: Portal, town: Town, person: Person) -> None:
    told = document(portal)
    for (path, method), answer in answers(portal, person, signed_in(portal, person, ALL)).items():
        schema = told["paths"][path][method.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer)


def test_the_document_types_every_field_of_every_object(portal: Portal) -> None:
    def look(schema: dict[str, Any], where: str) -> None:
        assert schema.keys() & {"type", "enum"}, where
        if "object" in schema.get("type", ()):
            assert schema["properties"], where
        for name, inner in schema.get("properties", {}).items():
            look(inner, f"{where}.{name}")
        if "items" in schema:
            look(schema["items"], f"{where}[]")

    for path, method, said in operations(portal):
        look(said["responses"]["200"]["content"]["application/json"]["schema"], f"{method} {path}")
        assert said["security"] == [{"oauth": [said["security"][0]["oauth"][0]]}]
