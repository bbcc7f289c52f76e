"""Notifications on a device: wanted in the portal, sent by the worker, shown by the browser (C8, A6; RFC 8291)."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Shot, shot
from tests.people import Person, Town
from tests.portal.chromium import chromium
from tests.portals import Browser, Portal, running_portal
from tests.push_service import PushService, Waiting, push_service
from werda.core.notice import NoticeKind
from werda.push.service import Pushing
from werda.store.roles import Role
from werda.usecases.send_push import RENEWED, TRIES, forget_pushes, make_push_key, send_one_push
from werda.usecases.tell_customer import tell_customer

__all__ = ["shot"]

CONTACT = "mailto:betrieb@nordfunk.example"


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture(autouse=True)
def _service_takes(service: PushService) -> None:
    service.got.clear()
    service.status, service.headers = 201, {}


@pytest.fixture(scope="module")
def portal(town: Town, service: PushService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    settings = {"WERDA_PUSH_CONTACT": CONTACT, "WERDA_PUSH_HOSTS": f"{service.address},fcm.googleapis.com"}
    with town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        make_push_key(worker, town.database.custody, datetime.now(UTC))
    with running_portal(town, tmp_path_factory.mktemp("push") / "portal.log", **settings) as running:
        yield running


@pytest.fixture
def tell(town: Town) -> Callable[[Person, NoticeKind], None]:
    def told(person: Person, kind: NoticeKind) -> None:
        with town.database.connect(Role.CUSTODY) as custody:
            tell_customer(custody, kind, brand_id=town.brand, customer_id=person.id, now=datetime.now(UTC))

    return told


def works(town: Town, service: PushService, later: timedelta = timedelta(0)) -> int:
    """What the worker does, until nothing is due; gives how many it looked at."""
    done = 0
    pushing = Pushing(CONTACT, (service.address,))
    with town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        while send_one_push(worker, town.database.custody, pushing, datetime.now(UTC) + later):
            done += 1
    return done


def subscribed(browser: Browser, waiting: Waiting) -> int:
    return browser.sends("/account/notifications", form_on="/account", **waiting.fields).status_code


def test_a_notice_reaches_the_device_and_only_it_can_read_it(
    portal: Portal, town: Town, service: PushService, tell: Callable[[Person, NoticeKind], None]
) -> None:
    person, waiting = town.person("4809", puks=("73519264",)), service.browser()
    assert subscribed(portal.signed_in(person), waiting) == 204
    tell(person, NoticeKind.HOTLINE_LOCKED)
    works(town, service)
    [got] = service.got
    assert waiting.reads(got.body) == {
        "title": "Nordfunk",
        "body": "Der Hotline-Zugang ist gesperrt",
        "path": "/history",
        "topic": "hotline-locked",
    }
    claims = got.in_whose_name()
    assert (claims["aud"], claims["sub"]) == (service.address, CONTACT)
    assert 0 < claims["exp"] - datetime.now(UTC).timestamp() <= 86_400
    assert got.key in portal.signed_in(person).page("/account")  # the key for which the browser asked
    assert (got.headers["Content-Encoding"], got.headers["TTL"]) == ("aes128gcm", "86400")
    assert len(got.headers["Topic"]) <= 32
    untold = "select told_at from notice where customer_id = %s and kind = 'hotline_locked'"
    assert town.database.rows(untold, person.id) == [(None,)]  # the mail tells, too


def test_all_kinds_are_of_one_length_and_hold_no_secret(
    portal: Portal, town: Town, service: PushService, tell: Callable[[Person, NoticeKind], None]
) -> None:  # B9
    person, waiting = town.person("4809", puks=("73519264",)), service.browser()
    subscribed(portal.signed_in(person), waiting)
    for kind in NoticeKind:
        tell(person, kind)
    works(town, service)
    kept = service.got[-len(NoticeKind) :]
    assert len({len(got.body) for got in kept}) == 1
    for got in kept:
        said = str(waiting.reads(got.body))
        assert not {"4809", "73519264", person.number, person.line, "Maren"} & set(said.replace("'", " ").split())
        assert "$" not in said


def test_where_there_is_no_mail_address_the_push_is_what_told_them(
    portal: Portal, town: Town, service: PushService, tell: Callable[[Person, NoticeKind], None]
) -> None:
    person = town.person("4809")
    subscribed(portal.signed_in(person), service.browser())
    with town.database.connect() as owner:
        owner.execute("update customer set email = '' where id = %s", (person.id,))
    tell(person, NoticeKind.HOTLINE_LOCKED)
    works(town, service)
    assert town.database.rows("select channel from notice where customer_id = %s and kind = 'hotline_locked'",
                              person.id) == [("push",)]  # fmt: skip


def test_a_question_is_urgent_and_worth_nothing_after_two_minutes(
    portal: Portal, town: Town, service: PushService
) -> None:  # A3
    person, waiting = town.person("4809"), service.browser()
    subscribed(portal.signed_in(person), waiting)

    def ask() -> None:
        with town.database.connect() as owner:
            owner.execute(
                "insert into confirmation (call_id, brand_id, customer_id, agent_id, asked_at, expires_at)"
                " values (0, %s, %s, 1, now(), now() + interval '2 minutes')",
                (town.brand, person.id),
            )

    ask()
    works(town, service)
    [got] = service.got
    assert (got.headers["Urgency"], got.headers["TTL"]) == ("high", "120")
    assert waiting.reads(got.body)["body"].startswith("Bist du das am Telefon?")
    ask()
    works(town, service, later=timedelta(minutes=3))
    assert len(service.got) == 1
    assert town.database.rows("select last_problem from push where failed_at is not null and customer_id = %s",
                              person.id) == [("too late",)]  # fmt: skip


@pytest.mark.parametrize("status", [404, 410])
def test_where_nobody_waits_any_more_it_ends(
    portal: Portal, town: Town, service: PushService, tell: Callable[[Person, NoticeKind], None], status: int
) -> None:
    person = town.person("4809")
    subscribed(portal.signed_in(person), service.browser())
    service.status = status
    tell(person, NoticeKind.HOTLINE_LOCKED)
    works(town, service)
    tell(person, NoticeKind.HOTLINE_LOCKED)
    works(town, service)
    assert len(service.got) == 1
    assert town.database.rows("select count(*) from push_subscription where customer_id = %s", person.id) == [(0,)]


def test_a_busy_service_is_waited_for_as_long_as_it_asks(
    portal: Portal, town: Town, service: PushService, tell: Callable[[Person, NoticeKind], None]
) -> None:
    person = town.person("4809")
    subscribed(portal.signed_in(person), service.browser())
    service.status, service.headers = 429, {"Retry-After": "120"}
    tell(person, NoticeKind.HOTLINE_LOCKED)
    works(town, service)
    works(town, service, later=timedelta(seconds=100))
    assert len(service.got) == 1
    service.status = 201
    works(town, service, later=timedelta(seconds=130))
    assert len(service.got) == 2


def test_after_some_tries_it_is_given_up_and_the_mail_is_what_tells(
    portal: Portal, town: Town, service: PushService, tell: Callable[[Person, NoticeKind], None]
) -> None:
    person = town.person("4809")
    subscribed(portal.signed_in(person), service.browser())
    service.status = 503
    tell(person, NoticeKind.HOTLINE_LOCKED)
    for hours in range(1, 12):
        works(town, service, later=timedelta(hours=hours))
    assert len(service.got) == TRIES
    [(problem,)] = town.database.rows("select last_problem from push where customer_id = %s", person.id)
    assert problem == "the push service answered 503"


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://example.org/push/1",
        "https://fcm.googleapis.com.example.org/x",
        "https://fcm.googleapis.com:8443/x",
        "https://user@fcm.googleapis.com/x",
        "https://user:pw@127.0.0.1/x",
        "http://fcm.googleapis.com/x",
        "http://127.0.0.1:5432/x",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://[::1]/x",
        "https://fcm.googleapis.com/" + "x" * 1000,
        "",
    ],
)
def test_no_address_but_that_of_a_known_service_is_kept(
    portal: Portal, town: Town, service: PushService, endpoint: str
) -> None:
    """Nobody makes Werda call what is inside the operator's network."""
    person, waiting = town.person("4809"), service.browser()
    browser = portal.signed_in(person)
    waiting.endpoint = endpoint
    assert subscribed(browser, waiting) == 422
    assert town.database.rows("select count(*) from push_subscription where customer_id = %s", person.id) == [(0,)]


