"""The part of the day that is spent in the portal: signing in, showing, changing, calling, taking data along."""

import re

from tests.canary.day import LINE, NUMBER, Day
from tests.people import LONG_AGO
from tests.portal.test_code_and_sim import digits_on
from tests.portals import Browser, running_portal
from werda.core.secret import Secret
from werda.usecases.enrol_login import enrol_login


def at_the_portal(day: Day) -> None:
    """Everything that touches a secret there, and what goes wrong with it."""
    s = day.secrets
    [(customer, sim)] = day.database.rows(
        "select c.id, s.id from customer c join line l on l.customer_id = c.id join sim_profile s on"
        " s.line_id = l.id where c.customer_number = %s and l.msisdn = %s limit 1", NUMBER, LINE,
    )  # fmt: skip
    with day.database.connect() as owner:
        enrol_login(
            owner, customer, name="maren@example.org", password=Secret(s["password"]), actor="operator", now=LONG_AGO
        )
    with running_portal(day.town, day.folder / "portal.log") as portal:
        browser = portal.browser()
        for name, password in ((NUMBER, s["wrong password"]), (s["password"], s["wrong password"])):
            browser.signs_in(name, password)
        assert browser.signs_in(NUMBER, s["password"]).status_code == 302
        s["session of the portal"] = (
            next(cookie.value for cookie in browser.client.cookies.jar if cookie.name == "werda_portal") or ""
        )
        _shows_and_changes(day, browser, sim)
        for path in ("/", "/code-and-sim", "/history", "/history/notices", "/account", "/tariff", "/help", "/my-data"):
            day.say(f"the page {path} of the portal", browser.page(path))
        for form in ("json", "pdf"):
            taken = browser.sends("/my-data", form=form)
            assert taken.status_code == 200
            if form == "json":
                day.say("what the customer takes along", taken.text)
        # Put into an address: whoever did so sees it again in the switch of languages, and nobody else may.
        browser.get(f"/code-and-sim?digits={s['puk']}&token={s['puk']}")


def _shows_and_changes(day: Day, browser: Browser, sim: int) -> None:
    s = day.secrets
    assert digits_on(browser.sends("/code-and-sim/code").text) == s["customer code"]
    assert s["puk"] in re.sub(r"\D", "", browser.sends(f"/code-and-sim/sims/{sim}").text)
    for own in (s["customer code"] + "x", "1111111"):
        refused = browser.sends("/code-and-sim/change", own=own, go="own")
        assert refused.status_code == 422
    s["chosen code"] = "5820371"
    changed = browser.sends("/code-and-sim/change", own=s["chosen code"], go="own")
    assert changed.status_code == 302, changed.text
    s["call code of the portal"] = digits_on(browser.sends("/call").text)
    assert len(s["call code of the portal"]) == 12
