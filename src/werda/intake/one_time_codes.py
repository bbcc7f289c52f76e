"""One-time codes for the operator's own systems: order a letter code, give a call code in their app (B6, E4).

A call code travels once, in the answer to the request that asked for it. It is kept nowhere, so the same request again
under its idempotency key is told that the code was given, and not which (B9).
"""

import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import psycopg
from fastapi import FastAPI, Header
from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from werda.api.api_keys import Integrator
from werda.api.edge import idempotency_key
from werda.api.problems import MALFORMED, UNKNOWN_BRAND, Kind, Problem, responses
from werda.core.one_time_code import LetterReason, NoLetterCode
from werda.core.secret import Secret
from werda.core.step_up import AppSession
from werda.core.topic import Topic
from werda.intake.problems import KEY_REUSED
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.usecases.answer_once import AnotherRequest, Answer, RequestKey, keep_answer, known_answer, one_at_a_time
from werda.usecases.create_api_key import Scope
from werda.usecases.give_call_code import NoCallCode, give_call_code
from werda.usecases.order_letter_code import order_letter_code

UNKNOWN_CUSTOMER: Final = Kind("unknown-customer", 404, "The brand has no such customer, or the contract ended")
NOT_ACCEPTED: Final = Kind("not-accepted", 409, "The policy in force accepts no such code")
NO_ADDRESS: Final = Kind("no-address", 409, "The customer has no postal address")
ADDRESS_CHANGED: Final = Kind("address-changed", 409, "The address changed lately, so no code goes there")
CODE_GIVEN: Final = Kind("code-given", 409, "The code of this request was given before, and is kept nowhere")
KINDS: Final = (UNKNOWN_CUSTOMER, NOT_ACCEPTED, NO_ADDRESS, ADDRESS_CHANGED, CODE_GIVEN)
"""What these routes answer beside the problems that every API has."""

_REFUSED: Final[dict[str, tuple[Kind, str]]] = {
    NoLetterCode.NO_CUSTOMER.value: (UNKNOWN_CUSTOMER, "check brand and customer number"),
    NoLetterCode.NOT_ACCEPTED.value: (NOT_ACCEPTED, "the brand's policy says which methods count"),
    NoLetterCode.NO_ADDRESS.value: (NO_ADDRESS, "bring the address in; it qualifies 30 days later"),
    NoLetterCode.ADDRESS_CHANGED.value: (ADDRESS_CHANGED, "an address qualifies once it is the same for 30 days"),
}
_AHEAD: Final = timedelta(minutes=1)
_STRICT: Final = ConfigDict(extra="forbid", hide_input_in_errors=True)

Connections = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
"""A connection of the role `werda_custody`; what the block does not commit is rolled back."""

Senders = Callable[[Request, Scope], Awaitable[Integrator]]
"""Who sends, if their key has the scope. Raises `Problem`."""

Repeat = Annotated[str | None, Header(alias="Idempotency-Key", json_schema_extra={"pattern": "^[!-~]{1,255}$"})]


class LetterCodeOrder(BaseModel):
    """Why a letter code is ordered."""

    model_config = _STRICT

    reason: Literal["locked", "forgotten", "second_proof", "not_received"]


class LetterCodeAnswer(BaseModel):
    """`waiting`: one waited for its print run already, and nothing was ordered."""

    ordered: bool
    waiting: bool


class CallCodeRequest(BaseModel):
    """How the customer is signed in in the operator's app, which vouches for it.

    `enrolled_at` says since when the passkey or TOTP is theirs; a password alone has none. `topic` says what the call
    is to be about; the agent sees it once the code was right.
    """

    model_config = _STRICT

    signed_in_with: Literal["passkey", "password_and_totp", "password"]
    enrolled_at: AwareDatetime | None = None
    topic: Topic | None = None

    @model_validator(mode="after")
    def _enrolled(self) -> "CallCodeRequest":
        if (self.enrolled_at is None) != (self.signed_in_with == "password"):
            raise ValueError("enrolled_at goes with passkey and password_and_totp, and only with them")
        return self


class CallCodeAnswer(BaseModel):
    """The code, once. `strong`: beside a code or PUK it gives level 2."""

    code: str
    strong: bool
    expires_at: datetime


