"""A day at the hotline with secrets that occur nowhere else, by every way in: command line, API, FastAGI, desk.

Everything runs as in production, each part a process of its own, logging at DEBUG. What goes wrong on such a day
goes wrong here too: secrets in the wrong field, malformed files, a database that is away.
"""

import asyncio
import base64
import contextlib
import hmac
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.database import TestDatabase, werda
from tests.gate.test_fastagi import Caller
from tests.gates import Gate, free_port, running_gate
from tests.intake.intake_process import running_intake
from tests.people import HOTLINE, LONG_AGO, NOT_ASSERTING, Town
from werda.core.policy import Policy
from werda.keys.custody import Kind
from werda.usecases.activate_policy import activate_policy

LINE = "+4917604099001"
NUMBER = "K9990001"
ICCID = "8949440000001672706"

SECRETS = {
    "customer code": "7391648",
    "code that was malformed": "739164x",
    "code in the wrong column": "6150437",
    "wrong code": "1846293",
    "puk": "58302917",
    "second puk": "29471836",
    "puk in the wrong column": "90375162",
    "wrong puk": "74629185",
    "delivery pin": "64820193",
    "second pin": "83610274",
    "matching id": "CANARY-QX7-ZP92",
    "malformed activation code": "LPA;1$nowhere$CANARY-BROKEN-77",
    "ki": "C0FFEE77C0FFEE77C0FFEE77C0FFEE77",
    "password": "Kanarienvogel/singt+im Schacht 9",
    "wrong password": "Kanarienvogel/schweigt+heute 4",
    "birth date typed as code": "19800517",
}
"""What is offered, typed and imported; by name, because a name may be shown when one is found."""


@dataclass
class Day:
    """The hotline, what it said, and every secret that came up during the day."""

    town: Town
    folder: Path
    secrets: dict[str, str] = field(default_factory=lambda: dict(SECRETS))
    said: list[tuple[str, str]] = field(default_factory=list)
    """What people and programs were told that may hold no secret: the place, and the text."""

    @property
    def database(self) -> TestDatabase:
        return self.town.database

    @property
    def logs(self) -> list[Path]:
        """Every log of every process, and the files that commands left behind; not the letters, which tell."""
        return [*self.folder.glob("*.log"), *self.folder.glob("*.rejects.csv"), self.database.postgres.log]

    def say(self, place: str, text: str) -> None:
        self.said.append((place, text))

    def command(self, *arguments: str, typed: str | None = None, expect: int = 0) -> str:
        """Run a command, keep its messages, give its data."""
        environment = self.database.environment | {"WERDA_LOG_LEVEL": "DEBUG"}
        done = werda(*arguments, environment=environment, input=typed)
        assert done.returncode == expect, done.stderr
        self.say(f"werda {arguments[0]} {arguments[1]}, messages", done.stderr)
        return done.stdout


def seven_digits(town: Town) -> None:
    """Codes of seven digits, and call codes of twelve: four or six could stand in a log by chance."""
    with town.database.connect() as owner:
        rows = owner.execute("select document from policy_version order by effective_from desc limit 1").fetchall()
        document = str(rows[0][0])
        assert "digits = 4" in document
        changed = document.replace("digits = 4", "digits = 7").replace("delay_seconds = 30", "delay_seconds = 1")
        changed = changed.replace("call_code_digits = 6", "call_code_digits = 12")
        assert isinstance(activate_policy(owner, changed, now=LONG_AGO), Policy)


def import_files(day: Day) -> None:
    """Customers and SIMs, with good rows and with secrets where they do not belong."""
    s = day.secrets
    customers = day.folder / "customers.csv"
    customers.write_text(
        "customer_number,kind,family_name,msisdn,postcode,city,birth_date,customer_code\n"
        f"{NUMBER},person,Muster,{LINE},25813,Husum,1980-05-17,{s['customer code']}\n"
        f"K9990002,person,Muster,+4917604099002,25813,Husum,1980-05-17,{s['code that was malformed']}\n"
        f"K9990003,{s['code in the wrong column']},Muster,+4917604099003,25813,Husum,1980-05-17,1234567\n"
        f"K9990004,person,Muster,+4917604099004,25813,Husum,{s['code in the wrong column']},1234567\n"
    )
    sims = day.folder / "sims.csv"
    sims.write_text(
        "iccid,customer_number,msisdn,status,activated_at,pin1,puk1,pin2,puk2,kind,activation_code,ki\n"
        f"{ICCID},{NUMBER},{LINE},active,2020-01-01,{s['delivery pin']},{s['puk']},{s['second pin']},{s['second puk']},"
        f"esim,LPA:1$smdp.example.org${s['matching id']},{s['ki']}\n"
        f"8949440000001672714,{NUMBER},{LINE},active,2020-01-01,,{s['puk in the wrong column']}1,,,esim,"
        f"{s['malformed activation code']},{s['ki']}\n"
        f"{s['puk in the wrong column']},{NUMBER},{LINE},active,2020-01-01,,,,,physical,,\n"
    )
    for dry in ([], ["--dry-run"]):
        for noun, file, rejected in (("customers", customers, 3), ("sims", sims, 2)):
            out = day.command("import", noun, str(file), "--brand", "nordfunk", "--json", *dry, expect=1)
            day.say(f"werda import {noun}", out)
            assert json.loads(out)["rejected"] == rejected


