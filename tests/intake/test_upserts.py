"""Customers, lines and SIMs by API, as the operator's systems tell them (design decision 10)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.intake.intake_process import Intake, make_key
from tests.usecases.importing_town import ImportingTown
from werda.core.method import Method
from werda.keys.custody import Kind
from werda.usecases.create_api_key import Scope

MONDAY, TUESDAY = "2023-01-16T06:00:00+00:00", "2023-01-17T06:00:00+00:00"
LINE, ICCID = "+4917604069000", "8949440000001672706"
MAREN = {
    "given_name": "Maren", "family_name": "Muster", "birth_date": "1980-05-17", "postcode": "25813",
    "customer_code": "4711",
}  # fmt: skip
SIM = {"status": "active", "activated_at": "2020-01-01", "pin1": "1234", "puk1": "58302917"}


def put(intake: Intake, path: str, *, as_of: str = MONDAY, headers: Any = None, **told: Any) -> httpx.Response:
    with intake.client() as client:
        return client.put(f"/v1/brands/nordfunk/{path}", json={"as_of": as_of, **told}, headers=headers)


def test_a_customer_with_lines_and_sims_comes_in_by_api(intake: Intake, town: ImportingTown) -> None:
    answer = put(intake, "customers/K1", **MAREN, lines=[{"msisdn": LINE, "tariff": "Welle L", "shared": False}])
    assert answer.status_code == 200
    assert answer.json() == {"rows": 1, "changed": 1, "rejects": [], "warnings": []}
    assert put(intake, f"sims/{ICCID}", **SIM, msisdn=LINE, customer_number="K1").json()["changed"] == 1
    maren, sim = town.customer("K1"), town.sim(ICCID)
    assert town.opened(Kind.CUSTOMER_CODE, maren) == "4711"
    assert town.counts(Method.CUSTOMER_CODE, maren, "4711")
    assert town.counts(Method.PUK, maren, "58302917", sim)
    assert town.database.rows("select msisdn, tariff, customer_id from line") == [(LINE, "Welle L", maren)]


def test_the_same_put_again_changes_nothing(intake: Intake, town: ImportingTown) -> None:
    for path, told in (("customers/K1", MAREN), (f"sims/{ICCID}", SIM)):
        assert put(intake, path, **told).json()["changed"] == 1
    before = town.state()
    for path, told in (("customers/K1", MAREN), (f"sims/{ICCID}", SIM)):
        assert put(intake, path, **told).json()["changed"] == 0
    assert town.state() == before


def test_what_is_newer_wins_by_whichever_way_it_came(intake: Intake, town: ImportingTown) -> None:
    put(intake, "customers/K1", city="Husum", as_of=TUESDAY)
    town.customers("customer_number,city\nK1,Kiel\n")  # Monday's file
    assert town.database.rows("select city from customer") == [("Husum",)]
    assert put(intake, "customers/K1", city="Kiel", as_of=MONDAY).json()["changed"] == 0
    assert put(intake, "customers/K1", city="Kiel", as_of="2023-01-18T00:00:00Z").json()["changed"] == 1
    assert town.database.rows("select city from customer") == [("Kiel",)]


def test_a_put_says_only_what_it_says(intake: Intake, town: ImportingTown) -> None:
    """A column that is missing says nothing; an empty text says that it is empty; null is as good as missing."""
    put(intake, "customers/K1", **MAREN, city="Husum", street="Deichweg 1")
    put(intake, "customers/K1", street="", city=None, as_of=TUESDAY)
    assert town.database.rows("select family_name, city, street from customer") == [("Muster", "Husum", "")]


def test_a_line_comes_with_its_customer(intake: Intake, town: ImportingTown) -> None:
    assert put(intake, f"lines/{LINE}", customer_number="K1", tariff="Welle S").status_code == 200
    assert (
        put(intake, "lines/017604069000", customer_number="K1", tariff="Welle M", as_of=TUESDAY).json()["changed"] == 1
    )
    assert town.database.rows("select msisdn, tariff from line") == [(LINE, "Welle M")]


REJECTED = [
    ("customers/K1", {"birth_date": "17.05.1980"}, "birth_date", "is no date of the form 1980-05-17"),
    ("customers/K1", {"customer_code": "12a4"}, "customer_code", "has exactly 4 digits"),
    ("customers/K1", {"kind": "robot"}, "kind", "is none of person, company"),
    ("sims/123", {}, "iccid", "has 19 or 20 digits and begins with 89"),
    (f"sims/{ICCID}", {"customer_number": "K404"}, "customer_number", "is no known customer"),
    (f"sims/{ICCID}", {"puk1": "123"}, "puk1", "digits"),
    ("customers/K1", {"city": "Hu\u200bsum"}, "city", "contains an invisible character"),
]


def test_what_an_import_rejects_is_rejected_with_the_same_reason(intake: Intake, town: ImportingTown) -> None:
    for path, told, field, reason in REJECTED:
        answer = put(intake, path, **told)
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:werda:problem:rejected"
        [error] = answer.json()["errors"]
        assert error["field"] == field
        assert reason in error["message"]
        assert "12a4" not in answer.text
    assert town.database.rows("select count(*) from customer") == [(0,)]


def test_a_puk_never_changes(intake: Intake, town: ImportingTown) -> None:
    """S9"""
    put(intake, f"sims/{ICCID}", **SIM)
    answer = put(intake, f"sims/{ICCID}", puk1="11112222", as_of=TUESDAY)
    assert answer.status_code == 422
    assert "never changes" in answer.json()["errors"][0]["message"]


def test_many_rows_come_in_together_and_a_bad_one_keeps_no_other_out(intake: Intake, town: ImportingTown) -> None:
    rows = [{"customer_number": f"K{n}", "msisdn": f"+491760406{n:04}", "customer_code": f"{n:04}"} for n in range(300)]
    rows[7]["customer_code"] = "seven"
    rows[8] = {"customer_number": "K8", "city": "Husum"}  # other columns than its neighbours
    with intake.client() as client:
        answer = client.post("/v1/brands/nordfunk/customers", json={"as_of": MONDAY, "rows": rows})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["rows"], body["changed"]) == (300, 299)
    assert [(reject["row"], reject["field"]) for reject in body["rejects"]] == [(7, "customer_code")]
    assert town.database.rows("select count(*) from customer") == [(299,)]
    assert town.opened(Kind.CUSTOMER_CODE, town.customer("K299")) == "0299"
    with intake.client() as client:
        sims = [{"iccid": "8949440000001672706", "imsi": "262010000000001"}, {"iccid": "8949440000001672714"}]
        stock = client.post("/v1/brands/nordfunk/sims", json={"as_of": MONDAY, "rows": sims})
    assert stock.json()["changed"] == 2


def test_the_same_idempotency_key_gives_the_same_answer(intake: Intake, town: ImportingTown) -> None:
    once = {"Idempotency-Key": "k-1"}
    first = put(intake, "customers/K1", **MAREN, headers=once)
    again = put(intake, "customers/K1", **MAREN, headers=once)
    assert first.json() == again.json() != put(intake, "customers/K1", **MAREN).json()
    other = put(intake, "customers/K1", customer_code="0815", headers=once)
    assert other.status_code == 422
    assert other.json()["type"] == "urn:werda:problem:idempotency-key-reused"
    assert put(intake, "customers/K1", headers={"Idempotency-Key": "two words"}).status_code == 400
    [(kept,)] = town.database.rows("select intake_reply::text from intake_reply")
    assert "4711" not in kept.partition(",2023")[0]


def test_many_at_once_lose_nothing(intake: Intake, town: ImportingTown) -> None:
    """Different and the same customers in parallel, as an event-driven operator sends them."""

    def one(n: int) -> int:
        return put(
            intake, f"customers/K{n % 20}", city=f"City {n % 20}", lines=[{"msisdn": f"+491760406{n:04}"}]
        ).status_code

    with ThreadPoolExecutor(12) as many:
        assert set(many.map(one, range(120))) == {200}
    assert town.database.rows("select count(*) from customer") == [(20,)]
    assert town.database.rows("select count(*) from line") == [(120,)]


def test_a_time_in_the_future_is_refused(intake: Intake) -> None:
    """What is changed in Werda until then would be overwritten later."""
    ahead = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    answer = put(intake, "customers/K1", as_of=ahead)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "lies in the future"
    assert put(intake, "customers/K1", as_of="2023-01-16T06:00:00").status_code == 400  # whose clock?


def test_only_a_key_with_the_scope_and_the_brand_brings_anything_in(intake: Intake, town: ImportingTown) -> None:
    path, body = "/v1/brands/nordfunk/customers/K1", {"as_of": MONDAY}
    assert httpx.put(f"{intake.url}{path}", json=body).status_code == 401
    for key, status in (
        (make_key(town.database, Scope.VERIFY), 403),
        (make_key(town.database, brands=[town.brand + 1]), 404),
        (make_key(town.database, brands=[town.brand]), 200),
    ):
        answer = httpx.put(f"{intake.url}{path}", json=body, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == status, answer.text
    with intake.client() as client:
        assert (
            client.put("/v1/brands/nobody/customers/K1", json=body).json()["type"] == "urn:werda:problem:unknown-brand"
        )


def test_a_body_that_is_too_large_is_refused(intake: Intake) -> None:
    with intake.client() as client:
        assert client.post("/v1/brands/nordfunk/customers", content=b" " * 1_048_577).status_code == 413


def test_when_the_database_was_away_the_intake_goes_on(intake: Intake, town: ImportingTown) -> None:
    assert put(intake, "customers/K1").status_code == 200
    with town.database.postgres.connect() as superuser:
        superuser.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (town.database.name,)
        )
    answers = [put(intake, "customers/K2") for _ in range(3)]
    assert answers[-1].status_code == 200
    assert {answer.status_code for answer in answers} <= {200, 503}


def test_secrets_are_taken_once_and_never_shown(intake: Intake, town: ImportingTown) -> None:
    """B9: not in an answer, a problem or the log, at DEBUG, in the right field or a wrong one."""
    code, puk, pin, matching = "7391", "90375162", "64820193", "CANARY-QX7-ZP92"
    said = [
        put(intake, "customers/K1", customer_code=code),
        put(intake, "customers/K1", customer_code=puk),
        put(intake, "customers/K1", customer_code={"x": puk}),
        put(intake, "customers/K1", **{puk: pin}),
        put(intake, f"customers/K1?code={puk}", birth_date=puk),
        put(
            intake,
            f"sims/{ICCID}",
            puk1=puk,
            pin1=pin,
            activation_code=f"LPA:1$smdp.example.org${matching}",
            kind="esim",
        ),
        put(intake, f"sims/{ICCID}", puk1=pin, status=puk, as_of=TUESDAY),
        put(intake, f"sims/{puk}", puk1=puk),
        put(intake, "customers/K2", lines=[{"msisdn": puk}]),
    ]
    with intake.client() as client:
        said.append(client.put("/v1/brands/nordfunk/customers/K1", content=f'{{"customer_code": "{puk}'.encode()))
        said.append(client.post("/v1/orders/x/result", json={"state": puk}))
    assert {answer.status_code for answer in said} <= {200, 400, 422}
    everything = intake.log.read_text() + "".join(answer.text + str(answer.headers) for answer in said)
    for secret in (puk, pin, matching):
        assert secret not in everything
    assert code not in "".join(answer.text for answer in said)
