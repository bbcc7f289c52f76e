"""The API takes anything: whatever is sent, the answer keeps to the OpenAPI document, is no 500, and repeats no secret.

schemathesis makes requests from the document itself, valid and invalid ones; hypothesis sends what no document would
allow: bodies of any bytes, headers of any form, and valid requests with one thing wrong (B9, C7, design decision 9).
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from tests.database import Cluster
from tests.gates import Gate, running_gate
from tests.people import Person, Town

OPERATIONS = (
    *("/v1/verifications", "/v1/calls/answered", "/v1/redemptions", "/v1/agent-entries"),
    "/v1/confirmations",
)
EXPECTED = {200, 204, 400, 401, 403, 404, 405, 409, 413, 415, 422}
SECRET = "90817263544536271809"
"""Digits that no answer may repeat: longer than anything that appears in one by chance."""

quickly = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def town(cluster: Cluster) -> Iterator[Town]:
    with cluster.copy("fuzz") as database:
        yield Town(database)


@pytest.fixture(scope="module")
def gate(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """One gate for all of it: what one request breaks, the next ones notice."""
    with running_gate(town.database, tmp_path_factory.mktemp("fuzz") / "gate.log") as running:
        yield running
        assert running.process.poll() is None
        assert SECRET not in running.log.read_text()


@pytest.fixture(scope="module")
def maren(town: Town) -> Person:
    return town.person("0815")


@pytest.fixture(scope="module")
def client(gate: Gate) -> Iterator[httpx.Client]:
    with gate.client() as talking:
        yield talking


@pytest.fixture(scope="module")
def stranger(gate: Gate) -> Iterator[httpx.Client]:
    """Somebody without a key."""
    with httpx.Client(base_url=gate.url) as talking:
        yield talking


@pytest.fixture(scope="module")
def document(gate: Gate) -> Any:
    return schemathesis.openapi.from_url(f"{gate.url}/openapi.json")


def test_every_operation_of_the_document_is_tried(document: Any) -> None:
    assert {found.ok().path for found in document.get_all_operations()} == set(OPERATIONS)


@pytest.mark.parametrize("path", OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_answers_keep_to_the_document(document: Any, gate: Gate, path: str, mode: GenerationMode) -> None:
    """With all checks of schemathesis: status, content type, schema, authentication asked for, bad data refused."""
    operation = document[path]["POST"]

    @given(case=operation.as_strategy(generation_mode=mode))
    @quickly
    def ask(case: Any) -> None:
        case.call_and_validate(headers=gate.headers, checks=CHECKS.get_all())

    ask()


def valid(person: Person, digits: str = SECRET) -> dict[str, Any]:
    return {"brand": "nordfunk", "line": person.line, "digits": digits, "call_id": "fuzz"}


def check(answer: httpx.Response) -> None:
    """Expected, typed, and silent about what was sent."""
    assert answer.status_code in EXPECTED, answer.text
    assert SECRET not in answer.text
    assert SECRET not in str(answer.headers)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["type"].startswith("urn:werda:problem:")
        assert problem["status"] == answer.status_code


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(SECRET)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)


@pytest.mark.parametrize("path", OPERATIONS)
@given(body=st.binary(max_size=2_000) | values.map(lambda value: json.dumps(value).encode()))
@quickly
def test_any_body_is_answered(client: httpx.Client, path: str, body: bytes) -> None:
    check(client.post(path, content=body, headers={"Content-Type": "application/json"}))


fields = st.sampled_from(
    ["brand", "line", "customer_number", "digits", "source", "call_id", "grant", "agent", "token", "legacy", "call"]
)


@pytest.mark.parametrize("path", OPERATIONS)
@given(changes=st.dictionaries(fields | st.text(max_size=5) | st.just(SECRET), values, max_size=3), drop=fields)
@quickly
def test_a_request_with_something_wrong_in_it_is_answered(
    client: httpx.Client, maren: Person, path: str, changes: dict[str, Any], drop: str
) -> None:
    """B9: the name of a field may be a secret too, typed into the wrong place."""
    body = {**valid(maren), "agent": 1, "grant": SECRET, "token": SECRET, "call": 1, **changes}
    body.pop(drop, None)
    check(client.post(path, content=json.dumps(body).encode(), headers={"Content-Type": "application/json"}))


header_values = st.lists(st.sampled_from([9, *range(32, 127), *range(128, 256)]), max_size=300).map(bytes)
"""All that RFC 9110 lets a header value be."""


@given(key=header_values | st.text("wkBearer_ 0123456789", max_size=60).map(str.encode))
@quickly
def test_any_authorization_but_a_living_key_is_401(stranger: httpx.Client, maren: Person, key: bytes) -> None:
    for value in (key, b"Bearer " + key, b"Bearer wk_" + key):
        headers = [(b"Authorization", value.strip() or b"none")]
        answer = stranger.post("/v1/verifications", json=valid(maren), headers=headers)
        assert answer.status_code == 401, answer.text
        assert key.decode("latin-1") not in answer.text or len(key) < 8
        assert SECRET not in answer.text


@given(key=header_values)
@quickly
def test_any_idempotency_key_is_answered(client: httpx.Client, maren: Person, key: bytes) -> None:
    answer = client.post("/v1/verifications", json=valid(maren, "12345"), headers=[(b"Idempotency-Key", key.strip())])
    check(answer)


@given(digits=st.text(max_size=24) | st.from_regex(r"[0-9]{1,24}", fullmatch=True), number=st.text(max_size=40))
@quickly
def test_any_digits_and_any_number_are_answered(client: httpx.Client, digits: str, number: str) -> None:
    """C7: the answers to all that is formed well are the same two."""
    body = {"brand": "nordfunk", "customer_number": number, "digits": digits, "call_id": "fuzz"}
    answer = client.post("/v1/verifications", content=json.dumps(body).encode())
    check(answer)
    if answer.status_code == 200:
        assert answer.json() in ({"result": "refused", "next": "retry"}, {"result": "refused", "next": "agent"})


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", [*OPERATIONS, "/", "/v1", "/v1/verifications/", "/docs", "//", "/%2e%2e/etc"])
def test_any_other_method_and_address_is_a_problem(client: httpx.Client, method: str, path: str) -> None:
    check(client.request(method, path, follow_redirects=True))