def one_time_codes(day: Day) -> None:
    """The operator's app gets a call code, the operator orders a letter code and prints it; one more of each waits."""
    s = day.secrets
    key = day.command("apikey", "create", "app", "--scope", "call_codes", "--scope", "operator").strip()
    s["key of the app"] = key.split("_", 2)[2]
    with day.database.connect() as owner:
        owner.execute("update customer set address_since = %s, street = 'Deichweg 1'", (LONG_AGO,))
    with running_intake(day.database, day.folder / "intake.log") as intake, intake.client() as client:
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "once"}
        path = f"/v1/brands/nordfunk/customers/{NUMBER}/call-codes"
        session = {"signed_in_with": "passkey", "enrolled_at": LONG_AGO.isoformat()}
        s["call code"] = client.post(path, json=session, headers=headers).json()["code"]
        again = client.post(path, json=session, headers=headers)
        assert again.status_code == 409
        day.say("the answer to the same request again", again.text)
    ordered = ("codes", "letter", NUMBER, "--brand", "nordfunk", "--reason", "locked")
    day.say("werda codes letter", day.command(*ordered))
    custody = day.database.custody
    [(customer, sealed)] = day.database.rows("select customer_id, sealed from one_time_code where sealed is not null")
    s["letter code"] = custody.open(Kind.LETTER_CODE, customer, 0, sealed).reveal()
    paper = day.folder / "letters.pdf"
    letterhead = str(Path(__file__).parents[2] / "examples/documents/letterhead.toml")
    printed = ("letters", "print", "letter_code", str(paper), "--brand", "nordfunk", "--letterhead", letterhead)
    day.say("werda letters print", day.command(*printed))


def partner_calls(day: Day, gate: Gate) -> None:
    """An integrator: right, wrong, malformed, repeated, unknown, unauthorised, and with the database away."""
    s = day.secrets
    whose = {"brand": "nordfunk", "line": LINE}

    def post(path: str, body: object, *, status: int, headers: dict[str, str] | None = None) -> httpx.Response:
        with gate.client() as client:
            answer = client.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        if status != 200:
            day.say(f"the answer {status} of {path.partition('?')[0]}", answer.text + str(answer.headers))
        return answer

    right = post("/v1/verifications", whose | {"digits": s["customer code"], "call_id": "right"}, status=200)
    s["token"] = right.json()["token"]
    wrong = post("/v1/verifications", whose | {"digits": s["wrong code"], "call_id": "wrong"}, status=200)
    day.say("a refusal", wrong.text)
    assert post("/v1/verifications", whose | {"digits": s["puk"], "call_id": "puk"}, status=200).json()["level"] == 1
    once = {"Idempotency-Key": "once"}
    for digits, status in ((s["puk"], 200), (s["wrong puk"], 422)):
        post("/v1/verifications", whose | {"digits": digits, "call_id": "once"}, status=status, headers=once)
    for misplaced in (
        {"line": s["puk"], "digits": s["puk"]},
        {"digits": s["puk"] + "x"},
        {"digits": s["puk"], s["customer code"]: 1},
        {"digits": {s["puk"]: s["customer code"]}},
        {"digits": s["puk"], "source": {"trunk": s["puk"] + " " + s["customer code"]}},
        [s["puk"]],
    ):
        body = whose | misplaced | {"call_id": "x"} if isinstance(misplaced, dict) else misplaced
        post("/v1/verifications", body, status=400)
    unknown = {"brand": "other", "line": LINE, "digits": s["puk"], "call_id": "x"}
    post("/v1/verifications", unknown, status=404)
    stranger = {"Authorization": f"Bearer {s['wrong password']}"}
    post("/v1/verifications", whose | {"digits": s["puk"], "call_id": "x"}, status=401, headers=stranger)
    post(f"/v1/verification?digits={s['puk']}", {}, status=404)
    post("/v1/calls/answered", {"token": s["puk"], "agent": "nobody"}, status=409)
    post("/v1/calls/answered", {"token": s["token"], "agent": s["puk"] + "!"}, status=400)
    entry = {"grant": s["token"], "agent": 1, "line": LINE, "digits": s["puk"]}
    post("/v1/agent-entries", entry, status=409)
    post("/v1/agent-entries", entry | {"legacy": {"birth_date": s["birth date typed as code"]}}, status=400)
    with database_away(day.database):
        post("/v1/verifications", whose | {"digits": s["puk"], "call_id": "away"}, status=503)
        post("/v1/agent-entries", entry, status=503)
    deadline = time.monotonic() + 40
    while httpx.get(f"{gate.url}/healthz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def database_away(database: TestDatabase) -> Iterator[None]:
    """Nobody gets into the database for a while."""
    with database.postgres.connect() as superuser:
        superuser.execute(f'alter database "{database.name}" allow_connections false'.encode())
        superuser.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database.name,))
        try:
            yield
        finally:
            superuser.execute(f'alter database "{database.name}" allow_connections true'.encode())


