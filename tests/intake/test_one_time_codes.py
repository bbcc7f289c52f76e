"""Letter codes and call codes for the operator's own systems (B6, E4, A3)."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.intake.intake_process import Intake, make_key
from tests.usecases.importing_town import ImportingTown
from werda.core.method import Method
from werda.usecases.create_api_key import Scope

PATH = "/v1/brands/nordfunk/customers/K1"
LONG_AGO = (datetime.now(UTC) - timedelta(days=90)).isoformat()
PASSKEY = {"signed_in_with": "passkey", "enrolled_at": LONG_AGO}


@pytest.fixture
def maren(town: ImportingTown) -> int:
    town.customers("customer_number,given_name,street,postcode,city\nK1,Maren,Deichweg 1,25813,Husum\n")
    return town.customer("K1")


@pytest.fixture
def app(intake: Intake) -> str:
    """The key of the operator's app, which can give call codes and nothing else."""
    return make_key(intake.database, Scope.CALL_CODES)


def post(intake: Intake, path: str, body: object, key: str | None = None, once: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key or intake.key}"} | ({"Idempotency-Key": once} if once else {})
    with intake.client() as client:
        return client.post(path, json=body, headers=headers)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rpartition(":")[2]


def test_a_letter_code_is_ordered_once(intake: Intake, town: ImportingTown, maren: int) -> None:
    """E4"""
    for once in ("one", "one"):
        answer = post(intake, PATH + "/letter-codes", {"reason": "locked"}, once=once)
        assert (answer.status_code, answer.json()) == (200, {"ordered": True, "waiting": False})
    again = post(intake, PATH + "/letter-codes", {"reason": "locked"})
    assert again.json() == {"ordered": False, "waiting": True}
    assert town.database.rows("select kind from letter where customer_id = %s", maren) == [("letter_code",)]
    with town.database.connect() as owner:
        owner.execute("delete from letter")
        owner.execute("update customer set address_since = now()")
    assert problem(post(intake, PATH + "/letter-codes", {"reason": "locked"})) == (409, "address-changed")


def test_a_call_code_travels_once(intake: Intake, town: ImportingTown, maren: int, app: str) -> None:
    """B6, B9: the reply that is kept under an idempotency key does not hold it."""
    answer = post(intake, PATH + "/call-codes", PASSKEY, app, once="one")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    code = answer.json()["code"]
    assert (len(code), answer.json()["strong"]) == (6, True)
    repeated = post(intake, PATH + "/call-codes", PASSKEY, app, once="one")
    assert problem(repeated) == (409, "code-given")
    assert code not in repeated.text
    assert all(code not in body for (body,) in town.database.rows("select body from intake_reply"))
    assert code not in intake.log.read_text()
    assert town.database.rows("select kind, strong from one_time_code") == [(Method.CALL_CODE, True)]
    other = post(intake, PATH + "/call-codes", {"signed_in_with": "password"}, app, once="one")
    assert problem(other) == (422, "idempotency-key-reused")


def test_a_plain_session_gets_a_plain_code(intake: Intake, maren: int, app: str) -> None:
    """A3"""
    answer = post(intake, PATH + "/call-codes", {"signed_in_with": "password"}, app)
    assert answer.json()["strong"] is False


def test_an_app_may_say_what_the_call_is_about(intake: Intake, town: ImportingTown, maren: int, app: str) -> None:
    assert post(intake, PATH + "/call-codes", PASSKEY | {"topic": "bill"}, app).status_code == 200
    assert town.database.rows("select topic from one_time_code") == [("bill",)]


def test_only_the_apps_key_is_believed_about_sessions(intake: Intake, maren: int, app: str) -> None:
    assert problem(post(intake, PATH + "/call-codes", PASSKEY)) == (403, "forbidden")
    assert problem(post(intake, PATH + "/letter-codes", {"reason": "locked"}, app)) == (403, "forbidden")


def test_a_session_that_is_not_described_whole_gets_nothing(intake: Intake, maren: int, app: str) -> None:
    for body in (
        {},
        {"signed_in_with": "passkey"},
        {"signed_in_with": "password", "enrolled_at": LONG_AGO},
        {"signed_in_with": "passkey", "enrolled_at": "2999-01-01T00:00:00Z"},
        {"signed_in_with": "face"},
        PASSKEY | {"topic": "my code is 4809"},
    ):
        assert problem(post(intake, PATH + "/call-codes", body, app)) == (400, "malformed"), body


def test_an_unknown_customer_or_brand_gets_nothing(intake: Intake, maren: int, app: str) -> None:
    other = PATH.replace("K1", "K2") + "/call-codes"
    assert problem(post(intake, other, PASSKEY, app)) == (404, "unknown-customer")
    other = PATH.replace("nordfunk", "nobody") + "/call-codes"
    assert problem(post(intake, other, PASSKEY, app)) == (404, "unknown-brand")
