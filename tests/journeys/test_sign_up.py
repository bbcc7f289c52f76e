"""From choosing a tariff to the first call with the chosen code: in a browser, with and without scripts."""

import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.database import Cluster
from tests.gates import running_gate
from tests.journeys.agi_caller import call_hotline
from tests.journeys.conftest import Shot
from tests.people import HOTLINE
from tests.signups import SignUp, running_signup
from tests.usecases.ordering_town import PARTY, STOCK, OrderingTown
from werda.usecases.settle_order import Settled

MSISDN = "+491760405550"
CODE = "8305"


@pytest.fixture(scope="module")
def towns(cluster: Cluster) -> Iterator[dict[str, OrderingTown]]:
    """A brand that says du and one that says Sie, each in a database of its own."""
    with cluster.copy("ordering_du") as du, cluster.copy("ordering_sie") as sie:
        yield {"du": OrderingTown(du), "sie": OrderingTown(sie, form="sie")}


@pytest.fixture(scope="module")
def signups(towns: dict[str, OrderingTown], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, SignUp]]:
    logs = tmp_path_factory.mktemp("signup")
    with (
        running_signup(towns["du"].database, logs / "du.log") as du,
        running_signup(towns["sie"].database, logs / "sie.log") as sie,
    ):
        yield {"du": du, "sie": sie}


@pytest.fixture(autouse=True)
def _patience(towns: dict[str, OrderingTown]) -> None:
    """All visitors come from one address here, so the limits begin anew with each test."""
    for town in towns.values():
        with town.database.connect() as owner:
            owner.execute("truncate rate_limit")


def visitor_of(browser: Browser, signup: SignUp, **options: Any) -> BrowserContext:
    """Somebody who orders."""
    context = browser.new_context(base_url=signup.url, locale="de-DE", **options)
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    return context


