"""The gate over HTTP: integrators verify callers, switches report who answered, pages redeem (surfaces.md).

`POST /v1/verifications` is the hot route: answered at the edge, before any routing, and described in the same OpenAPI
document as the rest.
"""

import logging
from collections.abc import Callable
from typing import Any, Final, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from werda import __version__
from werda.api.api_keys import ApiKeys, Integrator
from werda.api.edge import IDEMPOTENCY_KEY, Edge, answer_with_problems, malformed
from werda.api.failures import what_failed
from werda.api.problems import MALFORMED, METHOD, UNKNOWN_BRAND, Problem, problem_schema, responses
from werda.core.call import BrandFacts, Channel, Source
from werda.core.legacy_identity import normalise
from werda.core.secret import Secret
from werda.core.verdict import Outcome, Refused, Verdict, Verified
from werda.gate import lane, problems
from werda.gate.calls import Calls, NotRedeemed
from werda.gate.engine import Conflict, Engine
from werda.gate.messages import (
    AgentEntryAnswer,
    AgentEntryRequest,
    AnsweredReport,
    ConfirmationAnswer,
    ConfirmationRequest,
    GrantAnswer,
    RedemptionRequest,
    RefusedAnswer,
    VerificationRequest,
    VerifiedAnswer,
)
from werda.gate.metrics import Metrics
from werda.usecases.create_api_key import Scope

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 16_384  # bytes; a valid request has a few hundred
HOT_ROUTE: Final = "/v1/verifications"
_HOT_HEADERS: Final = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_request = TypeAdapter(VerificationRequest)


class Api:
    """The routes. `ready` says whether the gate can answer, `refused` whether a brand takes no more of an API key."""

    def __init__(
        self,
        engine: Engine,
        calls: Calls,
        keys: ApiKeys,
        ready: Callable[[], bool],
        refused: Callable[[int, int], bool] = lambda _brand, _key: False,
    ) -> None:
        self._refused = refused
        self._engine = engine
        self._calls = calls
        self._keys = keys
        self._ready = ready
        self.admit = keys.known

    async def verify(self, headers: dict[bytes, bytes], body: bytes) -> bytes:
        """`POST /v1/verifications`: the answer's JSON."""
        integrator = await self._keys.holder(headers.get(b"authorization", b""), Scope.VERIFY)
        try:
            message = _request.validate_json(body)
        except ValidationError as invalid:
            raise malformed(invalid.errors(include_url=False, include_context=False, include_input=False)) from None
        key = headers[b"idempotency-key"].decode("latin-1") if b"idempotency-key" in headers else None
        if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
            raise Problem(MALFORMED, "Idempotency-Key takes 1 to 255 visible ASCII characters")
        brand = self._brand(integrator, message.brand)
        if self._refused(brand.id, integrator.key_id):
            raise Problem(problems.KEY_LIMITED, "connect the caller to a person, and find out who guesses by this key")
        source = message.source
        verdict = await self._engine.verify(
            lane.Request(
                brand_id=brand.id,
                line=message.line,
                customer_number=message.customer_number,
                digits=Secret(message.digits.get_secret_value()),
                source=Source(
                    source.calling_number, source.asserted and integrator.asserts, source.trunk, source.agent
                ),
                channel=Channel.API,
                call_ref=message.call_id,
                api_key=integrator.key_id,
                idempotency_key=key,
            )
        )
        if isinstance(verdict, Conflict):
            raise Problem(problems.KEY_REUSED, "use a new Idempotency-Key for every attempt")
        return _answer(verdict)

    async def answered(self, request: Request, report: AnsweredReport) -> Response:
        """`POST /v1/calls/answered`: only this agent can open the call from now on."""
        await self._holder(request, Scope.CALLS)
        if not await self._calls.answered(Secret(report.token.get_secret_value()), report.agent):
            raise Problem(problems.NOT_REDEEMED, "the token is unknown, expired or used, or the agent may not take it")
        return Response(status_code=204)

    async def redeem(self, request: Request, redemption: RedemptionRequest) -> GrantAnswer:
        """`POST /v1/redemptions`: open a call, once, as the agent who answered it; pages vouch for their login."""
        await self._holder(request, Scope.AGENT)
        redeemed = await self._calls.redeem(redemption.call, redemption.agent)
        if isinstance(redeemed, NotRedeemed):
            raise Problem(problems.NOT_REDEEMED, "the call rings elsewhere, was opened before, or waited too long")
        return GrantAnswer(grant=redeemed.secret.reveal(), level=redeemed.level, expires_at=redeemed.expires_at)

    async def agent_entry(self, request: Request, entry: AgentEntryRequest) -> AgentEntryAnswer:
        """`POST /v1/agent-entries`: what an agent typed for the caller; a match lifts the grant."""
        await self._holder(request, Scope.AGENT)
        if entry.legacy is not None:
            assert entry.customer_number is not None
            digits = normalise(entry.customer_number, entry.legacy.birth_date, entry.legacy.postcode)
        else:
            assert entry.digits is not None
            digits = Secret(entry.digits.get_secret_value())
        verdict = await self._calls.agent_entry(
            Secret(entry.grant.get_secret_value()),
            entry.agent,
            number=entry.line or entry.customer_number or "",
            digits=digits,
            legacy=entry.legacy is not None,
        )
        match verdict:
            case NotRedeemed():
                raise Problem(problems.NOT_REDEEMED, "the grant has ended; open the call again")
            case Verified():
                return AgentEntryAnswer(
                    result="verified", level=verdict.level, method=verdict.method.slug, legacy=verdict.legacy
                )
            case Refused():
                return AgentEntryAnswer(
                    result="refused", locked=verdict.outcome is Outcome.LOCKED, next=verdict.next.value
                )

    async def confirm(self, request: Request, said: ConfirmationRequest) -> ConfirmationAnswer:
        """`POST /v1/confirmations`: a customer answered "is it you?" with yes, in the portal (A3)."""
        await self._holder(request, Scope.CONFIRM)
        verdict, lifted = await self._calls.confirm(said.confirmation, Secret(said.code.get_secret_value()))
        return ConfirmationAnswer(verified=isinstance(verdict, Verified), lifted=lifted)

    async def health(self, _: Request) -> Response:
        """`GET /healthz`: 200 while the gate can answer, 503 otherwise."""
        return JSONResponse({"ready": self._ready()}, 200 if self._ready() else 503)

    async def _holder(self, request: Request, scope: Scope) -> None:
        await self._keys.holder(request.headers.get("authorization", "").encode("latin-1"), scope)

    def _brand(self, integrator: Integrator, slug: str) -> BrandFacts:
        brand = self._engine.rulebook.by_slug.get(slug)
        if brand is None or (integrator.brands and brand.id not in integrator.brands):
            raise Problem(UNKNOWN_BRAND, "this API key knows no such brand")
        return brand