@pytest.mark.parametrize(
    ("field", "value"), [("p256dh", "BAAA"), ("p256dh", "B" * 87), ("auth", "short"), ("auth", "ä")]
)
def test_keys_that_are_none_are_not_kept(
    portal: Portal, town: Town, service: PushService, field: str, value: str
) -> None:
    browser = portal.signed_in(town.person("4809"))
    fields = service.browser().fields | {field: value}
    assert browser.sends("/account/notifications", form_on="/account", **fields).status_code == 422


def test_a_browser_that_changed_hands_tells_the_new_one_only(
    portal: Portal, town: Town, service: PushService, tell: Callable[[Person, NoticeKind], None]
) -> None:
    before, after = town.person("4809"), town.person("2580")
    waiting = service.browser()
    subscribed(portal.signed_in(before), waiting)
    subscribed(portal.signed_in(after), waiting)
    tell(before, NoticeKind.HOTLINE_LOCKED)
    works(town, service)
    assert service.got == []


def test_nobody_ends_what_is_somebody_elses(portal: Portal, town: Town, service: PushService) -> None:
    person, other, waiting = town.person("4809"), town.person("2580"), service.browser()
    subscribed(portal.signed_in(person), waiting)
    stranger = portal.signed_in(other)
    stranger.sends("/account/notifications/off", form_on="/account", endpoint=waiting.endpoint)
    assert town.database.rows("select count(*) from push_subscription where customer_id = %s", person.id) == [(1,)]