def telephone_calls(day: Day, gate: Gate) -> str:
    """Callers through FastAGI, well and badly behaved; the last one is legitimated, and Jana answers. Gives its ref."""
    s = day.secrets

    def call(keys: str, ref: str, hang_up_at: str | None = None) -> Caller:
        caller = Caller(keys, hang_up_at)
        facts = {"uniqueid": ref, "callerid": LINE, "dnid": HOTLINE, "extension": HOTLINE}
        return asyncio.run(caller.call(gate.fastagi_port, f"trunk={NOT_ASSERTING}", **facts))

    call(f"{s['wrong code']}#{s['wrong puk']}", "agi-wrong")
    call(f"{s['letter code'][::-1]}#", "agi-one-time")
    call(s["puk"] + "#", "agi-gone", hang_up_at="verified")
    for rude in (
        f"agi_network_script: hotline\nagi_arg_1: {s['puk']}\n{s['customer code']}\n\n",
        f"agi_network_script: answered\nagi_arg_1: token={s['token']}\nagi_arg_2: agent={s['puk']}\n\n",
        f"agi_network_script: hotline\nagi_dnid: {HOTLINE}\nagi_uniqueid: rude\n\n200 result={s['customer code']}\n",
        f"agi_network_script: {s['puk']}\nagi_dnid: {s['puk']}\n\n",
    ):
        with socket.create_connection(("127.0.0.1", gate.fastagi_port)) as connection:
            connection.sendall(rude.encode())
            connection.settimeout(3)
            with contextlib.suppress(TimeoutError, ConnectionError):
                while connection.recv(4096):
                    pass
    time.sleep(1.1)  # the delay after wrong attempts (C4)
    caller = call(f"{s['customer code']}#", "agi-right")
    assert caller.variables["WERDA_RESULT"] == "verified"
    s["token of the call"] = caller.variables["WERDA_TOKEN"]
    answered = Caller()
    asyncio.run(
        answered.call(
            gate.fastagi_port, f"token={s['token of the call']}", "agent=jana", script="answered", uniqueid="agi-agent"
        )
    )
    return "agi-right"