@dataclass(frozen=True)
class OneTimeCodes:
    """The routes and what they need."""

    connections: Connections
    verifier: Callable[[], Verifier]
    custody: Callable[[], Custody]
    senders: Senders

    async def post_letter_code(
        self, request: Request, brand: str, number: str, told: LetterCodeOrder, key: Repeat = None
    ) -> Response:
        """`POST …/letter-codes`: order a letter code for the account holder."""
        sender = await self.senders(request, Scope.OPERATOR)

        def order(connection: psycopg.Connection[Any]) -> Answer:
            customer = _customer(connection, sender, brand, number)
            ordered = order_letter_code(
                connection, self.verifier(), self.custody(), customer, reason=LetterReason(told.reason),
                actor=f"api_key:{sender.key_id}", now=datetime.now(UTC),
            )  # fmt: skip
            if isinstance(ordered, NoLetterCode):
                raise Problem(*_REFUSED[ordered.value])
            return Answer(200, json.dumps({"ordered": not ordered.waiting, "waiting": ordered.waiting}))

        return await self._once(request, sender, order)

    async def post_call_code(
        self, request: Request, brand: str, number: str, told: CallCodeRequest, key: Repeat = None
    ) -> Response:
        """`POST …/call-codes`: give a call code to the customer who is signed in."""
        sender = await self.senders(request, Scope.CALL_CODES)
        now = datetime.now(UTC)
        if told.enrolled_at is not None and told.enrolled_at > now + _AHEAD:
            raise Problem(MALFORMED, "enrolled_at lies in the future")

        def give(connection: psycopg.Connection[Any]) -> Answer:
            session = AppSession(
                _customer(connection, sender, brand, number),
                actor=f"api_key:{sender.key_id}",
                strong=told.signed_in_with != "password",
                enrolled_at=told.enrolled_at,
            )
            given = give_call_code(connection, self.verifier(), session, now=now, topic=told.topic)
            if isinstance(given, NoCallCode):
                raise Problem(*_REFUSED[given.value])
            shown = {"code": given.code.reveal(), "strong": given.strong, "expires_at": given.expires_at.isoformat()}
            return Answer(200, json.dumps(shown))

        return await self._once(request, sender, give, keep=Answer(CODE_GIVEN.status, "{}"))

    async def _once(
        self,
        request: Request,
        sender: Integrator,
        work: Callable[[psycopg.Connection[Any]], Answer],
        keep: Answer | None = None,
    ) -> Response:
        """Do the work once for an idempotency key; `keep` is what is remembered instead of an answer with a secret."""
        key = idempotency_key(request.headers)
        said = (await request.body()).decode("utf-8", "replace")
        once = RequestKey(sender.key_id, key, Secret(f"{request.method} {request.url.path}\n{said}")) if key else None

        def write() -> Answer:
            with self.connections() as connection, one_at_a_time(connection, once):
                known = known_answer(connection, self.verifier(), once) if once else None
                if isinstance(known, AnotherRequest):
                    raise Problem(KEY_REUSED, "use a new Idempotency-Key for every request")
                if known is not None and keep is not None:
                    raise Problem(CODE_GIVEN, "ask for a new code with a new Idempotency-Key; it ends the last one")
                if known is not None:
                    return known
                answer = work(connection)
                if once:
                    keep_answer(connection, self.verifier(), once, keep or answer, datetime.now(UTC))
                connection.commit()
                return answer

        answer = await run_in_threadpool(write)
        return Response(answer.body, answer.status, {"Cache-Control": "no-store"}, media_type="application/json")


def add_one_time_codes(app: FastAPI, api: OneTimeCodes) -> None:
    """Put the routes into an app whose edge turns a `Problem` into its answer."""
    described = responses(400, 401, 403, 404, 409, 413, 422, 503)
    whose = "/v1/brands/{brand}/customers/{number}"
    app.post(whose + "/letter-codes", response_model=LetterCodeAnswer, responses=described)(api.post_letter_code)
    app.post(whose + "/call-codes", response_model=CallCodeAnswer, responses=described)(api.post_call_code)


def _customer(connection: psycopg.Connection[Any], sender: Integrator, slug: str, number: str) -> int:
    """The customer's id. Raises `Problem`."""
    brand = (
        connection.execute("select id from brand where slug = %s", (slug,)).fetchone() if slug.isprintable() else None
    )
    if brand is None or (sender.brands and brand[0] not in sender.brands):
        raise Problem(UNKNOWN_BRAND, "this API key knows no such brand")
    customer = (
        connection.execute(
            "select id from customer where brand_id = %s and customer_number = %s and ended_at is null",
            (brand[0], number),
        ).fetchone()
        if number.isprintable()
        else None
    )
    if customer is None:
        raise Problem(UNKNOWN_CUSTOMER, "check brand and customer number")
    return int(customer[0])
