"""One call: opened once, by whom the switch reported; customer data with a living grant only; entries checked."""

import pytest
from django.test import override_settings

from tests.pages.hotline import Agent, Hotline
from tests.people import Person


@pytest.fixture
def jana(hotline: Hotline) -> Agent:
    return hotline.desk.agent("jana")


@pytest.fixture
def maren(hotline: Hotline) -> Person:
    return hotline.desk.town.person("0815", puks=("31415926",))


def test_a_verified_call_opens_with_state_customer_and_what_is_allowed(
    hotline: Hotline, jana: Agent, maren: Person
) -> None:
    page = hotline.opened(jana, hotline.verified_call(maren, jana))
    assert "legitimiert, Stufe 1" in page
    assert "Kundenkennzahl" in page
    for shown in ("Maren Muster", maren.number, maren.line, "Deichweg 1", "SIM-Karte"):
        assert shown in page
    allowed, _, locked = page.partition(
        "Stufe 2: mit Kundenkennzahl oder PUK und dazu Anruf-Code, Brief-Code oder App-Bestätigung"
    )
    assert "Rechnung erklären" in allowed
    assert "SIM-Karte oder eSIM ersetzen" in locked


def test_the_page_says_who_speaks_for_the_customer_until_when_and_what_they_may_not(
    hotline: Hotline, jana: Agent, maren: Person
) -> None:  # E2
    call = hotline.verified_call(maren, jana)
    with hotline.desk.town.database.connect() as owner:
        row = owner.execute(
            "insert into representative (brand_id, customer_id, number, name, kind, scope, begins_at, expires_at,"
            " idempotency_key) values (%s, %s, '9000000007', 'Erika Beispiel', 'carer', '{explain_bill}', now(),"
            " '2031-07-01 00:00 Europe/Berlin', '') returning id",
            (hotline.desk.town.brand, maren.id),
        ).fetchone()
        assert row is not None
        owner.execute("update call set person_id = %s where id = %s", (row[0], call))
    page = hotline.opened(jana, call)
    assert "Erika Beispiel spricht (betreut, bis 30.06.2031)" in page
    allowed, _, rest = page.partition("Das hat der Vertragsinhaber dieser Person nicht erlaubt")
    assert "Rechnung erklären" in allowed
    assert "Tarifoption buchen" in rest


