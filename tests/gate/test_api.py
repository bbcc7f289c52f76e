"""The API as an integrator uses it, against the real gate process."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.database import werda
from tests.gates import Gate
from tests.people import Person, Town

Offer = Callable[..., httpx.Response]


@pytest.fixture
def offer(gate: Gate) -> Offer:
    def post(
        who: Person | str, digits: str, call: str = "call-1", key: str | None = None, **more: Any
    ) -> httpx.Response:
        line = who.line if isinstance(who, Person) else who
        headers = {"Idempotency-Key": key} if key else {}
        with gate.client() as client:
            body = {"brand": "nordfunk", "line": line, "digits": digits, "call_id": call, **more}
            return client.post("/v1/verifications", json=body, headers=headers)

    return post


def test_a_verified_answer_carries_level_method_and_token(town: Town, offer: Offer) -> None:
    answer = offer(town.person("0815"), "0815")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"result", "level", "method", "token", "expires_at"}
    assert (body["result"], body["level"], body["method"]) == ("verified", 1, "customer_code")


def test_a_refused_answer_says_only_what_comes_next(town: Town, offer: Offer) -> None:
    """C7"""
    maren = town.person("0815")
    assert offer(maren, maren.wrong).json() == {"result": "refused", "next": "retry"}
    assert offer("+4917604099999", "1234", call="call-1").json() == {"result": "refused", "next": "agent"}


def test_the_same_idempotency_key_gives_the_same_answer_and_counts_once(town: Town, offer: Offer) -> None:
    maren = town.person("0815")
    first, second = (offer(maren, "0815", key="k-1").json() for _ in range(2))
    assert first == second
    conflict = offer(maren, "0816", key="k-1")
    assert conflict.status_code == 422
    assert conflict.headers["content-type"] == "application/problem+json"
    assert conflict.json()["type"] == "urn:werda:problem:idempotency-key-reused"
    assert town.database.rows("select count(*) from attempt") == [(1,)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"digits": "12a4"}, ""),
        ({"digits": ""}, ""),
        ({"line": "0176"}, "line"),
        ({"customer_number": "K1"}, ""),
        ({"line": None}, ""),
        ({"call_id": ""}, "call_id"),
        ({"brand": "Nord Funk"}, "brand"),
        ({"source": {"asserted": "yes, really"}}, "source.asserted"),
        ({"surplus": 1}, "surplus"),
    ],
)
def test_a_malformed_request_is_told_what_to_mend(gate: Gate, body: dict[str, Any], field: str) -> None:
    valid = {"brand": "nordfunk", "line": "+4917604000001", "digits": "83417", "call_id": "c"}
    with gate.client() as client:
        answer = client.post("/v1/verifications", json=valid | body)
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["type"] == "urn:werda:problem:malformed"
    assert field in [error["field"] for error in problem["errors"]]
    assert "83417" not in answer.text  # B9: nothing that was sent comes back
    assert "12a4" not in answer.text


@pytest.mark.parametrize("key", [None, "none", "wk_1_short", "wk_999_" + "x" * 43, "wk_0_" + "x" * 43])
def test_without_a_living_key_nobody_asks(gate: Gate, key: str | None) -> None:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    answer = httpx.post(f"{gate.url}/v1/verifications", json={}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_is_refused_within_a_second(gate: Gate, town: Town) -> None:
    made = werda("apikey", "create", "crm", environment=gate.environment)
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    ask = {"brand": "nordfunk", "line": "+4917604000001", "digits": "1234", "call_id": "c"}
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.post(f"{gate.url}/v1/verifications", json=ask, headers=headers).status_code == 200
    assert werda("apikey", "revoke", key.split("_")[1], environment=gate.environment).returncode == 0
    time.sleep(1.1)
    assert httpx.post(f"{gate.url}/v1/verifications", json=ask, headers=headers).status_code == 401
    stored = town.database.rows("select encode(secret_hash, 'escape') from api_key")
    assert all(key.split("_", 2)[2] not in row[0] for row in stored)


def test_a_key_for_one_brand_knows_no_other(gate: Gate, town: Town) -> None:
    assert (
        werda(
            "brand", "add", "other", "--name", "Other", "--number", "+4930231251", environment=gate.environment
        ).returncode
        == 0
    )
    key = werda("apikey", "create", "crm", "--brand", "other", environment=gate.environment).stdout.strip()
    ask = {"brand": "nordfunk", "line": "+4917604000001", "digits": "1234", "call_id": "c"}
    answer = httpx.post(f"{gate.url}/v1/verifications", json=ask, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:werda:problem:unknown-brand"


def test_a_key_without_the_scope_may_not_redeem(gate: Gate) -> None:
    """Only our pages vouch for an agent's login; a switch reports who answered and opens nothing."""
    key = werda("apikey", "create", "crm", "--scope", "calls", environment=gate.environment).stdout.strip()
    answer = httpx.post(
        f"{gate.url}/v1/redemptions", json={"call": 1, "agent": 1}, headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status_code == 403


def test_only_a_key_configured_to_assert_reaches_the_own_line_budget(gate: Gate, town: Town, offer: Offer) -> None:
    """C3"""
    maren = town.person("0815")
    own = {"source": {"calling_number": maren.line, "asserted": True}}
    offer(maren, maren.wrong, **own)
    assert town.database.rows("select own_line from attempt") == [(True,)]
    key = werda("apikey", "create", "crm", environment=gate.environment).stdout.strip()
    body = {"brand": "nordfunk", "line": maren.line, "digits": maren.wrong, "call_id": "x", **own}
    httpx.post(f"{gate.url}/v1/verifications", json=body, headers={"Authorization": f"Bearer {key}"})
    assert town.database.rows("select own_line from attempt order by id desc limit 1") == [(False,)]


def test_a_body_over_the_limit_is_refused_unread(gate: Gate) -> None:
    with gate.client() as client:
        answer = client.post("/v1/verifications", content=b" " * 10_000_000)
        assert answer.status_code == 413
        chunked = client.post("/v1/redemptions", content=(b"x" * 10_000 for _ in range(100)))
        assert chunked.status_code in {400, 413}


def test_openapi_describes_every_route(gate: Gate) -> None:
    document = httpx.get(f"{gate.url}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/v1/verifications",
        "/v1/calls/answered",
        "/v1/redemptions",
        "/v1/agent-entries",
        "/v1/confirmations",
    }


def test_metrics_count_attempts_and_name_nobody(gate: Gate, town: Town, offer: Offer) -> None:
    maren = town.person("0815")
    offer(maren, "0815")
    offer(maren, maren.wrong)
    page = httpx.get(f"{gate.url}/metrics").text
    assert 'werda_attempts_total{brand="nordfunk",channel="api",method="customer_code",outcome="verified"} 1.0' in page
    assert 'outcome="wrong"} 1.0' in page
    assert 'werda_incidents_due{brand="nordfunk"} 0.0' in page
    assert maren.line not in page


def test_without_a_database_nobody_is_let_in_and_the_answer_says_try_again(
    gate: Gate, town: Town, offer: Offer
) -> None:
    """Design decision 9."""
    maren = town.person("0815")
    with town.database.postgres.connect() as superuser:
        superuser.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (town.database.name,)
        )
        superuser.execute(f'alter database "{town.database.name}" allow_connections false'.encode())
        answer = offer(maren, "0815")
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:werda:problem:unavailable"
        superuser.execute(f'alter database "{town.database.name}" allow_connections true'.encode())
    deadline = time.monotonic() + 30
    while offer(maren, "0815", call="later").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