def test_signing_out_ends_it_there_and_only_there(portal: Portal, town: Town, service: PushService) -> None:
    person = town.person("4809")
    here, there = portal.signed_in(person), portal.browser()
    there.signs_in(person.number)
    subscribed(here, service.browser("here"))
    subscribed(there, service.browser("there"))
    assert here.page("/account").count("bekommt Benachrichtigungen") == 2
    here.sends("/account/sessions", form_on="/account")  # everywhere else
    assert town.database.rows("select count(*) from push_subscription where customer_id = %s", person.id) == [(1,)]


def test_the_address_lies_sealed_and_in_no_log(portal: Portal, town: Town, service: PushService) -> None:  # B9
    person, waiting = town.person("4809"), service.browser()
    subscribed(portal.signed_in(person), waiting)
    [(row,)] = town.database.rows("select p::text from push_subscription p where customer_id = %s", person.id)
    for secret in (waiting.endpoint.rpartition("/")[2], waiting.fields["auth"]):
        assert secret not in row
        assert secret not in portal.log.read_text()


def test_what_nobody_renews_is_forgotten(portal: Portal, town: Town, service: PushService) -> None:  # A9
    person = town.person("4809")
    subscribed(portal.signed_in(person), service.browser())
    with town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        forget_pushes(worker, datetime.now(UTC) + RENEWED - timedelta(days=1))
        assert town.database.rows("select count(*) from push_subscription where customer_id = %s", person.id) == [(1,)]
        forget_pushes(worker, datetime.now(UTC) + RENEWED)
    assert town.database.rows("select count(*) from push_subscription where customer_id = %s", person.id) == [(0,)]