@contextmanager
def running_pages(day: Day, gate: Gate) -> Iterator[httpx.Client]:
    """The pages' process, and a browser on it."""
    port = free_port()
    log = day.folder / "pages.log"
    environment = gate.environment | {"WERDA_PAGES_PORT": str(port)}
    with log.open("ab") as output:
        command = [sys.executable, "-m", "werda", "serve", "--only", "pages"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
            deadline = time.monotonic() + 40
            while True:
                assert process.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < deadline, log.read_text()[-2000:]
                with contextlib.suppress(httpx.TransportError):
                    browser.get("/desk/sign-in/")
                    break
                time.sleep(0.1)
            yield browser
    finally:
        process.terminate()
        process.wait(20)


class Browser:
    """An agent's browser: it sends forms as pages have them, and keeps what it is shown."""

    def __init__(self, day: Day, http: httpx.Client) -> None:
        self.day = day
        self.http = http

    def page(self, path: str) -> str:
        answer = self.http.get(path, follow_redirects=True)
        self.day.say(f"the page {re.sub('[0-9]+', 'N', path)}", answer.text)
        return answer.text

    def sends(self, path: str, on: str = "", page: str = "", *, keep: bool = True, **fields: str) -> httpx.Response:
        """Send a form that stands on the page at `on`, or on this `page`; follow where it leads."""
        page = page or self.http.get(on, follow_redirects=True).text
        mark = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert mark, f"{on} has no form"
        answer = self.http.post(path, data={"csrfmiddlewaretoken": mark[1], **fields}, follow_redirects=True)
        if keep:
            self.day.say(f"the page after {re.sub('[0-9]+', 'N', path)}", answer.text)
        return answer


def totp(key: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(key), (int(time.time()) // 30).to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def at_the_desk(day: Day, http: httpx.Client, ref: str) -> None:
    """Jana signs in, opens the call, types what the caller says, and writes a note with a secret in it."""
    s = day.secrets
    browser = Browser(day, http)
    sign_in = "/desk/sign-in/"
    browser.sends(sign_in, on=sign_in, login="jana", password=s["wrong password"])
    # Typed into the wrong field: whoever did so sees it again in that field, and nobody else may.
    browser.sends(sign_in, on=sign_in, login=s["password"], password="jana", keep=False)
    browser.sends(sign_in, on=sign_in, login="jana", password=s["password"])
    set_up = "/desk/sign-in/second-step/set-up"
    assert http.get("/desk/calls").status_code == 302
    page = http.get(set_up).text
    shown = re.search(r"<code>([A-Z2-7]{16,})</code>", page)
    assert shown
    s["authenticator key"] = shown[1]
    assert browser.sends(set_up, page=page, code=totp(shown[1])).url.path == "/desk/sign-in/recovery-codes"

    [(call,)] = day.database.rows("select id from call where ref = %s", ref)
    here = f"/desk/calls/{call}/"
    opened = browser.sends(f"{here}open", on="/desk/")
    assert NUMBER in opened.text
    s["grant"] = next(cookie.value for cookie in http.cookies.jar if "grant" in cookie.name) or ""
    assert len(s["grant"]) > 30
    browser.page(here)
    for digits in (s["wrong puk"], s["puk"] + "y", s["customer code"], s["call code"], s["letter code"]):
        browser.sends(f"{here}verify", on=here, number=LINE, digits=digits)
    browser.sends(f"{here}unlock", on=here)
    browser.sends(f"{here}verify", on=here, number=s["puk"], digits=s["wrong code"])
    held = browser.sends(f"{here}wrap-up", on=here, topic="bill", text=f"Der PUK ist {s['puk']}, sagt sie")
    assert held.status_code == 422
    forged = http.post(f"{here}verify", data={"csrfmiddlewaretoken": "x", "number": LINE, "digits": s["puk"]})
    assert forged.status_code == 403
    day.say("the page without a form's mark", forged.text)
    nowhere = http.get(f"/desk/nowhere?digits={s['puk']}&token={s['token']}")
    day.say("the page that is not there", nowhere.text)
    browser.page("/desk/")


@contextmanager
def a_day(town: Town, folder: Path) -> Iterator[Day]:
    """The whole of it; afterwards every process has ended and every log is written."""
    day = Day(town, folder)
    seven_digits(town)
    key = day.command("apikey", "create", "partner", "--scope", "verify", "--scope", "calls").strip()
    day.secrets["api key"] = key.split("_", 2)[2]
    day.secrets["key of the pages"] = (day.database.home / "keys" / "desk-api-key").read_text().strip().split("_", 2)[2]
    agent = ("agent", "create", "jana", "--name", "Jana Petersen", "--brand", "nordfunk")
    day.command(*agent, typed=day.secrets["password"] + "\n")
    import_files(day)
    one_time_codes(day)
    with running_gate(day.database, folder / "gate.log", level="DEBUG") as gate:
        day.secrets["key of the test"] = gate.key.split("_", 2)[2]
        partner_calls(day, gate)
        time.sleep(1.1)
        ref = telephone_calls(day, gate)
        with running_pages(day, gate) as http:
            at_the_desk(day, http, ref)
    day.say("werda apikey list", day.command("apikey", "list"))
    day.say("werda audit verify", day.command("audit", "verify"))
    yield day
