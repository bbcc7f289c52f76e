"""Options: booked by a button that says it costs, once however often it is tapped; cancelled; withdrawn (S13)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.booking import booked, offer
from tests.people import Person, Town
from tests.portals import Browser, Portal
from werda.core.order import OrderState
from werda.store.roles import Role
from werda.usecases.end_contract import Ended, end_contract
from werda.usecases.settle_order import Result, Settled, settle_order


@pytest.fixture(scope="module", autouse=True)
def _offers(town: Town) -> None:
    offer(town)


def address(person: Person, slug: str) -> str:
    return f"/tariff/book/{person.line_id}/{slug}"


def books(browser: Browser, person: Person, slug: str) -> str:
    """Book it as the page offers it; gives the address of the booking."""
    page = browser.page(address(person, slug))
    key, token = hidden(page, "key"), hidden(page, "csrfmiddlewaretoken")
    answer = browser.client.post(address(person, slug), data={"csrfmiddlewaretoken": token, "key": key})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def hidden(page: str, name: str) -> str:
    found = re.findall(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return str(found[-1])


def settle(town: Town, public_id: str, state: str) -> None:
    """The operator answers the newest order about this booking."""
    [(order,)] = town.database.rows(
        'select coalesce(cancel_order, "order") from option_booking where public_id = %s', public_id
    )
    with town.database.database.connect(Role.CUSTODY) as custody:
        settled = settle_order(custody, order, Result(OrderState(state), "", {}), {}, now=datetime.now(UTC))
        assert isinstance(settled, Settled), settled


def test_booking_leaves_booking_order_message_event_and_receipt(portal: Portal, town: Town) -> None:  # S13
    person = town.person()
    browser = portal.signed_in(person)
    page = browser.page(address(person, "abroad"))
    assert "Zahlungspflichtig buchen" in page
    assert "9,99" in page
    assert "Widerrufsrecht" in page
    there = books(browser, person, "abroad")
    assert "bestellt" in browser.page(there)
    [(price, kind, state, detail)] = town.database.rows(
        "select b.price, o.kind, o.state, o.detail from option_booking b join operator_order o"
        ' on o.public_id = b."order" where b.customer_id = %s',
        person.id,
    )
    assert (str(price), kind, state, detail["option"], detail["line"]) == (
        *("9.99", "book_option", "ordered", "abroad", person.line),
    )
    assert len(town.database.rows("select from outbox_message where stream = %s", f"customer:{person.id}")) == 1
    assert len(town.database.rows(
        "select from event where customer_id = %s and kind = 'option:booked'", person.id)) == 1  # fmt: skip
    [(receipt,)] = town.database.rows("select data from mail where customer_id = %s", person.id)
    assert receipt["option"] == "Auslandspaket"
    assert {"price", "from", "until", "withdrawal"} <= set(receipt)
    settle(town, there.rpartition("/")[2], "done")
    assert "aktiv" in browser.page(there)
    assert "Auslandspaket" in browser.page("/")


def test_a_double_tap_books_once_even_at_the_same_moment(portal: Portal, town: Town) -> None:
    person = town.person()
    browser = portal.signed_in(person)
    page = browser.page(address(person, "music"))
    form = {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken"), "key": hidden(page, "key")}
    with ThreadPoolExecutor(4) as taps:
        answers = list(taps.map(lambda _: browser.client.post(address(person, "music"), data=form), range(4)))
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(town.database.rows("select from option_booking where customer_id = %s", person.id)) == 1
    assert len(town.database.rows("select from operator_order where customer_id = %s", person.id)) == 1
    assert len(town.database.rows("select from mail where customer_id = %s", person.id)) == 1


def test_two_windows_with_keys_of_their_own_book_once(portal: Portal, town: Town) -> None:
    person = town.person()
    browser = portal.signed_in(person)
    pages = [browser.page(address(person, "music")) for _ in range(2)]
    forms = [{"csrfmiddlewaretoken": hidden(p, "csrfmiddlewaretoken"), "key": hidden(p, "key")} for p in pages]
    with ThreadPoolExecutor(2) as taps:
        answers = list(taps.map(lambda form: browser.client.post(address(person, "music"), data=form), forms))
    assert sorted(answer.status_code for answer in answers) == [302, 409]


def test_an_excluded_and_a_missing_option_are_said_in_words(portal: Portal, town: Town) -> None:
    person = town.person()
    browser = portal.signed_in(person)
    books(browser, person, "abroad")
    assert "Nicht zusammen buchbar mit: Auslandspaket" in browser.page(address(person, "abroad-world"))
    assert "zuerst gebraucht: Musik-Streaming" in browser.page(address(person, "music-family"))
    assert browser.sends(address(person, "abroad-world"), form_on="/").status_code == 409


def test_booking_asks_for_proof_when_it_is_long_ago(portal: Portal, town: Town) -> None:
    person = town.person()
    browser = portal.signed_in(person)
    with town.database.connect() as owner:
        owner.execute("update portal_session set fresh_at = now() - interval '6 minutes' where customer_id = %s",
                      (person.id,))  # fmt: skip
    assert browser.get(address(person, "music")).headers["Location"].startswith("/sign-in/again")


def test_cancelling_says_the_last_day_first_and_is_done_once(portal: Portal, town: Town) -> None:
    person = town.person()
    public_id = booked(portal, person)
    settle(town, str(public_id), "done")
    browser = portal.signed_in(person)
    there = f"/tariff/bookings/{public_id}"
    assert "endet dann am" in browser.page(f"{there}/cancel")
    for _ in range(2):
        assert browser.sends(f"{there}/cancel", form_on="/").headers["Location"] == there
    assert "gekündigt" in browser.page(there)
    orders = town.database.rows("select kind from operator_order where customer_id = %s order by id", person.id)
    assert orders == [("book_option",), ("cancel_option",)]
    settle(town, str(public_id), "failed")
    assert "Die Kündigung konnte nicht ausgeführt werden" in browser.page(there)
    assert browser.sends(f"{there}/cancel").headers["Location"] == there  # it goes on, and can be cancelled anew
    orders = town.database.rows("select kind from operator_order where customer_id = %s order by id", person.id)
    assert orders == [("book_option",), ("cancel_option",), ("cancel_option",)]


def test_who_may_book_may_not_cancel_where_the_policy_asks_more_for_it(portal: Portal, town: Town) -> None:  # A2
    person = town.person()
    public_id = booked(portal, person)
    browser = portal.signed_in(person)
    with town.policy_says("cancel_option = 1", "cancel_option = 2"):
        for way in ("cancel", "withdraw"):
            assert browser.sends(f"/tariff/bookings/{public_id}/{way}", form_on="/").status_code == 403
        books(browser, person, "abroad")
    assert town.database.rows("select cancelled_at from option_booking where public_id = %s", public_id) == [(None,)]


def test_withdrawing_undoes_it_from_the_start_within_fourteen_days(portal: Portal, town: Town) -> None:  # BGB § 355
    person = town.person()
    public_id = booked(portal, person)
    browser = portal.signed_in(person)
    there = f"/tariff/bookings/{public_id}"
    assert browser.sends(f"{there}/withdraw").headers["Location"] == there
    [(before,)] = town.database.rows("select ends_on < starts_on from option_booking where public_id = %s", public_id)
    assert before
    assert "widerrufen" in browser.page(there)


def test_after_the_time_nobody_withdraws(portal: Portal, town: Town) -> None:
    person = town.person()
    public_id = booked(portal, person, at=datetime.now(UTC) - timedelta(days=20))
    browser = portal.signed_in(person)
    answer = browser.sends(f"/tariff/bookings/{public_id}/withdraw", form_on="/")
    assert (answer.status_code, "Widerrufsfrist ist vorbei" in answer.text) == (409, True)


def test_a_failed_booking_is_said_and_can_be_tried_again(portal: Portal, town: Town) -> None:
    person = town.person()
    public_id = booked(portal, person)
    settle(town, str(public_id), "failed")
    browser = portal.signed_in(person)
    assert "konnte nicht ausgeführt werden" in browser.page(f"/tariff/bookings/{public_id}")
    assert UUID(books(browser, person, "music").rpartition("/")[2]) != public_id


def test_what_the_operator_could_not_do_is_told_by_mail(portal: Portal, town: Town) -> None:
    person = town.person()
    settle(town, str(booked(portal, person)), "failed")
    kept = booked(portal, person, "abroad")
    browser = portal.signed_in(person)
    assert browser.sends(f"/tariff/bookings/{kept}/cancel", form_on=f"/tariff/bookings/{kept}").status_code == 302
    settle(town, str(kept), "failed")
    told = town.database.rows(
        "select kind, data ->> 'option' from mail where customer_id = %s and kind like 'option_not%%' order by id",
        person.id,
    )
    assert [kind for kind, _ in told] == ["option_not_booked", "option_not_cancelled"]
    assert all(option for _, option in told)


def test_options_end_with_the_contract(portal: Portal, town: Town) -> None:
    person = town.person()
    public_id = booked(portal, person)
    with town.database.connect() as owner:
        assert isinstance(end_contract(owner, customer_id=person.id, actor="operator", now=datetime.now(UTC)), Ended)
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin")).date()
    assert town.database.rows("select ends_on from option_booking where public_id = %s", public_id) == [(today,)]


def test_what_failed_stays_failed_when_its_order_is_erased(portal: Portal, town: Town) -> None:  # A9
    person = town.person()
    failed = booked(portal, person)
    settle(town, str(failed), "failed")
    kept = booked(portal, person, "abroad")
    with town.database.connect() as owner:
        owner.execute("delete from operator_order where customer_id = %s", (person.id,))
    browser = portal.signed_in(person)
    assert "beendet" in browser.page(f"/tariff/bookings/{failed}")
    assert "aktiv" in browser.page(f"/tariff/bookings/{kept}")


def test_the_role_orders_nothing_but_options(portal: Portal, town: Town) -> None:
    person = town.person()
    browser = portal.signed_in(person)
    secret = next(cookie.value for cookie in browser.client.cookies.jar if cookie.name == "werda_portal")
    order = (
        "insert into operator_order (public_id, brand_id, customer_id, kind, state, detail, reason, ordered_at)"
        " values (gen_random_uuid(), %s, %s, 'port_out', 'ordered', '{}', '', now())"
    )
    message = (
        "insert into outbox_message (message_id, brand_id, stream, type, body, created_at, tries, next_try_at,"
        " last_problem) values ('x', %s, 'customer:' || %s, 'org.werda.order.port_out.v1', '{}', now(), 0, now(), '')"
    )
    for statement in (order, message):
        with town.database.database.connect(Role.PORTAL) as role:
            role.execute("select set_config('werda.session', %s, true)", (secret,))
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.WithCheckOptionViolation)):
                role.execute(statement, (town.brand, person.id))