class GateEdge(Edge):
    """Answers the hot route before any routing."""

    def __init__(self, app: ASGIApp, api: Api) -> None:
        super().__init__(app, LARGEST_BODY, _failed, api.admit)
        self._api = api

    async def answer(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer the hot route; pass every other request on."""
        if scope["path"] != HOT_ROUTE:
            await super().answer(scope, receive, send)
            return
        if scope["method"] != "POST":
            raise Problem(METHOD, "use POST")
        answer = await self._api.verify(dict(scope["headers"]), await _whole(receive))
        length = (b"content-length", b"%d" % len(answer))
        await send({"type": "http.response.start", "status": 200, "headers": [*_HOT_HEADERS, length]})
        await send({"type": "http.response.body", "body": answer})


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        body += cast(bytes, message.get("body", b""))
        if not message.get("more_body"):
            return body


def create_app(api: Api, metrics: Metrics) -> Edge:
    """The ASGI application."""
    app = FastAPI(title="Werda gate", version=__version__, docs_url=None, redoc_url=None)
    app.router.add_route("/healthz", api.health, ["GET"], include_in_schema=False)
    app.router.add_route("/metrics", metrics.page, ["GET"], include_in_schema=False)
    described: dict[str, Any] = {"responses": responses(400, 401, 403, 409, 413, 503)}
    app.post("/v1/calls/answered", status_code=204, response_class=Response, **described)(api.answered)
    app.post("/v1/redemptions", **described)(api.redeem)
    app.post("/v1/agent-entries", **described)(api.agent_entry)
    app.post("/v1/confirmations", **described)(api.confirm)
    answer_with_problems(app, _failed, *lane.DATABASE_TROUBLE)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return GateEdge(app, api)


def _answer(verdict: Verdict) -> bytes:
    """The answer's JSON, written directly: no value in it can need escaping."""
    if isinstance(verdict, Verified):
        return (
            f'{{"result":"verified","level":{verdict.level:d},"method":"{verdict.method.slug}",'
            f'"token":"{verdict.token.reveal()}","expires_at":"{verdict.expires_at.isoformat()}"}}'
        ).encode()
    return b'{"result":"refused","next":"%s"}' % verdict.next.value.encode()


def _failed(problem: Exception) -> Problem:
    if isinstance(problem, Problem):
        return problem
    if isinstance(problem, lane.DATABASE_TROUBLE):
        return Problem(problems.UNAVAILABLE, "try again in a moment, or go on unverified")
    log.error("a request broke: %s", what_failed(problem))
    return Problem(problems.BROKEN, "go on unverified; the gate's log says where it broke")


def _document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of all routes, the hot one included."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(title=app.title, version=app.version, routes=app.routes, openapi_version="3.1.0")
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    schemas = document["components"]["schemas"]
    for model in (VerificationRequest, VerifiedAnswer, RefusedAnswer):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    schemas["Problem"] = problem_schema(problems.KINDS)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    answers = [{"$ref": "#/components/schemas/VerifiedAnswer"}, {"$ref": "#/components/schemas/RefusedAnswer"}]
    document["paths"][HOT_ROUTE] = {
        "post": {
            "summary": "Verify a caller by customer code, PUK or one-time code",
            "operationId": "verify",
            "parameters": [
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
                    "description": "The same key again within the call gives the same answer and counts once.",
                }
            ],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/VerificationRequest"}}},
            },
            "responses": {
                "200": {
                    "description": "Verified or refused",
                    "content": {"application/json": {"schema": {"oneOf": answers}}},
                },
                **{str(s): r for s, r in responses(400, 401, 403, 404, 413, 422, 429, 503).items()},
            },
        }
    }
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}]
    app.openapi_schema = document
    return document
