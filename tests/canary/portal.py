"""The part of the day that is spent in the portal: signing in, showing, changing, calling, taking data along."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from tests.canary.day import LINE, NUMBER, Day
from tests.people import LONG_AGO
from tests.portal.test_code_and_sim import digits_on
from tests.portals import TOTP_KEY, Browser, Portal, give_totp, running_portal
from tests.push_service import push_service
from werda.core.secret import Secret
from werda.push.service import Pushing
from werda.store.roles import Role
from werda.usecases.check_login import totp_of
from werda.usecases.enrol_login import enrol_login
from werda.usecases.post_mail import place_of
from werda.usecases.send_mail import post_order_notices
from werda.usecases.send_push import make_push_key, send_one_push


def at_the_portal(day: Day) -> None:
    """Everything that touches a secret there, and what goes wrong with it."""
    s = day.secrets
    [(customer, sim)] = day.database.rows(
        "select c.id, s.id from customer c join line l on l.customer_id = c.id join sim_profile s on"
        " s.line_id = l.id where c.customer_number = %s and l.msisdn = %s limit 1", NUMBER, LINE,
    )  # fmt: skip
    with day.database.connect() as owner:
        owner.execute("update customer set email = 'maren@example.org' where id = %s", (customer,))
        enrol_login(
            owner, customer, name="maren@example.org", password=Secret(s["password"]), actor="operator", now=LONG_AGO
        )
    settings = {"WERDA_PUSH_CONTACT": "mailto:a@example.org"}
    with (
        push_service() as service,
        running_portal(day.town, day.folder / "portal.log", **settings, WERDA_PUSH_HOSTS=service.address) as portal,
    ):
        browser = portal.browser()
        for name, password in ((NUMBER, s["wrong password"]), (s["password"], s["wrong password"])):
            browser.signs_in(name, password)
        assert browser.signs_in(NUMBER, s["password"]).status_code == 302
        s["session of the portal"] = (
            next(cookie.value for cookie in browser.client.cookies.jar if cookie.name == "werda_portal") or ""
        )
        _shows_and_changes(day, browser, sim)
        _opens_anew(day, portal)
        _is_protected(day, portal, browser, customer, sim)
        waiting = service.browser()
        s["address for pushes"] = waiting.endpoint.rpartition("/")[2]
        s["secret of pushes"] = waiting.fields["auth"]
        assert browser.sends("/account/notifications", form_on="/account", **waiting.fields).status_code == 204
        browser.sends("/account/notifications/test", form_on="/account")
        with day.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
            make_push_key(worker, day.database.custody, datetime.now(UTC))
            while send_one_push(worker, day.database.custody, Pushing("mailto:a@example.org"), datetime.now(UTC)):
                pass
        day.say("a notification", str(waiting.reads(service.got[0].body)))
        for path in ("/", "/code-and-sim", "/history", "/history/notices", "/account", "/tariff", "/help", "/my-data",
                     "/representatives", "/code-and-sim/operations"):  # fmt: skip
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


def _opens_anew(day: Day, portal: Portal) -> None:
    """A link by mail, which is looked at and not followed to its end: its SMS would hold six digits like any others."""
    stranger = portal.browser()
    day.say("asking for a link", stranger.sends("/enrol", name=NUMBER).text)
    day.secrets["link by mail"] = _in_the_mail(day)
    wrong = stranger.sends("/enrol/link", token=day.secrets["link by mail"] + "x")
    assert wrong.status_code == 422
    followed = stranger.sends("/enrol/link", token=day.secrets["link by mail"])
    day.say("following the link", str(followed.status_code) + followed.text)


def _is_protected(day: Day, portal: Portal, browser: Browser, customer: int, sim: int) -> None:
    """A replacement SIM that is stopped by the link of its mail; a representative with a code of their own."""
    s = day.secrets
    until = (date.today() + timedelta(days=30)).isoformat()
    told = {"name": "Erika Beispiel", "kind": "carer", "scope": "explain_bill", "until": until}
    page = browser.sends("/representatives/add", **told, key=str(uuid4())).text
    s["code of a representative"] = digits_on(page)
    [(login,)] = day.database.rows("select id from customer_login where customer_id = %s", customer)
    give_totp(day.database, login)
    strong = portal.browser()
    strong.signs_in(NUMBER, s["password"])
    code = totp_of(bytes.fromhex(TOTP_KEY)).generate(time.time()).decode()
    assert strong.sends("/sign-in/code", code=code).status_code == 302
    assert strong.sends(f"/code-and-sim/sims/{sim}/replace", kind="esim").status_code == 302
    with day.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        assert post_order_notices(worker, day.database.custody, datetime.now(UTC))
    s["link that stops an order"] = _in_the_mail(day)
    stopped = portal.browser().sends("/stop", token=s["link that stops an order"])
    assert stopped.status_code == 200
    day.say("stopping an order", stopped.text)
    with day.database.connect() as owner:
        owner.execute("update customer_login set totp = null, totp_key_id = null, totp_since = null")


def _in_the_mail(day: Day) -> str:
    """What the newest link carries."""
    [(mail_id, sealed)] = day.database.rows(
        "select id, sealed from mail where sealed is not null order by id desc limit 1"
    )
    return day.database.custody.open_for(place_of(mail_id), bytes(sealed)).reveal()