class Visit:
    """The order flow, used as a visitor does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.goto("/order")

    def on(self) -> None:
        self.page.get_by_role("button", name="Weiter", exact=True).click()

    def tariff(self, name: str = "Nordfunk M") -> None:
        self.page.get_by_role("radio", name=re.compile(name)).check()
        self.on()

    def who(self, **other: str) -> None:
        for name, text in {**PARTY, **other}.items():
            if name == "kind":
                self.page.locator(f"[name=kind][value={text}]").check()
            elif self.page.locator(f"[name={name}]").count():
                self.page.locator(f"[name={name}]").fill(text)
        self.on()

    def to_the_code(self) -> None:
        self.tariff()
        self.who()
        self.on()  # a new number
        self.on()  # a card

    def own_code(self, code: str) -> None:
        self.page.get_by_label(re.compile("eigene, 4 Ziffern")).fill(code)
        self.page.get_by_role("button", name="Meine eigene nehmen").click()

    def order(self) -> str:
        self.page.get_by_role("button", name="Zahlungspflichtig bestellen").click()
        expect(self.page.get_by_role("heading", name=re.compile("Danke"))).to_be_visible()
        return self.page.locator(".whole").inner_text()


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def page(request: pytest.FixtureRequest, browser: Browser, signups: dict[str, SignUp]) -> Iterator[Page]:
    context = visitor_of(browser, signups["du"], java_script_enabled=request.param)
    yield context.new_page()
    context.close()


@pytest.fixture
def scripted(browser: Browser, signups: dict[str, SignUp]) -> Iterator[Page]:
    context = visitor_of(browser, signups["du"])
    troubles: list[str] = []
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert troubles == []


def orders(town: OrderingTown) -> int:
    ((count,),) = town.database.rows("select count(*) from operator_order")
    return int(count)


def test_a_whole_order_is_placed_and_its_code_is_kept_sealed_only(
    page: Page, towns: dict[str, OrderingTown], signups: dict[str, SignUp]
) -> None:  # S5, B9
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    before = orders(towns["du"])
    visit = Visit(page)
    visit.to_the_code()
    visit.own_code(CODE)
    expect(page.get_by_role("heading", name="Stimmt alles?")).to_be_visible()
    assert CODE not in page.content()
    visit.order()
    assert CODE not in page.content()
    assert orders(towns["du"]) == before + 1
    assert not [address for address in addresses if CODE in address]
    ((data, code),) = towns["du"].database.rows("select data, code from order_draft order by id desc limit 1")
    assert (data, code) == ({}, None)


def test_a_random_code_is_offered_first_and_another_one_on_request(page: Page) -> None:  # B1
    visit = Visit(page)
    visit.to_the_code()
    first = page.locator("[data-code]").inner_text()
    assert re.fullmatch(r"\d{4}", re.sub(r"\s", "", first))
    seen = {first}
    for _ in range(3):
        page.get_by_role("button", name="Eine andere").click()
        seen.add(page.locator("[data-code]").inner_text())
    assert len(seen) > 1
    page.get_by_role("button", name="Nimm diese").click()
    visit.order()


def test_a_weak_code_is_refused_with_the_reason(page: Page) -> None:  # B2
    visit = Visit(page)
    visit.to_the_code()
    visit.own_code("1234")
    expect(page.locator("#verdict")).to_contain_text("Diese wählen viele")
    visit.own_code("0580")
    expect(page.locator("#verdict")).to_contain_text("Geburtsdatum")
    expect(page.get_by_role("heading", name=re.compile("Kundenkennzahl"))).to_be_visible()


def test_a_code_is_judged_while_it_is_typed(scripted: Page) -> None:  # S5
    Visit(scripted).to_the_code()
    own = scripted.get_by_label(re.compile("eigene, 4 Ziffern"))
    own.press_sequentially("2580")
    expect(scripted.locator("#verdict.is-bad")).to_contain_text("Diese wählen viele")
    expect(own).to_have_attribute("aria-invalid", "true")
    own.fill(CODE)
    expect(scripted.locator("#verdict.is-good")).to_contain_text("Die passt")
    own.fill("83")
    expect(scripted.locator("#verdict")).to_contain_text("Kein Datum")


def test_faults_stand_at_their_fields_and_are_linked(page: Page) -> None:
    visit = Visit(page)
    visit.tariff()
    visit.who(iban="DE00", postcode="258", email="maren@")
    faults = page.get_by_role("alert")
    expect(faults.get_by_role("link")).to_have_text(["Postleitzahl", "E-Mail", "IBAN"])
    faults.get_by_role("link", name="IBAN").click()
    expect(page.locator("[name=iban]")).to_be_focused()
    expect(page.locator("[name=iban]")).to_have_value("DE00")
    expect(page.locator("[name=iban]")).to_have_attribute("aria-invalid", "true")


def test_the_way_back_loses_nothing(page: Page) -> None:
    visit = Visit(page)
    visit.tariff()
    page.locator("[name=given_name]").fill("Maren")
    page.locator("[name=iban]").fill("not yet")
    page.get_by_role("button", name="Zurück").click()
    expect(page.get_by_role("radio", name=re.compile("Nordfunk M"))).to_be_checked()
    visit.on()
    expect(page.locator("[name=given_name]")).to_have_value("Maren")
    expect(page.locator("[name=iban]")).to_have_value("not yet")


def test_an_order_is_resumed_where_it_was_left(browser: Browser, signups: dict[str, SignUp]) -> None:
    first = visitor_of(browser, signups["du"], java_script_enabled=False)
    visit = Visit(first.new_page())
    visit.to_the_code()
    kept = first.storage_state()
    first.close()
    later = visitor_of(browser, signups["du"], storage_state=kept)
    page = later.new_page()
    page.goto("/order")
    page.get_by_role("link", name="Dort weitermachen").click()
    expect(page).to_have_url(re.compile("/order/code$"))
    page.get_by_role("button", name="Verwerfen").click()
    expect(page.get_by_role("link", name="Dort weitermachen")).to_have_count(0)
    page.goto("/order/summary")
    expect(page).to_have_url(re.compile("/order$"))
    later.close()


def test_a_form_that_is_sent_twice_orders_once(
    browser: Browser, towns: dict[str, OrderingTown], signups: dict[str, SignUp]
) -> None:
    context = visitor_of(browser, signups["du"], java_script_enabled=False)
    page = context.new_page()
    visit = Visit(page)
    visit.to_the_code()
    visit.own_code(CODE)
    before = orders(towns["du"])
    token = page.locator(".sheet [name=csrfmiddlewaretoken]").last.input_value()
    cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    with httpx.Client(base_url=signups["du"].url, cookies=cookies, trust_env=False) as client:
        answers = [client.post("/order/summary", data={"csrfmiddlewaretoken": token}) for _ in range(2)]
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(302, "/order/done")] * 2
    assert orders(towns["du"]) == before + 1
    context.close()


def test_a_form_that_is_sent_in_parallel_orders_once_too(
    browser: Browser, towns: dict[str, OrderingTown], signups: dict[str, SignUp]
) -> None:
    context = visitor_of(browser, signups["du"], java_script_enabled=False)
    page = context.new_page()
    visit = Visit(page)
    visit.to_the_code()
    visit.own_code(CODE)
    before = orders(towns["du"])
    token = page.locator(".sheet [name=csrfmiddlewaretoken]").last.input_value()
    cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    context.close()

    def send(_: int) -> str:
        with httpx.Client(base_url=signups["du"].url, cookies=cookies, trust_env=False, timeout=30) as client:
            return client.post("/order/summary", data={"csrfmiddlewaretoken": token}).headers["location"]

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(send, range(8))) == {"/order/done"}
    assert orders(towns["du"]) == before + 1
    ((codes,),) = towns["du"].database.rows(
        "select count(*) from ordered_code where order_id = (select max(id) from operator_order)"
    )
    assert codes == 1


def test_the_drafts_cookie_is_for_the_server_only(scripted: Page) -> None:
    Visit(scripted).tariff()
    cookies = {cookie["name"]: cookie for cookie in scripted.context.cookies()}
    assert set(cookies) == {"werda_order", "werda_order_csrf"}
    assert all(cookie["httpOnly"] for cookie in cookies.values())
    assert cookies["werda_order"]["sameSite"] == "Lax"
    assert scripted.evaluate("document.cookie") == ""


def test_keyboard_alone_is_enough(scripted: Page) -> None:
    page = scripted
    page.goto("/order")
    radio = page.get_by_role("radio", name=re.compile("Nordfunk S"))
    for _ in range(10):
        page.keyboard.press("Tab")
        if radio.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/order/you$"))
    page.locator("[name=kind][value=person]").focus()
    for text in [PARTY[name] for name in ("given_name", "family_name", "birth_date", "street", "postcode", "city")]:
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    for name in ("email", "iban"):
        page.keyboard.press("Tab")
        page.keyboard.type(PARTY[name])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/order/number$"))


def test_a_landline_asks_for_no_sim_and_prepaid_for_no_bank_account(scripted: Page) -> None:  # E3
    visit = Visit(scripted)
    visit.tariff("Nordfunk Zuhause")
    visit.who()
    visit.on()
    expect(scripted).to_have_url(re.compile("/order/code$"))
    visit.page.goto("/order")
    visit.tariff("Nordfunk Prepaid")
    expect(scripted.locator("[name=iban]")).to_have_count(0)


def test_a_formal_brand_says_sie_and_english_is_complete(browser: Browser, signups: dict[str, SignUp]) -> None:
    context = visitor_of(browser, signups["sie"])
    page = context.new_page()
    visit = Visit(page)
    visit.tariff()
    expect(page.get_by_role("heading", name="Wer sind Sie?")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    context.close()


def test_pages_fit_a_small_telephone(browser: Browser, signups: dict[str, SignUp], shot: Shot) -> None:
    context = visitor_of(browser, signups["du"], viewport={"width": 390, "height": 844})
    page = context.new_page()
    visit = Visit(page)
    shot(page, "order-tariff-390")
    visit.to_the_code()
    shot(page, "order-code-390")
    for step in ("", "/you", "/number", "/sim", "/code"):
        page.goto(f"/order{step}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_floods_are_stopped_with_a_page_that_says_so(signups: dict[str, SignUp]) -> None:
    with httpx.Client(base_url=signups["du"].url, trust_env=False) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/order").text)
        assert token is not None
        answers = [client.post("/order", data={"csrfmiddlewaretoken": token[1]}) for _ in range(130)]
    assert answers[0].status_code == 422
    # 130 fall into two minutes at most, so one of these has seen more than 60.
    stopped = next(answer for answer in answers if answer.status_code == 429)
    assert stopped.headers["retry-after"] == "60"
    assert "Warte eine Minute" in stopped.text


def test_nothing_that_suggests_a_code_is_stored_and_the_desk_is_not_here(signups: dict[str, SignUp]) -> None:
    with httpx.Client(base_url=signups["du"].url, trust_env=False) as client:
        assert "no-store" in client.get("/order").headers["cache-control"]
        assert "default-src 'self'" in client.get("/order").headers["content-security-policy"]
        assert client.get("/desk/").status_code == 404
        assert client.post("/order/code/check", data={"own": "1234"}).status_code == 403


def test_from_the_order_to_the_first_call_with_the_chosen_code(
    browser: Browser, towns: dict[str, OrderingTown], signups: dict[str, SignUp], tmp_path: Path
) -> None:  # S5, S1
    town, signup = towns["du"], signups["du"]
    context = visitor_of(browser, signup)
    visit = Visit(context.new_page())
    visit.to_the_code()
    visit.own_code(CODE)
    order = uuid.UUID(visit.order())
    context.close()
    sims = [{"iccid": next(iter(STOCK)), "msisdn": MSISDN}]
    assert town.answer(order, customer_number="N1", lines=[{"msisdn": MSISDN}], sims=sims) == Settled()

    with running_gate(town.database, tmp_path / "gate.log") as gate:
        guessed = call_hotline(gate.fastagi_port, calling=MSISDN, dialled=HOTLINE, keys="9417#0#")
        assert (guessed.result, guessed.level) == ("unverified", 0)
        first = call_hotline(gate.fastagi_port, calling=MSISDN, dialled=HOTLINE, keys=f"{CODE}#")
        assert (first.result, first.level) == ("verified", 1)
        with gate.client() as client:
            who = {"brand": "nordfunk", "customer_number": "N1", "call_id": "first"}
            told = client.post("/v1/verifications", json={**who, "digits": CODE}).json()
        assert (told["result"], told["level"]) == ("verified", 1)
    log = signup.log.read_text(encoding="utf-8")
    assert PARTY["email"] not in log
    assert "suggestion" not in log
    assert not re.search(rf"\b{CODE}\b", log)
