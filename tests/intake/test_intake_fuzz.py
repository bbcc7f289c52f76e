"""The intake takes anything: the answer keeps to the OpenAPI document, is no 500, and repeats nothing that was sent.

schemathesis makes requests from the document itself; hypothesis sends bodies that no document would allow (B9).
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
from tests.intake.intake_process import Intake, running_intake
from tests.usecases.importing_town import ImportingTown

OPERATIONS = [
    ("PUT", "/v1/brands/{brand}/customers/{number}"),
    ("PUT", "/v1/brands/{brand}/lines/{msisdn}"),
    ("PUT", "/v1/brands/{brand}/sims/{iccid}"),
    ("POST", "/v1/brands/{brand}/customers"),
    ("POST", "/v1/brands/{brand}/sims"),
    ("POST", "/v1/brands/{brand}/customers/{number}/letter-codes"),
    ("POST", "/v1/brands/{brand}/customers/{number}/call-codes"),
    ("GET", "/v1/orders/{order}"),
    ("POST", "/v1/orders/{order}/result"),
    ("POST", "/tmf-api/productOrderingManagement/v4/productOrder"),
    ("GET", "/tmf-api/productOrderingManagement/v4/productOrder/{order}"),
]
PATHS = [
    ("PUT", "/v1/brands/nordfunk/customers/K1"),
    ("PUT", "/v1/brands/nordfunk/lines/+4917604069000"),
    ("PUT", "/v1/brands/nordfunk/sims/8949440000001672706"),
    ("POST", "/v1/brands/nordfunk/customers"),
    ("POST", "/v1/brands/nordfunk/sims"),
    ("POST", "/v1/brands/nordfunk/customers/K1/letter-codes"),
    ("POST", "/v1/orders/5f0c0e4e-6c8e-4d5e-9d0f-2b6f6f1f7a11/result"),
    ("POST", "/tmf-api/productOrderingManagement/v4/productOrder"),
]
EXPECTED = {200, 400, 401, 403, 404, 405, 409, 413, 422}
SECRET = "90817263544536271809"

quickly = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def intake(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intake]:
    """One intake for all of it: what one request breaks, the next ones notice."""
    folder = tmp_path_factory.mktemp("fuzz")
    with cluster.copy("intake_fuzz") as database:
        ImportingTown.found(database, folder)
        with running_intake(database, folder / "intake.log") as running:
            yield running
            assert running.process.poll() is None
            assert SECRET not in running.log.read_text()
            assert "broke" not in running.log.read_text()


@pytest.fixture(scope="module")
def document(intake: Intake) -> Any:
    return schemathesis.openapi.from_url(f"{intake.url}/openapi.json")


@pytest.fixture(scope="module")
def client(intake: Intake) -> Iterator[httpx.Client]:
    with intake.client() as talking:
        yield talking


def test_every_operation_of_the_document_is_tried(document: Any) -> None:
    found = {(o.ok().method.upper(), o.ok().path) for o in document.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_answers_keep_to_the_document(
    document: Any, intake: Intake, method: str, path: str, mode: GenerationMode
) -> None:
    """With all checks of schemathesis but one: whether a value is good is the import's to say, not the document's."""
    operation = document[path][method]
    checks = [check for check in CHECKS.get_all() if check.__name__ != "positive_data_acceptance"]

    @given(case=operation.as_strategy(generation_mode=mode))
    @quickly
    def ask(case: Any) -> None:
        case.call_and_validate(headers=intake.headers, checks=checks)

    ask()


def check(answer: httpx.Response) -> None:
    assert answer.status_code in EXPECTED, answer.text
    assert SECRET not in answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].startswith("urn:werda:problem:")


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(SECRET)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)
AS_OF = {"as_of": "2023-01-16T06:00:00Z"}
names = st.sampled_from(
    [
        "birth_date",
        "customer_code",
        "lines",
        "kind",
        "status",
        "activated_at",
        "puk1",
        "msisdn",
        "rows",
        "state",
        "data",
    ]
)


@pytest.mark.parametrize(("method", "path"), PATHS)
@given(body=st.binary(max_size=2_000) | values.map(lambda value: json.dumps(value).encode()))
@quickly
def test_any_body_is_answered(client: httpx.Client, method: str, path: str, body: bytes) -> None:
    check(client.request(method, path, content=body, headers={"Content-Type": "application/json"}))


@pytest.mark.parametrize(("method", "path"), PATHS)
@given(changes=st.dictionaries(names | st.just(SECRET), values, max_size=4))
@quickly
def test_any_values_are_answered(client: httpx.Client, method: str, path: str, changes: dict[str, Any]) -> None:
    body = {**AS_OF, **changes}
    if method == "POST" and "brands" in path and not isinstance(changes.get("rows"), list):
        body = AS_OF | {"rows": [{"customer_number": "K1", "iccid": "8949440000001672706", **changes}]}
        body["rows"][0].pop("iccid" if "customers" in path else "customer_number")
    if "orders" in path:
        body.pop("as_of", None)
    check(client.request(method, path, content=json.dumps(body).encode(), headers={"Content-Type": "application/json"}))


@given(number=st.text(min_size=1, max_size=60))
@quickly
def test_any_name_in_the_address_is_answered(client: httpx.Client, number: str) -> None:
    from urllib.parse import quote

    for method, before, after in (
        ("PUT", "/v1/brands/nordfunk/customers/", ""),
        ("PUT", "/v1/brands/", "/customers/K1"),
        ("GET", "/v1/orders/", ""),
    ):
        name = quote(number.encode("utf-8", "replace"), safe="")
        check(client.request(method, f"{before}{name}{after}", json=AS_OF if method == "PUT" else None))