def test_nothing_secret_stands_on_the_page(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """B9, D3"""
    page = hotline.opened(jana, hotline.verified_call(maren, jana))
    assert maren.code not in page.replace(maren.line, "").replace(maren.number, "")
    assert maren.sims[0].puk not in page
    assert maren.sims[0].iccid not in page


def test_an_unverified_call_opens_without_any_customer(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """A4: also when the calling number is a customer's."""
    page = hotline.opened(jana, hotline.unverified_call(jana, calling=maren.line))
    assert "nicht legitimiert" in page
    assert "Keine Kundendaten" in page
    for private in ("Maren", maren.number, maren.line, "Deichweg"):
        assert private not in page
    allowed, _, locked = page.partition("Stufe 1: mit Kundenkennzahl oder PUK")
    assert "Allgemeine Auskünfte" in allowed
    assert "Rechnung erklären" in locked


def test_a_call_opens_once(hotline: Hotline, jana: Agent, maren: Person) -> None:
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    again = jana.sends(f"/desk/calls/{call}/open")
    assert "lässt sich nicht öffnen" in again.content.decode()


def test_nobody_but_who_answered_opens_a_call(hotline: Hotline, jana: Agent, maren: Person) -> None:
    ole = hotline.desk.agent("ole")
    call = hotline.verified_call(maren, jana)
    answer = ole.sends(f"/desk/calls/{call}/open").content.decode()
    assert "lässt sich nicht öffnen" in answer
    assert "Maren" not in ole.browser.get(f"/desk/calls/{call}/", follow=True).content.decode()


def test_a_grant_in_another_agents_hands_opens_nothing(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """A4, design decision 7"""
    ole = hotline.desk.agent("ole")
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    ole.browser.cookies["werda_grant"] = jana.browser.cookies["werda_grant"].value
    page = ole.browser.get(f"/desk/calls/{call}/", follow=True).content.decode()
    assert "Maren" not in page
    assert "Der Zugriff auf diesen Anruf ist abgelaufen." in page


def test_a_grant_opens_its_own_call_only(hotline: Hotline, jana: Agent, maren: Person) -> None:
    hotline.opened(jana, hotline.verified_call(maren, jana))
    other = hotline.verified_call(hotline.desk.town.person("4242"), jana)
    assert jana.browser.get(f"/desk/calls/{other}/").headers["Location"] == "/desk/"


def test_the_grants_end_hides_the_customer_at_once(hotline: Hotline, jana: Agent, maren: Person) -> None:
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    assert jana.browser.get(f"/desk/calls/{call}/alive").status_code == 204
    with hotline.gate.database.connect() as owner:
        owner.execute("update call_grant set expires_at = clock_timestamp()")
    assert jana.browser.get(f"/desk/calls/{call}/alive").status_code == 205
    page = jana.browser.get(f"/desk/calls/{call}/", follow=True).content.decode()
    assert "Der Zugriff auf diesen Anruf ist abgelaufen." in page
    assert "Maren" not in page


def test_the_grants_secret_stays_with_the_browser(hotline: Hotline, jana: Agent, maren: Person) -> None:
    call = hotline.verified_call(maren, jana)
    page = hotline.opened(jana, call)
    cookie = jana.browser.cookies["werda_grant"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == f"/desk/calls/{call}/"
    assert cookie.value not in page
    sessions = hotline.gate.database.rows("select session_data from django_session")
    assert all(cookie.value not in data for (data,) in sessions)


def test_a_right_code_told_to_the_agent_verifies_the_call(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """E1"""
    call = hotline.unverified_call(jana)
    hotline.opened(jana, call)
    page = jana.sends(f"/desk/calls/{call}/verify", number=maren.line, digits=maren.code).content.decode()
    assert "Treffer." in page
    assert "legitimiert, Stufe 1" in page
    assert "Eingabe am Arbeitsplatz" in page
    assert "Maren Muster" in page
    assert "Treffer." not in jana.page(f"/desk/calls/{call}/"), "a result is shown once"


def test_a_puk_with_blanks_and_a_customer_number_are_understood(hotline: Hotline, jana: Agent, maren: Person) -> None:
    call = hotline.unverified_call(jana)
    hotline.opened(jana, call)
    page = jana.sends(f"/desk/calls/{call}/verify", number=maren.number, digits="3141 5926").content.decode()
    assert "Treffer." in page
    assert "PUK" in page


def test_a_wrong_code_is_no_match_and_is_not_sent_back(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """D3, B9"""
    call = hotline.unverified_call(jana)
    hotline.opened(jana, call)
    first = jana.sends(f"/desk/calls/{call}/verify", number=maren.number, digits=maren.wrong).content.decode()
    assert "Kein Treffer. Ein weiterer Versuch ist möglich." in first
    assert f'value="{maren.number}"' in first, "the number stays for the second try"
    assert maren.wrong not in first.replace(maren.number, "")
    second = jana.sends(f"/desk/calls/{call}/verify", number=maren.number, digits=maren.wrong).content.decode()
    assert "In diesem Anruf zählt kein weiterer Versuch" in second
    assert "Maren" not in second


def test_unknown_and_wrong_read_the_same(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """C7"""
    pages = []
    for number in (maren.number, "K9999999"):
        call = hotline.unverified_call(jana)
        hotline.opened(jana, call)
        page = jana.sends(f"/desk/calls/{call}/verify", number=number, digits=maren.wrong).content.decode()
        pages.append(page.partition('role="alert"')[2].partition("</p>")[0])
    assert pages[0] == pages[1] != ""


def test_third_wrong_code_locks_and_the_desk_says_locked(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """C1, D3"""
    with hotline.gate.database.connect() as owner:
        owner.execute("update budget set failures = 3 where customer_id = %s", (maren.id,))
    call = hotline.unverified_call(jana)
    hotline.opened(jana, call)
    page = jana.sends(f"/desk/calls/{call}/verify", number=maren.number, digits=maren.code).content.decode()
    assert "Gesperrt." in page
    assert "Maren" not in page


@pytest.mark.parametrize(
    ("number", "digits", "told"),
    [
        ("", "", "zwingend erforderlich"),
        ("K0000001", "12a4", "Bitte nur Ziffern eingeben."),
        ("K000_001", "1234", "Das ist weder eine Rufnummer noch eine Kundennummer."),
    ],
)
def test_what_cannot_be_meant_is_told_and_counts_as_no_try(
    hotline: Hotline, jana: Agent, number: str, digits: str, told: str
) -> None:
    call = hotline.unverified_call(jana)
    hotline.opened(jana, call)
    response = jana.browser.post(f"/desk/calls/{call}/verify", {"number": number, "digits": digits})
    assert response.status_code == 422
    page = response.content.decode()
    assert told in page
    assert not digits or digits not in page
    assert hotline.gate.database.rows("select count(*) from attempt") == [(0,)]


def test_the_old_way_is_not_offered_after_its_end(hotline: Hotline, jana: Agent) -> None:
    """A1, S2: today the policy of 2023 is in force."""
    call = hotline.unverified_call(jana)
    assert "Altverfahren" not in hotline.opened(jana, call)
    answer = jana.sends(
        f"/desk/calls/{call}/verify-legacy",
        **{"legacy-customer_number": "K0000001", "legacy-birth_date": "17.05.1980", "legacy-postcode": "25813"},
    )
    assert "Kein Treffer" in answer.content.decode()


# httpcore leaves the socket that found nobody to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_without_the_gate_nobody_is_let_in_and_the_page_says_so(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """Design decision 9"""
    waiting = hotline.unverified_call(jana)
    opened = hotline.unverified_call(jana)
    hotline.opened(jana, opened)
    with override_settings(WERDA_GATE_SOCKET=hotline.gate.log.with_suffix(".gone")):
        assert "Die Prüfstelle antwortet nicht." in jana.sends(f"/desk/calls/{waiting}/open").content.decode()
        page = jana.sends(f"/desk/calls/{opened}/verify", number=maren.number, digits=maren.code).content.decode()
    assert "Die Prüfstelle antwortet nicht." in page
    assert "Maren" not in page


def test_wrapping_up_keeps_the_note_and_ends_the_grant(hotline: Hotline, jana: Agent, maren: Person) -> None:
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    page = jana.sends(f"/desk/calls/{call}/wrap-up", topic="bill", text="Kombi-Vorteil von 10 auf 5 €.")
    assert "Der Anruf ist abgeschlossen." in page.content.decode()
    assert "Keine wartenden Anrufe" in page.content.decode()
    assert hotline.gate.database.rows("select topic, text, agent_id from call_note") == [
        ("bill", "Kombi-Vorteil von 10 auf 5 €.", jana.id)
    ]
    assert jana.browser.get(f"/desk/calls/{call}/").headers["Location"] == "/desk/"
    later = hotline.opened(jana, hotline.verified_call(maren, jana))
    assert "Kombi-Vorteil von 10 auf 5 €." in later


def test_the_note_can_still_be_sent_after_the_caller_hung_up_and_no_customer_is_shown(
    hotline: Hotline, jana: Agent, maren: Person
) -> None:
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    with hotline.gate.database.connect() as switch:
        switch.execute("select call_ended(%s)", (call,))
    page = jana.sends(f"/desk/calls/{call}/wrap-up", topic="fault", text="Rückruf zugesagt.").content.decode()
    assert "Der Anruf ist abgeschlossen." in page
    assert "Maren" not in page
    notes = hotline.gate.database.rows("select customer_id, text from call_note")
    assert notes == [(maren.id, "Rückruf zugesagt.")]


def test_no_note_gets_in_long_after_the_grant_or_from_somebody_else(
    hotline: Hotline, jana: Agent, maren: Person
) -> None:
    ole = hotline.desk.agent("ole")
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    ole.browser.cookies["werda_grant"] = jana.browser.cookies["werda_grant"].value
    answer = ole.sends(f"/desk/calls/{call}/wrap-up", topic="fault", text="untergeschoben")
    assert "Der Zugriff auf diesen Anruf ist abgelaufen." in answer.content.decode()
    with hotline.gate.database.connect() as owner:
        owner.execute("update call_grant set expires_at = clock_timestamp() - interval '16 minutes'")
    answer = jana.sends(f"/desk/calls/{call}/wrap-up", topic="fault", text="zu spät")
    assert "Der Zugriff auf diesen Anruf ist abgelaufen." in answer.content.decode()
    assert hotline.gate.database.rows("select count(*) from call_note") == [(0,)]


@pytest.mark.parametrize("text", ["PUK 31415926", "passte nicht: 31415926", "Kundenkennzahl: 0815"])
def test_a_note_that_looks_like_a_secret_is_refused_and_not_sent_back(
    hotline: Hotline, jana: Agent, maren: Person, text: str
) -> None:
    """B9"""
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    response = jana.browser.post(f"/desk/calls/{call}/wrap-up", {"topic": "sim", "text": text})
    assert response.status_code == 422
    assert "Die Notiz scheint eine Kundenkennzahl oder PUK zu enthalten." in response.content.decode()
    assert text not in response.content.decode()
    assert hotline.gate.database.rows("select count(*) from call_note") == [(0,)]


def test_a_secondary_sims_puk_shows_its_line_and_nothing_of_the_account(hotline: Hotline, jana: Agent) -> None:
    """B7"""
    town = hotline.desk.town
    maren = town.person("0815")
    town.sim(maren, "27182818", role="secondary")
    page = hotline.opened(jana, hotline.verified_call(maren, jana, digits="27182818"))
    assert "Nur für diesen Anschluss legitimiert" in page
    assert maren.line in page
    for private in ("Maren", maren.number, "Deichweg"):
        assert private not in page
