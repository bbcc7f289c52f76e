"""Bad API keys are refused at a bounded price, and stop nobody whose key is good."""

import asyncio
from pathlib import Path

import asyncpg
import httpx
import pytest
from starlette.types import Message, Receive, Send
from starlette.types import Scope as AsgiScope

from tests.database import TestDatabase
from tests.gates import running_gate
from werda.api import edge
from werda.api.api_keys import REFUSALS, ApiKeys
from werda.api.problems import TOO_MANY, UNAUTHORISED, Problem
from werda.store.roles import Role
from werda.usecases.create_api_key import Scope, create_api_key


async def refusal(keys: ApiKeys, authorization: str, address: str) -> str:
    """The problem that a key ends in."""
    with pytest.raises(Problem) as problem:
        await keys.known(authorization.encode(), address)
    return problem.value.kind.name


async def test_an_address_with_too_many_bad_keys_waits_and_those_at_work_go_on(database: TestDatabase) -> None:
    with database.connect() as owner:
        good, late = (
            f"Bearer {create_api_key(owner, name=name, scopes={Scope.VERIFY}, brands=[], asserts=False).reveal()}"
            for name in ("good", "late")
        )
        owner.execute(
            "select within_limit('api key', '192.0.2.7', %s, 60) from generate_series(1, %s)", (REFUSALS,) * 2
        )
    parameters = database.database.parameters(Role.GATE)
    async with asyncpg.create_pool(**parameters, database=database.name, min_size=1, max_size=2) as pool:
        keys = ApiKeys(pool)
        assert (await keys.known(good.encode(), "192.0.2.7")).scopes
        bad = "Bearer wk_1_" + "x" * 43
        assert await refusal(keys, bad, "192.0.2.7") == UNAUTHORISED.name
        assert await refusal(keys, "Bearer wk_9_" + "x" * 43, "192.0.2.7") == TOO_MANY.name
        keys.forget()
        assert (await keys.known(good.encode(), "192.0.2.7")).scopes, "it was good before"
        assert (await keys.known(late.encode(), "192.0.2.8")).scopes, "another address has tries of its own"
        await asyncio.gather(*(refusal(keys, bad, "") for _ in range(3)))  # the pages' socket has no address


def test_the_pages_socket_is_its_owners_and_asks_for_a_key(database: TestDatabase, tmp_path: Path) -> None:
    with running_gate(database, tmp_path / "gate.log") as gate:
        socket = gate.log.with_suffix(".sock")
        assert socket.stat().st_mode & 0o777 == 0o600
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://gate") as stranger:
            assert stranger.post("/v1/redemptions", json={"call": 1, "agent": 1}).status_code == 401


async def test_a_body_that_never_ends_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has a key may not keep a connection for ever."""
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.05)

    async def reader(_: AsgiScope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass

    async def admit(authorization: bytes, address: str) -> None:
        """Everybody."""

    def as_problem(problem: Exception) -> Problem:
        assert isinstance(problem, Problem)
        return problem

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    scope = {"type": "http", "method": "POST", "path": "/v1/x", "headers": [], "client": ("192.0.2.7", 1)}
    await edge.Edge(reader, 10_000, as_problem, admit)(scope, receive, send)
    assert sent[0]["status"] == 408
