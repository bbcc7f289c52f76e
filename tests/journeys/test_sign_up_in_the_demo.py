"""In the demo: order in a browser, Nordfunk's order system carries it out, papers are printed, and the calls work."""

import os
import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.database import werda
from tests.documents.reading import running_text
from tests.journeys.agi_caller import call_hotline
from tests.journeys.demo_process import Demo
from tests.journeys.test_sign_up import Visit
from werda.demo.phone_numbers import HOTLINE

CODE = "8305"
LETTERHEAD = Path(__file__).parents[2] / "examples/documents/letterhead.toml"
TRIES = 3
"""The demo's operator fails some orders on purpose, as it does with every eleventh."""


def test_somebody_who_ordered_calls_with_the_code_they_chose_and_the_puk_that_was_printed(
    demo: Demo, browser: Browser, tmp_path: Path
) -> None:  # S1, S5, S6, S10, B7
    context = browser.new_context(base_url=f"http://127.0.0.1:{demo.signup_port}", locale="de-DE")
    context.set_default_timeout(20_000)
    customer = None
    for number in range(TRIES):
        visit = Visit(context.new_page())
        visit.tariff()
        visit.who(family_name=f"Neukundin-{number}", email=f"neu{number}@example.org")
        visit.on()
        visit.on()
        visit.own_code(CODE)
        visit.order()
        if customer := carried_out(demo, f"Maren Neukundin-{number}"):
            break
    context.close()
    assert customer is not None, demo.log[-2000:]
    assert customer["code"] == CODE
    assert [sim["status"] for sim in customer["lines"][0]["sims"]] == ["shipped"]

    msisdn = customer["lines"][0]["msisdn"]
    assert calls(demo, msisdn, CODE) == ("verified", 1)

    papers = {kind: printed(demo, kind, tmp_path) for kind in ("contract", "sim_carrier")}
    mine = papers["contract"][papers["contract"].index(customer["customer_number"]) :]
    assert CODE in mine[: mine.index("2 Tarif")].replace(" ", "")  # page 1, item 1 (S6)
    carrier = papers["sim_carrier"][papers["sim_carrier"].index(f"Maren Neukundin-{number}") :]
    found = re.search(r"freirubbeln (\d{4} ?\d{4})", carrier)
    assert found is not None
    puk = found[1].replace(" ", "")
    assert calls(demo, msisdn, puk) == ("unverified", 0)  # not before the SIM is activated (B7)
    iccid = customer["lines"][0]["sims"][0]["iccid"]
    activated = werda("sim", "activate", iccid, "--brand", "nordfunk", environment=environment(demo))
    assert activated.returncode == 0, activated.stderr
    assert calls(demo, msisdn, puk) == ("verified", 1)


def calls(demo: Demo, msisdn: str, digits: str) -> tuple[str, int]:
    """What the hotline says to somebody who calls from this line and keys this in."""
    heard = call_hotline(demo.fastagi_port, calling=msisdn, dialled=HOTLINE, keys=f"{digits}#0#")
    return heard.result, heard.level


def environment(demo: Demo) -> dict[str, str]:
    """That of an operator's command beside the running demo."""
    return {**os.environ, "WERDA_HOME": str(demo.home), "NO_COLOR": "1"}


def printed(demo: Demo, kind: str, folder: Path) -> str:
    """The text of all letters of a kind that waited, as the printing house gets them."""
    pdf = folder / f"{kind}.pdf"
    done = werda(
        *("letters", "print", kind, str(pdf), "--brand", "nordfunk", "--letterhead", str(LETTERHEAD)),
        environment=environment(demo),
    )
    assert done.returncode == 0, done.stderr
    return running_text(pdf.read_bytes())


def carried_out(demo: Demo, name: str) -> dict[str, Any] | None:
    """The customer that an order became, within the time the demo's operator takes at most."""
    deadline = time.monotonic() + 45
    while time.monotonic() < deadline:
        found = [customer for customer in demo.everybody()["customers"] if customer["name"] == name]
        if found:
            return dict(found[0])
        time.sleep(0.5)
    return None