def test_ten_devices_at_most_the_newest_ones(portal: Portal, town: Town, service: PushService) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    for _ in range(12):
        subscribed(browser, service.browser())
    assert town.database.rows("select count(*) from push_subscription where customer_id = %s", person.id) == [(10,)]


def test_a_probe_shows_what_it_looks_like_and_not_without_end(portal: Portal, town: Town, service: PushService) -> None:
    person, waiting = town.person("4809"), service.browser()
    browser = portal.signed_in(person)
    subscribed(browser, waiting)
    asked = [browser.sends("/account/notifications/test", form_on="/account").status_code for _ in range(7)]
    assert asked == [204] * 5 + [429] * 2
    works(town, service)
    assert "Kennzahlen stehen nie darin" in waiting.reads(service.got[0].body)["body"]


def test_where_no_pushes_are_sent_the_page_says_nothing_of_them(
    town: Town, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_portal(town, tmp_path_factory.mktemp("none") / "portal.log") as portal:
        browser = portal.signed_in(town.person("4809"))
        assert "Benachrichtigungen" not in browser.page("/account")
        answer = browser.sends("/account/notifications", form_on="/account", endpoint="https://fcm.googleapis.com/x")
        assert answer.status_code == 404


SHOWN = "(await (await navigator.serviceWorker.ready).getNotifications())"


@pytest.fixture
def account(portal: Portal, town: Town) -> Iterator[Callable[[int, int], Page]]:
    """The page of somebody's account in a browser that may show notifications."""
    signed_in = portal.signed_in(town.person("4809"))
    with chromium() as browser:

        def opened(width: int, height: int) -> Page:
            context = browser.new_context(
                base_url=portal.url, locale="de-DE", viewport={"width": width, "height": height}
            )
            context.grant_permissions(["notifications"])
            context.add_cookies(
                [{"name": name, "value": value, "url": portal.url} for name, value in signed_in.client.cookies.items()]
            )
            page = context.new_page()
            page.goto("/account")
            return page

        yield opened


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
def test_the_page_offers_it_where_the_browser_can(
    account: Callable[[int, int], Page], shot: Shot, width: int, height: int
) -> None:
    page = account(width, height)
    expect(page.get_by_role("button", name="Einschalten").first).to_be_visible()
    expect(page.get_by_text("Dieser Browser kennt keine Benachrichtigungen")).to_be_hidden()
    shot(page, f"push-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_browser_shows_it_and_a_tap_leads_to_the_portal_alone(
    portal: Portal, account: Callable[[int, int], Page]
) -> None:
    """Delivered as a push service delivers; none of the real ones is reached from here."""
    page = account(1280, 900)
    devtools = page.context.new_cdp_session(page)
    registrations: list[dict[str, str]] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: registrations.extend(told["registrations"]))
    devtools.send("ServiceWorker.enable")
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    for data, body, path in (
        ('{"title": "Nordfunk", "body": "Bestellt", "path": "/history", "topic": "a"}', "Bestellt", "/history"),
        ("not ours", "", "/"),
        ('{"title": "Nordfunk", "body": "x", "path": "//evil.example", "topic": "b"}', "x", "/"),
    ):
        push = {"origin": portal.url, "registrationId": registrations[0]["registrationId"], "data": data}
        devtools.send("ServiceWorker.deliverPushMessage", push)
        assert (body, path) in notifications(page, (body, path))


def notifications(page: Page, wanted: tuple[str, str]) -> list[tuple[str, str]]:
    """Text and way of what the browser shows, once the wanted one is among them."""
    deadline, shown = time.monotonic() + 20, list[tuple[str, str]]()
    while wanted not in shown and time.monotonic() < deadline:
        found = page.evaluate(f"async () => {SHOWN}.map((n) => [n.title, n.body, n.data.path])")
        shown = [(body, path) for title, body, path in found if title == "Nordfunk"]
        page.wait_for_timeout(50)
    return shown
